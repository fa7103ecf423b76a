"""`matches/` of statements: was this recorded before?"""

from collections.abc import Sequence
from typing import Any

from django.db.models import OuterRef, QuerySet
from django.db.models.expressions import Combinable, RawSQL
from django.http import Http404
from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims.filters import MatchFilter
from claims.matches import Match, find_matches
from claims.models import Dispute, Statement
from claims.passages import MAX_PASSAGE
from claims.serializers import DisputeSerializer, MatchedArticleSerializer, StatementSerializer
from factcheck.api.fields import StrictSerializer
from factcheck.api.filters import known_parameters, refuse_unknown
from factcheck.api.named_references import is_number
from factcheck.api.pagination import page_size_of
from factcheck.api.references import MAX_ID
from factcheck.api.roles import is_anonymous
from factcheck.api.row_json import AsText, JSONList, RowJSON, json_object, row_json_sql
from factcheck.errors import FieldError, InvalidInput
from factcheck.postgres.prepared import prepared

MATCHES = 10
MAX_MATCHES = 50
GIVEN = ("text", "statement")
LEVELS = ["lexical", "semantic"]
COLUMNS = ("statement", "article", "disputes")


class MatchSerializer(serializers.Serializer[Any]):
    """A recorded statement, and how it is like the text."""

    score = serializers.FloatField(help_text="0 for nothing in common; texts that say the same have about 1.")
    likely = serializers.BooleanField(
        help_text="Whether it is worth a look. An editor decides whether it says the same."
    )
    words = serializers.ListField(
        child=serializers.CharField(),
        help_text="The words of the text that the statement has, without accents and case.",
    )
    statement = StatementSerializer()
    article = MatchedArticleSerializer()
    disputes = DisputeSerializer(many=True, help_text="The open ones.")


@extend_schema_serializer(many=False)
class MatchesSerializer(serializers.Serializer[Any]):
    level = serializers.ChoiceField(
        choices=LEVELS, help_text="By what texts are compared: their words, or what they mean besides."
    )
    results = MatchSerializer(many=True)


class MatchTextSerializer(StrictSerializer):
    text = serializers.CharField(max_length=MAX_PASSAGE)


FILTERS = [
    OpenApiParameter(
        "page_size",
        {"type": "integer", "minimum": 1, "maximum": MAX_MATCHES, "default": MATCHES},
        description="How many.",
    ),
]


class MatchesMixin:
    """`matches/` of statements. Nothing is written, and no tag is copied."""

    get_queryset: Any
    filter_queryset: Any

    @extend_schema(
        parameters=[
            *FILTERS,
            OpenApiParameter(
                "text",
                {"type": "string", "minLength": 1, "maxLength": MAX_PASSAGE},
                description="A post, a passage, a sentence.",
            ),
            OpenApiParameter("statement", OpenApiTypes.INT64, description="In place of a text: a recorded statement."),
        ],
        responses=MatchesSerializer,
        filters=True,
    )
    @action(
        detail=False,
        filterset_class=MatchFilter,
        pagination_class=None,
        ordering_fields=(),
        other_parameters=frozenset(GIVEN),
        only_reads=True,
        is_replicated=True,
        more_problems=frozenset({404}),
    )
    def matches(self, request: Request) -> Response:
        """List recorded statements that say the same.

        The best first, for a text or for another statement, even where nothing says the same: see `likely`. `level` is
        lexical where they are found by the words that they share, and semantic where also what says the same in other
        words is found. At the semantic level a new statement counts by its words alone for the first seconds.
        """
        self._refuse_unknown(request, ())
        text, own = self._given(request)
        return self._response(request, text, own)

    @extend_schema(parameters=FILTERS, request=MatchTextSerializer, responses=MatchesSerializer, filters=True)
    @matches.mapping.post
    def match_text(self, request: Request) -> Response:
        """List recorded statements that say the same as a long text.

        As by GET, for a text that is too long for an address. Nothing is written.
        """
        self._refuse_unknown(request, GIVEN)
        serializer = MatchTextSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self._response(request, serializer.validated_data["text"])

    def _refuse_unknown(self, request: Request, elsewhere: tuple[str, ...]) -> None:
        refuse_unknown(request, known_parameters(self, request) - {"cursor", "ordering", *elsewhere})

    def _given(self, request: Request) -> tuple[str, int | None]:
        """The text, and the id of the statement that it is of."""
        given = {name: request.query_params[name] for name in GIVEN if name in request.query_params}
        if len(given) != 1:
            raise InvalidInput.parameter("text", "required", gettext("Give either text or statement."))
        if "text" in given:
            return _checked(given["text"]), None
        statement = self._statement(given["statement"])
        return f"{statement.text}\n{statement.paraphrase}", statement.pk

    def _statement(self, given: str) -> Statement:
        if not (is_number(given) and int(given) <= MAX_ID):
            raise InvalidInput.parameter("statement", "invalid", gettext("Give the id of a statement."))
        statement = self.get_queryset().filter(pk=int(given)).first()
        if statement is None:
            raise Http404
        return statement

    def _response(self, request: Request, text: str, own: int | None = None) -> Response:
        size = page_size_of(request, MATCHES, MAX_MATCHES)
        among, public = self.filter_queryset(self.get_queryset()), is_anonymous(request)
        matches = find_matches(text, among=among, public=public, size=size + 1, statement=own)
        others = [match for match in matches.found if match.statement_id != own][:size]
        rows = self._rows_of_matches([match.statement_id for match in others], public)
        results = [_shown(match) | rows[match.statement_id] for match in others if match.statement_id in rows]
        return Response({"level": matches.level, "results": results})

    def _rows_of_matches(self, ids: Sequence[int], public: bool) -> dict[int, dict[str, RowJSON]]:
        """What is shown of each statement, by its id, as PostgreSQL writes it."""

        def build(placeholder: str) -> QuerySet[Any, Any]:
            chosen = RawSQL("SELECT unnest(%s::bigint[])", [placeholder])
            return self.get_queryset().filter(pk__in=chosen).values_list("pk", *_columns(public))

        read = prepared((type(self), "matches", public), build, str)
        found = read.rows(f"{{{','.join(map(str, ids))}}}")
        return {row_id: dict(zip(COLUMNS, map(RowJSON, texts), strict=True)) for row_id, *texts in found}


def _shown(match: Match) -> dict[str, Any]:
    return {"score": match.score, "likely": match.likely, "words": match.words}


def _columns(public: bool) -> list[Combinable]:
    """As the MatchSerializer has them."""
    disputes = Dispute.objects.filter(statement=OuterRef("pk"), state="open").order_by("pk")
    shown = (disputes.public() if public else disputes).values_list(
        json_object(DisputeSerializer(context={"is_public": public}))
    )
    return [
        row_json_sql(StatementSerializer, public),
        AsText(json_object(MatchedArticleSerializer(), "article__")),
        AsText(JSONList(shown)),
    ]


def _checked(text: str) -> str:
    serializer = MatchTextSerializer(data={"text": text})
    if not serializer.is_valid():
        [error] = serializer.errors["text"]
        raise InvalidInput(gettext("A parameter is not valid."), [FieldError("?text", error.code, str(error))])
    return text
