"""`suggestions/` of an article: passages that attribute words to a speaker, to be accepted or dismissed."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims.form_input import accepted_by_form, dismissed_by_form
from claims.models import Article, Dispute, Statement
from claims.serializers import DisputeSerializer, StatementSerializer
from claims.services.suggestions import accept_suggestions, dismiss_suggestions
from claims.suggesting.cards import Card
from claims.suggestion_serializers import (
    AcceptedSerializer,
    AcceptedSuggestionSerializer,
    DismissedSerializer,
    DismissSerializer,
    SuggestionsSerializer,
    suggestions_data,
)
from claims.suggestions import ArticleSuggestions
from claims.views.passage_notes import add_notes, notes_on
from factcheck.api.conditional import is_form
from factcheck.api.filters import refuse_unknown
from factcheck.api.form_methods import redirect_form
from factcheck.api.pagination import link_header, page_size_of
from factcheck.api.row_json import RowJSON, row_json_sql
from factcheck.errors import InvalidInput
from factcheck.postgres.transactions import snapshot

MAX_KEYS = 500
PAGE_SIZE = 20
MAX_PAGE_SIZE = 50  # since each is compared with what is recorded
PARAMETERS = frozenset({"dismissed", "cursor", "page_size"})
FLAGS = {"true": True, "false": False}


class SuggestionsMixin:
    """Of an article."""

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "dismissed", {"type": "boolean", "default": False}, description="Only the dismissed ones."
            ),
            OpenApiParameter("cursor", str, description="Where the page starts. Take it from `next`; do not build it."),
            OpenApiParameter(
                "page_size",
                {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE},
                description="Rows on a page.",
            ),
        ],
        responses=SuggestionsSerializer,
        filters=False,
    )
    @action(detail=True, filterset_class=None, pagination_class=None, filter_backends=(), other_parameters=PARAMETERS)
    def suggestions(self: Any, request: Request, pk: int) -> Response:
        """List passages that are not recorded yet.

        Those that attribute words to a speaker, in the order of the text, each with those within it. Computed for each
        request, by rules. What is recorded or dismissed is left out; `?dismissed=true` lists what was dismissed.
        """
        refuse_unknown(request, {*PARAMETERS, "format"})
        size, dismissed, cursor = (
            page_size_of(request, PAGE_SIZE, MAX_PAGE_SIZE),
            _flag(request),
            request.query_params.get("cursor"),
        )
        with snapshot():
            suggestions = ArticleSuggestions(Article.objects.get(pk=self.row_id()))
            cards = suggestions.unsettled(dismissed=dismissed)
            cards = cards[_place(cursor, cards, suggestions.article) :]
            page = cards[:size]
            results = suggestions_data(suggestions, page)
        following = _next(request, page[-1], suggestions.article) if len(cards) > size else None
        return Response({"next": following, "previous": None, "results": results}, headers=link_header(next=following))

    @extend_schema(request=AcceptedSuggestionSerializer(many=True), responses={201: AcceptedSerializer}, filters=False)
    @action(detail=True, methods=["post"], url_path="suggestions/accept", filterset_class=None, pagination_class=None)
    def accept_suggestions(self: Any, request: Request, pk: int) -> Response:
        """Record up to 500 suggestions, all or none.

        Each becomes a statement as it was suggested, apart from what you send besides its key. Its source and relays
        are made where they are new; who may be one of several sources is refused until you say who is meant. With
        `dispute`, the statement also raises a dispute. An error's pointer begins with the index of the key.
        """
        article_id, items = self.row_id(), self._keyed(AcceptedSuggestionSerializer, accepted_by_form)
        accepted = accept_suggestions(article_id=article_id, items=items, actor=request.user)
        if redirect := self._redirect():
            return redirect
        pinned = enumerate(zip(accepted.statements, items, strict=True))
        add_notes(self, notes_on((f"#/{index}", *both) for index, both in pinned))
        recorded = {
            "statements": _rows_json(Statement.objects.for_reading(), StatementSerializer, accepted.statements),
            "disputes": _rows_json(Dispute.objects.for_reading(), DisputeSerializer, accepted.disputes),
        }
        return Response(recorded, status=status.HTTP_201_CREATED)

    @extend_schema(request=DismissSerializer(many=True), responses=DismissedSerializer(many=True), filters=False)
    @action(detail=True, methods=["post"], url_path="suggestions/dismiss", filterset_class=None, pagination_class=None)
    def dismiss_suggestions(self: Any, request: Request, pk: int) -> Response:
        """Dismiss up to 500 suggestions, or suggest them again.

        A dismissed passage is not suggested in later revisions either, until you send `"dismissed": false`. Dismissals
        are no part of the record: the journal does not have them.
        """
        article_id, items = self.row_id(), self._keyed(DismissSerializer, dismissed_by_form)
        rows = dismiss_suggestions(article_id=article_id, items=items, actor=request.user)
        if redirect := self._redirect():
            return redirect
        states = [{"key": item["key"], "dismissed": row} for item, row in zip(items, rows, strict=True)]
        return Response(DismissedSerializer(states, many=True).data)

    def _keyed(self: Any, serializer_class: Any, of_form: Callable[[Any], list[Any]]) -> list[dict[str, Any]]:
        data, context = self.request.data, self.get_serializer_context()
        if is_form(self.request):
            data = of_form(data)
        items = serializer_class(data=data, many=True, allow_empty=False, max_length=MAX_KEYS, context=context)
        items.is_valid(raise_exception=True)
        return items.validated_data

    def _redirect(self: Any) -> Any:
        """Back to the suggestions, after an HTML form."""
        return redirect_form(self.request, f"{self.address(self.kwargs['pk'])}suggestions/")


def _flag(request: Request) -> bool:
    text = request.query_params.get("dismissed", "false")
    if text not in FLAGS:
        raise InvalidInput.parameter(
            "dismissed", "invalid_choice", gettext("“%(given)s” is not one of true, false.") % {"given": text[:80]}
        )
    return FLAGS[text]


def _next(request: Request, last: Card, article: Article) -> str:
    parameters = request.query_params.copy()
    parameters["cursor"] = f"{article.revision}-{last.suggestion.start}"
    return request.build_absolute_uri(f"{request.path}?{parameters.urlencode()}")


def _place(cursor: str | None, cards: Sequence[Card], article: Article) -> int:
    """The index of the first card behind the cursor: no two cards begin at the same place."""
    if cursor is None:
        return 0
    revision, _, start = cursor.partition("-")
    if not (start.isascii() and start.isdecimal() and len(start) < 10 and revision == str(article.revision)):
        detail = gettext("This cursor is none of the article's present text. Start without it.")
        raise InvalidInput.parameter("cursor", "invalid", detail)
    return bisect_right(cards, int(start), key=lambda card: card.suggestion.start)


def _rows_json(rows: Any, serializer_class: Any, written: Sequence[Any]) -> list[RowJSON]:
    """In the order of their ids, in which they were written."""
    found = rows.filter(pk__in=[row.pk for row in written]).order_by("pk")
    return [RowJSON(text) for text in found.values_list(row_json_sql(serializer_class, False), flat=True)]
