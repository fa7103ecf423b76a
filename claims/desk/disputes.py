from typing import Any

from claims.models import ArticleRevision, Dispute, Evidence
from factcheck.api.form_pages import FormPage
from factcheck.api.pages import Page, page
from factcheck.journal.pages import timeline_of


@page("dispute", "retrieve")
class DisputePage(Page):
    """Both passages side by side, each in its context."""

    template = "claims/dispute.html"
    is_for_strangers = True

    def context(self) -> dict[str, Any]:
        (dispute,) = self.reader.read(Dispute.objects.with_passages().filter(pk=self.row.pk))
        counter = dispute.counter_statement
        return {
            "dispute": dispute,
            "around": ArticleRevision.objects.around(dispute.statement),
            "around_counter": ArticleRevision.objects.around(counter) if counter else None,
            **timeline_of(self.reader, "dispute", dispute.pk),
        }


@page("evidence", "retrieve")
class EvidencePage(Page):
    template = "claims/evidence_row.html"
    is_for_strangers = True

    def context(self) -> dict[str, Any]:
        evidence = Evidence.objects.select_related("statement__source").get(pk=self.row.pk)
        return {"evidence": evidence, **timeline_of(self.reader, "evidence", evidence.pk)}


FormPage.templates["dispute", "resolve"] = "claims/resolve_form.html"
