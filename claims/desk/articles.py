"""The article's page: its text with the marks, and the statements' cards beside it."""

import re
from collections.abc import Callable
from typing import Any

from claims.desk.cards import Card, cards_of, checks_by_statement, grouped
from claims.desk.marks import Passage, marked
from claims.models import Article, ArticleRevision, Statement
from claims.serializers import StatementSerializer
from factcheck.api.choosing import is_number
from factcheck.api.form_pages import FormPage
from factcheck.api.pages import ListPage, Page, page, whole_number
from factcheck.api.readers import Reader

PART = re.compile(r"[?&]cards=([0-9]{1,9})")
CARDS = 30  # on one page, so that it stays under 200 kB; the text shows the marks of all


def article_context(article: Any, view: Any, reader: Reader, part: int, form: Any = None) -> dict[str, Any]:
    """The article with a part of its statements' cards, and the form to mark another passage."""
    places: list[Any] = list(
        reader.may_see(Statement.objects.placed(article))
        .order_by("start", "id")
        .values_list("id", "start", "end", "tag", "anchor", named=True)
    )
    numbers = {place.id: number for number, place in enumerate(places, 1)}
    parts = max(1, -(-len(places) // CARDS))
    part = min(part or 1, parts)
    address = f"/api/v1/articles/{article.pk}/"
    base = "" if form is None else address  # short, where the page is the article's own

    def card_at(statement: int) -> str:
        at = (numbers.get(statement, 1) - 1) // CARDS + 1
        return f"#statement-{statement}" if at == part else f"{base}?cards={at}#statement-{statement}"

    passages = [Passage(p.id, p.start, p.end, p.tag, numbers[p.id], card_at(p.id)) for p in places]
    rows = Statement.objects.for_reading()
    shown = [place.id for place in places[(part - 1) * CARDS : part * CARDS]]
    cards = cards_of(reader, reader.read(rows.filter(pk__in=shown).order_by("start", "id")), numbers)
    context = {
        "article": article,
        "address": address,
        "here": f"{address}?cards={part}" if part > 1 else address,
        "marked_text": marked(article.text, passages),
        "cards": cards,
        "statement_count": len(places),
        "first_shown": (part - 1) * CARDS + 1,
        "last_shown": min(part * CARDS, len(places)),
        "part": part,
        "parts": range(1, parts + 1),
    }
    if reader.is_stranger:
        return context
    return {
        **context,
        **_checks(article, cards, lambda statement: (numbers.get(statement), card_at(statement))),
        "astray": _astray(reader, article, rows) if part == 1 else [],
        "mark_form": form or StatementSerializer(context=view.get_serializer_context()),
    }


def _checks(article: Any, cards: list[Card], place_of: Callable[[int], tuple[int | None, str]]) -> dict[str, Any]:
    checks = checks_by_statement(article.pk)
    for card in cards:
        card.checks = checks.get(card.statement.pk, [])
    return {
        "article_checks": checks.get(None, []),
        "check_groups": grouped(checks, place_of),
        "check_count": sum(len(found) for statement, found in checks.items() if statement),
    }


def _astray(reader: Reader, article: Any, rows: Any) -> list[Card]:
    """Statements whose passage is not in the text, or not for sure; an editor must settle them."""
    return cards_of(reader, rows.filter(article=article).out_of_place().order_by("id")[:CARDS])


@page("article", "retrieve")
class ArticlePage(Page):
    template = "claims/article.html"
    is_for_strangers = True

    def context(self) -> dict[str, Any]:
        return article_context(self.row, self.view, self.reader, whole_number(self.request, "cards"))


class MarkingPage(FormPage):
    """The form to mark a passage, beside the article that it is in."""

    def context(self) -> dict[str, Any]:
        context = super().context()
        article = self._article(context["typed"].get("article", ""))
        if article is None:
            return context
        self.template = "claims/article.html"
        asked_from = PART.search(context["next"])
        part = int(asked_from[1]) if asked_from else 1
        return {**context, **article_context(article, self.view, self.reader, part, context["form"])}

    @staticmethod
    def _article(typed: str) -> Any:
        return Article.objects.for_reading().filter(pk=typed).first() if is_number(typed) else None


@page("article", "revisions")
class RevisionsPage(ListPage):
    template = "claims/revisions.html"

    def context(self) -> dict[str, Any]:
        return {"article_id": self.view.kwargs["pk"], "controls": None}


@page("article", "revision")
class RevisionPage(Page):
    template = "claims/revision.html"

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


FormPage.templates["article", "create"] = "claims/article_form.html"
FormPage.templates["article", "partial_update"] = "claims/article_form.html"
FormPage.kinds["statement", "create"] = MarkingPage
