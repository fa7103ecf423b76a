from typing import Any

from django.db.models import Q

from claims.desk.cards import cards_of, checks_by_statement
from claims.desk.disputes import of_same_article_first
from claims.models import Article, ArticleRevision, Evidence
from claims.models.statement import positions_on
from claims.serializers import DisputeSerializer, EvidenceSerializer
from factcheck.api.form_pages import WORDS, FormPage
from factcheck.api.pages import Page, page
from factcheck.journal.diary import diary
from factcheck.journal.models import Entry

TIMELINE = 50
EVIDENCE = 100


@page("statement", "retrieve")
class StatementPage(Page):
    template = "claims/statement.html"
    is_for_strangers = True

    def context(self) -> dict[str, Any]:
        statement = self.row
        article = Article.objects.defer("text").get(pk=statement.article_id)
        (card,) = cards_of(self.reader, [statement])
        evidence = self.reader.read(Evidence.objects.filter(statement=statement).order_by("id"), EVIDENCE)
        return {
            "statement": statement,
            "card": card,
            "article": article,
            "is_published": article.status == "published" and statement.revision == article.revision,
            "around": ArticleRevision.objects.around(statement),
            "evidence": evidence,
            **({} if self.reader.is_stranger else self._of_the_desk(statement, card, evidence)),
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
        return diary(entries[:TIMELINE])


WORDS["tag"] = "Tag"
for action in ("create", "partial_update"):
    FormPage.templates["statement", action] = "claims/statement_form.html"
FormPage.templates["statement", "reanchor"] = "claims/reanchor_page.html"
FormPage.templates["statement", "tag"] = "claims/tag_form.html"
FormPage.templates["evidence", "create"] = "claims/evidence_form.html"
