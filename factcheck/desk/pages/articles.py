"""The article's page, with the text, its marks and the statements' cards; its print version; its old revisions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import TooManyFieldsSent
from django.core.paginator import Paginator
from django.http import QueryDict
from django.utils.safestring import SafeString

from claims.models import Article, ArticleRevision, Statement
from claims.serializers import StatementSerializer
from factcheck.api.named_references import is_number
from factcheck.desk.cards import Card, cards_of, checks_by_statement, group_checks
from factcheck.desk.form_pages import FormPage
from factcheck.desk.marks import Passage, marked
from factcheck.desk.notes import notes_of
from factcheck.desk.page import Page, int_parameter
from factcheck.desk.pages.notes import notes_on_row
from factcheck.desk.pages.suggestions import suggested_form
from factcheck.desk.viewer import Viewer

CARDS_PER_PAGE = 30
UNANCHORED_CARDS = 10
NOTES_PER_PAGE = 1_000


def article_context(
    article: Any, view: Any, viewer: Viewer, query: Mapping[str, str], form: Any = None
) -> dict[str, Any]:
    """The article with one page of its statements' cards, and the form to mark another passage.

    `?cards=` chooses the page of cards, or `?at=` a statement whose card must be on it. `?mark=` names the suggestion
    that the page's form is filled with.
    """
    anchored = _anchored(viewer, article)
    numbers = {row.id: number for number, row in enumerate(anchored, 1)}
    address = f"/api/v1/articles/{article.pk}/"
    as_of_query = _as_of_query(query)
    number = numbers.get(int_parameter(query, "at"))
    page = Paginator(anchored, CARDS_PER_PAGE).get_page(
        _page_of(number, CARDS_PER_PAGE) if number else int_parameter(query, "cards") or 1
    )

    def card_address(statement_id: int) -> str:
        is_on_page = _page_of(numbers.get(statement_id, 1), CARDS_PER_PAGE) == page.number
        return ("" if is_on_page else f"{address}?at={statement_id}{as_of_query}") + f"#statement-{statement_id}"

    rows = Statement.objects.for_reading().filter(pk__in=[row.id for row in page])
    cards = cards_of(viewer, viewer.fetch(rows.order_by("start", "id")), numbers)
    context = {
        "article": article,
        "address": address,
        "as_of_query": as_of_query,
        "marked_text": _marked_text(article, anchored, card_address),
        "cards": cards,
        "card_page": page,
    }
    if viewer.is_anonymous:
        return context
    return {
        **context,
        **_checks(article, cards, lambda statement_id: (numbers.get(statement_id), card_address(statement_id))),
        **(_unanchored(viewer, article) if page.number == 1 else {}),
        **notes_on_row(viewer, "article", article.pk),
        "mark_form": form or StatementSerializer(context=view.get_serializer_context()),
    }


def print_context(article: Any, viewer: Viewer, query: Mapping[str, str]) -> dict[str, Any]:
    """The article with a note on each of its statements, or on a thousand of them: `?print=` chooses the page."""
    anchored = _anchored(viewer, article)
    numbers = {row.id: number for number, row in enumerate(anchored, 1)}
    as_of_query = _as_of_query(query)
    statement_ids = [*numbers, *_not_anchored(viewer, article).values_list("id", flat=True)]
    page = Paginator(statement_ids, NOTES_PER_PAGE).get_page(int_parameter(query, "print"))

    def note_address(statement_id: int) -> str:
        number = numbers[statement_id]
        its_page = _page_of(number, NOTES_PER_PAGE)
        return ("" if its_page == page.number else f"?print={its_page}{as_of_query}") + f"#note-{number}"

    notes = notes_of(viewer, list(page), numbers)
    return {
        "article": article,
        "as_of_query": as_of_query,
        "marked_text": _marked_text(article, anchored, note_address),
        "notes": [note for note in notes if note.number],
        "unanchored_notes": [note for note in notes if not note.number],
        "note_page": page,
    }


def _anchored(viewer: Viewer, article: Any) -> list[Any]:
    """The statements that are marked in the text, in its order. A statement's number is its place in this list."""
    rows = viewer.visible(Statement.objects.anchored_in(article)).order_by("start", "id")
    return list(rows.values_list("id", "start", "end", "tag", named=True))


def _not_anchored(viewer: Viewer, article: Any) -> Any:
    """The article's other statements: a page has all that the list has. Anonymous readers do not see them."""
    rows = Statement.objects.not_anchored_in(article).order_by("id")
    return rows.none() if viewer.is_anonymous else rows


def _page_of(number: int, page_size: int) -> int:
    return (number - 1) // page_size + 1


def _as_of_query(query: Mapping[str, str]) -> str:
    return f"&{urlencode({'as_of': query['as_of']})}" if query.get("as_of") else ""


def _marked_text(article: Any, anchored: Sequence[Any], address_of: Callable[[int], str]) -> SafeString:
    passages = [
        Passage(row.id, row.start, row.end, row.tag, number, address_of(row.id))
        for number, row in enumerate(anchored, 1)
    ]
    return marked(article.text, passages)


def _checks(article: Any, cards: list[Card], place_of: Callable[[int], tuple[int | None, str]]) -> dict[str, Any]:
    checks = checks_by_statement(article.pk)
    for card in cards:
        card.checks = checks.get(card.statement.pk, [])
    return {
        "article_checks": checks.get(None, []),
        "check_groups": group_checks(checks, place_of),
        "check_count": sum(len(found) for statement_id, found in checks.items() if statement_id),
    }


def _unanchored(viewer: Viewer, article: Any) -> dict[str, Any]:
    rows = _not_anchored(viewer, article)
    cards = cards_of(viewer, rows.for_reading()[:UNANCHORED_CARDS])
    return {"unanchored": cards, "more_unanchored": max(0, rows.count() - UNANCHORED_CARDS)}


class ArticlePage(Page):
    is_live = True

    def context(self) -> dict[str, Any]:
        query = self.request.query_params
        if int_parameter(query, "print"):
            self.template = "desk/articles/article_print.html"
            return print_context(self.row, self.viewer, query)
        if not (key := query.get("mark", "") if self.may.get("accept_suggestions") else ""):
            return article_context(self.row, self.view, self.viewer, query)
        form = suggested_form(self.row, key, self.view.get_serializer_context())
        return {**article_context(self.row, self.view, self.viewer, query, form), "form": form}


class StatementFormPage(FormPage):
    """The form to mark a passage, beside the article that it is in."""

    def context(self) -> dict[str, Any]:
        context = super().context()
        article = self._article(context["form_data"].get("article", ""))
        if article is None:
            return context
        self.template = "desk/articles/article_detail.html"
        query = _query_of(context["next"])
        return {**context, **article_context(article, self.view, self.viewer, query, context["form"])}

    @staticmethod
    def _article(typed: str) -> Any:
        return Article.objects.for_reading().filter(pk=typed).first() if is_number(typed) else None


def _query_of(address: str) -> QueryDict:
    """Empty if the address has more parameters than Django reads."""
    try:
        return QueryDict(address.partition("?")[2].partition("#")[0])
    except TooManyFieldsSent:
        return QueryDict()


class RevisionPage(Page):
    def context(self) -> dict[str, Any]:
        passages = [
            Passage(s["id"], s["start"], s["end"], s["tag"], number, f"/api/v1/statements/{s['id']}/")
            for number, s in enumerate(self.data["statements"], 1)
        ]
        newest = ArticleRevision.objects.filter(article=self.view.kwargs["pk"]).order_by("-number")
        return {
            "newest": newest.values_list("number", flat=True).first(),
            "marked_text": marked(self.data["text"], passages),
        }
