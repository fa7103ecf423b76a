"""The endpoints of the desk checks."""

import re
from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from claims.desk_checks import ARTICLE_ITSELF, CHECKS, CODES, START, Code, Cursor, Severity, findings
from claims.filters import CheckFilter
from claims.models import Statement
from factcheck.api.base import BaseView
from factcheck.api.fields import ChoiceField
from factcheck.api.filters import refuse_unknown, resolve_names
from factcheck.api.pagination import link_header, page_size_of
from factcheck.api.problems import wants_page
from factcheck.api.references import MAX_ID
from factcheck.errors import FieldError, InvalidInput

CURSOR = re.compile(r"\A[0-9]{1,19}-[0-9]{1,19}-[0-9]{1,2}\Z")
CHECK_CODES = [(code.value, code.value) for code in Code]
SEVERITIES = [(severity.value, severity.value) for severity in Severity]


class FindingSerializer(serializers.Serializer[Any]):
    code = ChoiceField(CHECK_CODES)
    severity = ChoiceField(SEVERITIES)
    article = serializers.IntegerField()
    statement = serializers.IntegerField(allow_null=True, help_text="Null if it is about the whole article.")
    message = serializers.CharField()


@extend_schema_serializer(many=False)
class FindingsSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(
        allow_null=True,
        help_text="The next page; null on the last one. A page without findings may have a next page, since one page "
        "checks a limited number of statements.",
    )
    previous = serializers.URLField(allow_null=True, help_text="Always null: findings can only be read forwards.")
    results = FindingSerializer(many=True)


class IdParameter(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if not re.fullmatch(r"[0-9]+", data):  # DRF also takes 1.0 and the digits of any script
            self.fail("invalid")
        return super().to_internal_value(data)


class FindingQuery(serializers.Serializer[Any]):
    code = ChoiceField(CHECK_CODES, required=False, help_text="Only findings of this kind.")
    severity = ChoiceField(SEVERITIES, required=False, help_text="Only findings of this severity.")
    article = IdParameter(required=False, min_value=1, max_value=MAX_ID, help_text="In the article with this id.")
    cursor = serializers.RegexField(CURSOR, required=False, help_text="Take it from `next`.")
    page_size = serializers.IntegerField(
        required=False, min_value=1, max_value=200, default=50, help_text="Rows on a page."
    )

    def validate_cursor(self, cursor: str) -> Cursor:
        place = Cursor(*map(int, cursor.split("-")))
        if max(place) > ARTICLE_ITSELF:
            raise serializers.ValidationError(gettext("This is not a cursor. Take it from `next`."), code="invalid")
        return place


PARAMETERS = frozenset(FindingQuery().fields)


def findings_response(view: Any, request: Request, article: int | None = None) -> Response:
    parameters = request.query_params.dict()
    if wants_page(request):  # the form of an HTML page also sends empty fields, and names for ids
        parameters = resolve_names(view, request, {name: text for name, text in parameters.items() if text})
    query = FindingQuery(data=parameters)
    refuse_unknown(request, {*query.fields, "format"} - ({"article"} if article else set()))
    size = page_size_of(request)
    if not query.is_valid():
        raise InvalidInput(
            gettext("A filter is not valid."),
            [
                FieldError(f"?{name}", error.code, str(error))
                for name, errors in query.errors.items()
                for error in errors
            ],
        )
    filters = query.validated_data
    codes = [
        code
        for code in CODES
        if filters.get("code") in (None, code) and filters.get("severity") in (None, CHECKS[code].severity)
    ]
    after = filters.get("cursor", START)
    found = findings(codes=codes, article=article or filters.get("article"), after=after, limit=size + 1)
    following = None
    if next_cursor := found.next_cursor(size):
        next_query = request.query_params.copy()
        next_query["cursor"] = "-".join(map(str, next_cursor))
        following = request.build_absolute_uri(f"{request.path}?{next_query.urlencode()}")
    results = FindingSerializer([finding for _, finding in found.rows[:size]], many=True).data
    return Response({"next": following, "previous": None, "results": results}, headers=link_header(next=following))


class CheckViewSet(BaseView, GenericViewSet[Any]):
    """What an experienced editor would notice, in all articles."""

    serializer_class = FindingSerializer
    schema_tag = "checks"
    pagination_class = None
    filterset_class = CheckFilter
    filter_backends = ()
    other_parameters = PARAMETERS
    queryset = Statement.objects.none()

    @extend_schema(parameters=[FindingQuery], responses=FindingsSerializer)
    def list(self, request: Request) -> Response:
        """List what the desk checks find.

        In all articles. Computed for each request; nothing about them is stored.
        """
        return findings_response(self, request)


class ChecksMixin:
    """`checks/` of an article."""

    @extend_schema(
        parameters=[FindingQuery, OpenApiParameter("article", exclude=True)],
        responses=FindingsSerializer,
        filters=False,
    )
    @action(detail=True, filterset_class=None, pagination_class=None, filter_backends=(), other_parameters=PARAMETERS)
    def checks(self, request: Request, pk: int) -> Response:
        """List what the desk checks find in an article.

        Computed for each request; nothing about them is stored.
        """
        return findings_response(self, request, self.row_id())  # type: ignore[attr-defined]
