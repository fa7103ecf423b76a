from typing import Any

from django.db.models import Q

from claims.models import Article, ArticleRevision, Evidence
from claims.models.statement import positions_on
from claims.serializers import DisputeSerializer, EvidenceSerializer
from factcheck.desk.cards import cards_of, checks_by_statement
from factcheck.desk.page import Page
from factcheck.desk.pages.disputes import of_same_article_first
from factcheck.desk.timeline import timeline
from factcheck.journal.models import Entry

TIMELINE = 50
EVIDENCE = 100


class StatementPage(Page):
    template = "desk/statements/statement_detail.html"
    is_public_page = True

    def context(self) -> dict[str, Any]:
        statement = self.row
        article = Article.objects.defer("text").get(pk=statement.article_id)
        (card,) = cards_of(self.viewer, [statement])
        evidence = self.viewer.fetch(Evidence.objects.filter(statement=statement).order_by("id"), EVIDENCE)
        return {
            "statement": statement,
            "card": card,
            "article": article,
            "is_published": article.status == "published" and statement.revision == article.revision,
            "around": ArticleRevision.objects.around(statement),
            "evidence": evidence,
            **({} if self.viewer.is_anonymous else self._of_the_desk(statement, card, evidence)),
        }

    def _of_the_desk(self, statement: Any, card: Any, evidence: list[Any]) -> dict[str, Any]:
        return {
            "card_checks": checks_by_statement(statement.article_id).get(statement.pk, []),
            "positions": positions_on(statement.pk).select_related("actor").order_by("-id")[:TIMELINE],
            "timeline": self._timeline(statement, card, evidence),
            "dispute_form": of_same_article_first(
                DisputeSerializer(context=self.view.get_serializer_context()), statement
            ),
            "evidence_form": EvidenceSerializer(context=self.view.get_serializer_context()),
        }

    @staticmethod
    def _timeline(statement: Any, card: Any, evidence: list[Any]) -> list[Any]:
        """Its own entries and those of what belongs to it, newest first."""
        own = Q(resource="statement", resource_id=statement.pk)
        disputes = Q(resource="dispute", resource_id__in=[dispute.pk for dispute in card.disputes])
        evidenced = Q(resource="evidence", resource_id__in=[row.pk for row in evidence])
        entries = Entry.objects.filter(own | disputes | evidenced).with_before().order_by("-id")
        return timeline(entries[:TIMELINE])
