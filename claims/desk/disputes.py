from typing import Any

from claims.models import ArticleRevision, Dispute, Evidence
from factcheck.api.form_pages import FormPage
from factcheck.api.pages import Page, page
from factcheck.journal.diary import diary
from factcheck.journal.models import Entry


@page("dispute", "retrieve")
class DisputePage(Page):
    """Both passages side by side, each in its context."""

    template = "claims/dispute.html"

    def context(self) -> dict[str, Any]:
        dispute = Dispute.objects.with_passages().get(pk=self.row.pk)
        counter = dispute.counter_statement
        entries = Entry.objects.of("dispute", dispute.pk).with_before().order_by("-id")
        return {
            "dispute": dispute,
            "around": ArticleRevision.objects.around(dispute.statement),
            "around_counter": ArticleRevision.objects.around(counter) if counter else None,
            "timeline": diary(entries[:50]),
        }


@page("evidence", "retrieve")
class EvidencePage(Page):
    template = "claims/evidence_row.html"

    def context(self) -> dict[str, Any]:
        evidence = Evidence.objects.select_related("statement__source").get(pk=self.row.pk)
        entries = Entry.objects.of("evidence", evidence.pk).with_before().order_by("-id")
        return {"evidence": evidence, "timeline": diary(entries[:50])}


FormPage.templates["dispute", "resolve"] = "claims/resolve_form.html"
