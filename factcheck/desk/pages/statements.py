from typing import Any

import orjson
from django.db.models import Q

from claims.models import Article, ArticleRevision, Evidence, Statement
from claims.models.statement import positions_on
from claims.serializers import DisputeSerializer, EvidenceSerializer
from factcheck.api.form_methods import wants_parts
from factcheck.api.references import valid_ids
from factcheck.api.renderers import dump
from factcheck.desk.cards import cards_of, checks_by_statement
from factcheck.desk.form_pages import FormPage
from factcheck.desk.page import Page
from factcheck.desk.pages.article_parts import PARTS, parts_context, seen_cards, shown_beside
from factcheck.desk.pages.disputes import suggest_same_article
from factcheck.desk.pages.notes import notes_on_row, proposals_for
from factcheck.desk.timeline import TIMELINE_LENGTH, timeline
from factcheck.journal.models import Entry

MAX_POSITIONS = 50
MAX_EVIDENCE = 100


class BulkTagPage(FormPage):
    """The statements that were ticked, as they are now: some of them may have changed since."""

    def context(self) -> dict[str, Any]:
        chosen = (text.partition("-")[0] for text in self.request.data.getlist("statements"))
        rows = Statement.objects.for_reading().filter(pk__in=valid_ids(chosen)).order_by("pk")
        errors = self.data.get("errors", [])
        of_list = [error["detail"] for error in errors if error["pointer"].startswith("#/statements")]
        context = {
            **super().context(),
            "rows": rows,
            "list_errors": of_list or ([] if errors else [self.data["detail"]]),
        }
        return {**context, **self._parts(rows)} if wants_parts(self.request) else context

    def _parts(self, rows: Any) -> dict[str, Any]:
        """On an article's page the form comes back in its place, and with it the cards that have changed."""
        self.template = "desk/articles/_bulk_tag.html"
        if not rows:
            return {}
        self.template = PARTS
        article = Article.objects.for_reading().get(pk=rows[0].article_id)
        shown = shown_beside(self.request, article, self.viewer, None)
        return {**parts_context(shown, seen_cards(self.request)), "is_bulk": True}


class StatementPage(Page):
    is_live = True

    def context(self) -> dict[str, Any]:
        statement = self.row
        article = Article.objects.defer("text").get(pk=statement.article_id)
        (card,) = cards_of(self.viewer, [statement])
        evidence = self.viewer.fetch(Evidence.objects.filter(statement=statement).order_by("id"), MAX_EVIDENCE)
        return {
            "statement": statement,
            "card": card,
            "article": article,
            "is_published": article.status == "published" and statement.revision == article.revision,
            "around": ArticleRevision.objects.around(statement),
            "evidence": evidence,
            **({} if self.viewer.is_anonymous else self._editor_context(statement, card, evidence)),
        }

    def _editor_context(self, statement: Any, card: Any, evidence: list[Any]) -> dict[str, Any]:
        serializer_context = self.view.get_serializer_context()
        notes = notes_on_row(self.viewer, "statement", statement.pk)
        proposals = proposals_for(statement.pk)
        return {
            "live_about": [f"statement-{statement.pk}"],
            "card_checks": checks_by_statement(statement.article_id).get(statement.pk, []),
            **notes,
            "proposals": proposals,
            "positions": positions_on(statement.pk).order_by("-id")[:MAX_POSITIONS],
            "timeline": self._timeline(statement, card, evidence, notes["desk_notes"] + proposals),
            "dispute_form": suggest_same_article(DisputeSerializer(context=serializer_context), statement),
            "evidence_form": EvidenceSerializer(context=serializer_context),
        }

    @staticmethod
    def _timeline(statement: Any, card: Any, evidence: list[Any], notes: list[Any]) -> list[Any]:
        """The entries of the statement, its disputes, its evidence and its notes, newest first."""
        own = Q(resource="statement", resource_id=statement.pk)
        of_disputes = Q(resource="dispute", resource_id__in=[dispute.pk for dispute in card.disputes])
        of_evidence = Q(resource="evidence", resource_id__in=[row.pk for row in evidence])
        of_notes = Q(resource="note", resource_id__in=[note.pk for note in notes])
        entries = Entry.objects.filter(own | of_disputes | of_evidence | of_notes).with_before().order_by("-id")
        return timeline(entries[:TIMELINE_LENGTH])


class MatchesPage(Page):
    def context(self) -> dict[str, Any]:
        return {"data": orjson.loads(dump(self.data))}  # its rows are JSON that PostgreSQL wrote
