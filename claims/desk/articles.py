"""The article's page: its text with the marks, and the statements' cards beside it."""

from typing import Any

from claims.desk.cards import Card, cards_of, checks_by_statement
from claims.desk.marks import Passage, marked
from claims.models import ArticleRevision, Statement
from claims.serializers import StatementSerializer
from factcheck.api.form_pages import FormPage
from factcheck.api.pages import ListPage, Page, page, whole_number

CARDS = 40  # on one page; the text shows the marks of all


@page("article", "retrieve")
class ArticlePage(Page):
    template = "claims/article.html"
    is_for_strangers = True

    def context(self) -> dict[str, Any]:
        article = self.row
        places: list[Any] = list(
            self.reader.may_see(Statement.objects.placed(article))
            .order_by("start", "id")
            .values_list("id", "start", "end", "tag", "anchor", named=True)
        )
        numbers = {place.id: number for number, place in enumerate(places, 1)}
        chunk, chunks = self._chunk(len(places))
        shown = [place.id for place in places[(chunk - 1) * CARDS : chunk * CARDS]]
        passages = [
            Passage(p.id, p.start, p.end, p.tag, numbers[p.id], self._address(p.id, numbers[p.id], chunk))
            for p in places
        ]
        rows = Statement.objects.for_reading()
        cards = cards_of(self.reader, self.reader.read(rows.filter(pk__in=shown).order_by("start", "id")), numbers)
        return {
            "article": article,
            "marked_text": marked(article.text, passages),
            "cards": cards,
            "statement_count": len(places),
            "chunk": chunk,
            "chunks": range(1, chunks + 1),
            **({} if self.reader.is_stranger else self._of_the_desk(article, cards, rows, chunk)),
        }

    def _of_the_desk(self, article: Any, cards: list[Card], rows: Any, chunk: int) -> dict[str, Any]:
        checks = checks_by_statement(article.pk)
        for card in cards:
            card.checks = checks.get(card.statement.pk, [])
        return {
            "article_checks": checks.get(None, []),
            "check_count": sum(map(len, checks.values())),
            "astray": self._astray(article, rows) if chunk == 1 else [],
            "mark_form": StatementSerializer(context=self.view.get_serializer_context()),
        }

    def _chunk(self, statements: int) -> tuple[int, int]:
        chunks = max(1, -(-statements // CARDS))
        return min(whole_number(self.request, "cards") or 1, chunks), chunks

    @staticmethod
    def _address(statement: int, number: int, chunk: int) -> str:
        at = (number - 1) // CARDS + 1
        return f"#statement-{statement}" if at == chunk else f"?cards={at}#statement-{statement}"

    def _astray(self, article: Any, rows: Any) -> list[Card]:
        """Statements whose passage is not in the text, or not for sure; an editor must settle them."""
        return cards_of(self.reader, rows.filter(article=article).out_of_place().order_by("id")[:CARDS])


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
