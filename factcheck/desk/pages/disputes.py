from typing import Any

from claims.models import Article, ArticleRevision, Dispute, Evidence, Statement
from factcheck.api.named_references import is_number
from factcheck.desk.cards import cards_of
from factcheck.desk.form_pages import FormPage
from factcheck.desk.history import row_timeline
from factcheck.desk.page import Page


class DisputePage(Page):
    """Both passages side by side, each in its context."""

    template = "desk/disputes/dispute_detail.html"
    is_public_page = True

    def context(self) -> dict[str, Any]:
        (dispute,) = self.viewer.fetch(Dispute.objects.with_passages().filter(pk=self.row.pk))
        counter = dispute.counter_statement
        return {
            "dispute": dispute,
            "around": ArticleRevision.objects.around(dispute.statement),
            "around_counter": ArticleRevision.objects.around(counter) if counter else None,
            **row_timeline(self.viewer, "dispute", dispute.pk),
        }


class EvidencePage(Page):
    template = "desk/evidence/evidence_detail.html"
    is_public_page = True

    def context(self) -> dict[str, Any]:
        evidence = Evidence.objects.select_related("statement__source").get(pk=self.row.pk)
        return {"evidence": evidence, **row_timeline(self.viewer, "evidence", evidence.pk)}


def of_same_article_first(form: Any, statement: Any) -> Any:
    """Offers as the other side what the article says elsewhere, before anything is typed."""
    counter = form.fields["counter_statement"]
    counter.style = {**counter.style, "first": f"?article={statement.article_id}&page_size=50"}
    return form


class DisputingPage(FormPage):
    """The form to open a dispute, beside the passage that it is about."""

    def context(self) -> dict[str, Any]:
        context = super().context()
        typed = str(context["typed"].get("statement", ""))
        statement = Statement.objects.for_reading().filter(pk=typed).first() if is_number(typed) else None
        if statement is None:
            return context
        (card,) = cards_of(self.viewer, [statement])
        return {
            **context,
            "form": of_same_article_first(context["form"], statement),
            "statement": statement,
            "card": card,
            "article": Article.objects.defer("text").get(pk=statement.article_id),
            "around": ArticleRevision.objects.around(statement),
            "is_beside": True,
        }
