"""The article's page: its text with the marks, and the statements' cards beside it."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict

from claims.models import Article, ArticleRevision, Statement
from claims.serializers import StatementSerializer
from factcheck.api.named_references import is_number
from factcheck.desk.cards import Card, cards_of, checks_by_statement, grouped
from factcheck.desk.form_pages import FormPage
from factcheck.desk.marks import Passage, marked
from factcheck.desk.notes import UNANCHORED_CARDS, laid_out, notes_of, printed
from factcheck.desk.page import ListPage, Page, whole_number
from factcheck.desk.viewer import Viewer

PRINTED = 1_000  # notes on one page to print


def article_context(
    article: Any, view: Any, viewer: Viewer, asked: Mapping[str, str], form: Any = None
) -> dict[str, Any]:
    """The article with a part of its statements' cards, and the form to mark another passage."""
    places = _places(viewer, article)
    numbers = {place.id: number for number, place in enumerate(places, 1)}
    statements = [*numbers, *_needing_anchor(viewer, article)]
    address = f"/api/v1/articles/{article.pk}/"
    base = "" if form is None else address  # short, where the page is the article's own
    size, notes = laid_out(article.text, viewer, statements, numbers, base)
    parts = max(1, -(-len(places) // size))
    number = numbers.get(whole_number(asked, "at"))
    part = min(_part_of(number, size) if number else whole_number(asked, "cards") or 1, parts)
    moment = _moment(asked)

    def card_at(statement: int) -> str:
        is_shown = _part_of(numbers.get(statement, 1), size) == part
        return f"#statement-{statement}" if is_shown else f"{base}?at={statement}{moment}#statement-{statement}"

    rows = Statement.objects.for_reading()
    shown = [place.id for place in places[(part - 1) * size : part * size]]
    cards = cards_of(viewer, viewer.fetch(rows.filter(pk__in=shown).order_by("start", "id")), numbers)
    passages = [Passage(p.id, p.start, p.end, p.tag, numbers[p.id], card_at(p.id)) for p in places]
    context = {
        "article": article,
        "address": address,
        "moment": moment,
        "marked_text": marked(article.text, passages),
        "cards": cards,
        "notes": notes or printed(notes_of(viewer, shown, numbers), of=len(places) or len(statements)),
        "are_all_notes": notes is not None,
        "statement_count": len(places),
        "first_shown": (part - 1) * size + 1,
        "last_shown": min(part * size, len(places)),
        "part": part,
        "parts": range(1, parts + 1),
    }
    if viewer.is_anonymous:
        return context
    return {
        **context,
        **_checks(article, cards, lambda statement: (numbers.get(statement), card_at(statement))),
        "unanchored": _unanchored(viewer, article, rows) if part == 1 else [],
        "more_unanchored": max(0, len(statements) - len(numbers) - UNANCHORED_CARDS) if part == 1 else 0,
        "mark_form": form or StatementSerializer(context=view.get_serializer_context()),
    }


def _part_of(number: int, size: int) -> int:
    return (number - 1) // size + 1


def print_context(article: Any, viewer: Viewer, asked: Any, part: int) -> dict[str, Any]:
    """The article with the notes on all its statements, or on a thousand of them."""
    places = _places(viewer, article)
    numbers = {place.id: number for number, place in enumerate(places, 1)}
    statements = [*numbers, *_needing_anchor(viewer, article)]
    parts = max(1, -(-len(statements) // PRINTED))
    part = min(part, parts)
    moment = _moment(asked)

    def note_of(number: int) -> str:
        its_part = _part_of(number, PRINTED)
        return f"#note-{number}" if its_part == part else f"?print={its_part}{moment}#note-{number}"

    passages = [Passage(p.id, p.start, p.end, p.tag, numbers[p.id], note_of(numbers[p.id])) for p in places]
    notes = notes_of(viewer, statements[(part - 1) * PRINTED : part * PRINTED], numbers)
    return {
        "article": article,
        "moment": moment,
        "marked_text": marked(article.text, passages),
        "notes": printed(notes, of=(len(places) or len(statements)) if parts > 1 else None, linked=True),
        "part": part,
        "parts": range(1, parts + 1),
    }


def _moment(asked: Any) -> str:
    return f"&{urlencode({'as_of': asked['as_of']})}" if asked.get("as_of") else ""


def _places(viewer: Viewer, article: Any) -> list[Any]:
    placed = viewer.visible(Statement.objects.anchored_in(article)).order_by("start", "id")
    return list(placed.values_list("id", "start", "end", "tag", named=True))


def _needing_anchor(viewer: Viewer, article: Any) -> list[int]:
    """Strangers are not shown what is in question."""
    rows = Statement.objects.filter(article=article).needing_anchor().order_by("id")
    return [] if viewer.is_anonymous else list(rows.values_list("id", flat=True))


def _checks(article: Any, cards: list[Card], place_of: Callable[[int], tuple[int | None, str]]) -> dict[str, Any]:
    checks = checks_by_statement(article.pk)
    for card in cards:
        card.checks = checks.get(card.statement.pk, [])
    return {
        "article_checks": checks.get(None, []),
        "check_groups": grouped(checks, place_of),
        "check_count": sum(len(found) for statement, found in checks.items() if statement),
    }


def _unanchored(viewer: Viewer, article: Any, rows: Any) -> list[Card]:
    """Statements whose passage is not in the text, or not for sure; an editor must settle them."""
    return cards_of(viewer, rows.filter(article=article).needing_anchor().order_by("id")[:UNANCHORED_CARDS])


class ArticlePage(Page):
    template = "desk/articles/article_detail.html"
    is_public_page = True

    def context(self) -> dict[str, Any]:
        asked = self.request.query_params
        if part := whole_number(asked, "print"):
            self.template = "desk/articles/article_print.html"
            return print_context(self.row, self.viewer, asked, part)
        return article_context(self.row, self.view, self.viewer, asked)


class MarkingPage(FormPage):
    """The form to mark a passage, beside the article that it is in."""

    def context(self) -> dict[str, Any]:
        context = super().context()
        article = self._article(context["typed"].get("article", ""))
        if article is None:
            return context
        self.template = "desk/articles/article_detail.html"
        asked = _query_of(context["next"])
        return {**context, **article_context(article, self.view, self.viewer, asked, context["form"])}

    @staticmethod
    def _article(typed: str) -> Any:
        return Article.objects.for_reading().filter(pk=typed).first() if is_number(typed) else None


def _query_of(address: str) -> QueryDict:
    """Empty where it is no query of ours."""
    try:
        return QueryDict(address.partition("?")[2].partition("#")[0])
    except TooManyFieldsSent:
        return QueryDict()


class RevisionsPage(ListPage):
    template = "desk/articles/revision_list.html"

    def context(self) -> dict[str, Any]:
        return {"article_id": self.view.kwargs["pk"], "controls": None}


class RevisionPage(Page):
    template = "desk/articles/revision_detail.html"

    def context(self) -> dict[str, Any]:
        passages = [
            Passage(s["id"], s["start"], s["end"], s["tag"], number, f"/api/v1/statements/{s['id']}/")
            for number, s in enumerate(self.data["statements"], 1)
        ]
        newest = ArticleRevision.objects.filter(article=self.view.kwargs["pk"]).order_by("-number")
        return {
            "article_id": self.view.kwargs["pk"],
            "newest": newest.values_list("number", flat=True).first(),
            "marked_text": marked(self.data["text"], passages),
        }
