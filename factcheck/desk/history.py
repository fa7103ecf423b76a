"""The pages of a row's history, and of a form that came too late."""

from typing import Any

from factcheck.api.conditional import form_version
from factcheck.desk.form_pages import FormPage
from factcheck.desk.page import ListPage, ProblemPage
from factcheck.desk.timeline import timeline
from factcheck.desk.viewer import Viewer
from factcheck.journal.models import Entry

SHOWN = 20  # what was done meanwhile; more than that is read in the history
TIMELINE = 50


def row_timeline(viewer: Viewer, resource: str, row_id: int, limit: int = TIMELINE) -> dict[str, Any]:
    """For a row's own page; the journal is not for strangers."""
    if viewer.is_anonymous:
        return {}
    return {"timeline": timeline(Entry.objects.of(resource, row_id).with_before().order_by("-id")[:limit])}


class HistoryPage(ListPage):
    template = "desk/journal/history.html"

    def context(self) -> dict[str, Any]:
        return {"lines": timeline(self.rows), "row_id": self.view.kwargs["pk"], "controls": None}


class DeletedPage(ProblemPage):
    """Of a row that was deleted: by whom, and why."""

    def context(self) -> dict[str, Any]:
        resource, row_id = getattr(self.view, "journal_resource", None), self.view.kwargs.get("pk")
        if not (resource and row_id and self.may().get("history")):
            return super().context()
        lines = timeline(Entry.objects.of(resource, row_id).with_before().filter(action=f"{resource}.deleted"))
        told = {
            "heading": f"{resource.capitalize()} {row_id} was deleted",
            "advice": "",
            "more": "desk/journal/_deletion.html",
            "lines": lines,
            "history": f"{self.address}history/",
        }
        return {**super().context(), **(told if lines else {})}


class ConflictPage(FormPage):
    """Somebody changed the row meanwhile: what they did, what was typed, and the form to apply it anew."""

    def __init__(self, *arguments: Any, template: str, **options: Any):
        super().__init__(*arguments, template="desk/journal/conflict_form.html", **options)
        self.form_template = template

    def context(self) -> dict[str, Any]:
        entries = Entry.objects.of(self.view.journal_resource, self.view.kwargs["pk"])
        seen = form_version(self.request) or 0
        self.meanwhile = list(entries.filter(version__gt=seen).with_before().order_by("-version")[:SHOWN])
        return {**super().context(), "lines": timeline(self.meanwhile), "form_template": self.form_template}

    def version(self) -> int | None:
        """The present one: whoever sends the form again has seen what was done meanwhile."""
        return self.meanwhile[0].version if self.meanwhile else None
