"""The history of a row: as a page, in place of a row that was deleted, and beside a form that came too late."""

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext

from factcheck.api.conditional import form_version
from factcheck.desk.form_pages import FormPage
from factcheck.desk.labels import short_field_label
from factcheck.desk.page import ListPage, ProblemPage
from factcheck.desk.pages.seal import sealed_among
from factcheck.desk.pages.undo import undoable_among
from factcheck.desk.timeline import timeline, with_corrections
from factcheck.desk.words import row_name
from factcheck.journal.models import Entry

UNTYPED = {"version", "article", "start", "end"}
# The field that an act changes without naming it.
UNNAMED = {"take": "tag", "publish": "status", "withdraw": "status", "reopen": "state"}
MAX_CONFLICTING_ENTRIES = 20  # the history has all of them


class HistoryPage(ListPage):
    def context(self) -> dict[str, Any]:
        return {
            "timeline": with_corrections(timeline(self.rows)),
            "sealed": sealed_among(self.rows),
            "undoable": undoable_among(self.rows, self.request.user),
        }


class DeletedPage(ProblemPage):
    """A 404. If the row existed once, it says who deleted it and why."""

    def context(self) -> dict[str, Any]:
        resource, row_id = self.view.journal_resource, self.view.kwargs.get("pk")
        if not (resource and row_id and self.may.get("history")):
            return super().context()
        items = timeline(Entry.objects.of(resource, row_id).with_before().filter(action=f"{resource}.deleted"))
        if not items:
            return super().context()
        return {
            **super().context(),
            "heading": gettext("%(row)s was deleted") % {"row": capfirst(row_name(resource, row_id))},
            "advice": "",
            "more": "desk/journal/_deletion.html",
            "timeline": items,
            "history_url": f"{self.address}history/",
        }


class ConflictPage(FormPage):
    """The row has changed since the form was opened: how, what was typed, and the form to apply it all the same."""

    def __init__(self, view: Any, request: Any, response: Any, data: Any, template: str, **options: Any):
        super().__init__(view, request, response, data, "desk/journal/conflict_form.html", **options)
        self.form_template = template

    def context(self) -> dict[str, Any]:
        entries = Entry.objects.of(self.view.journal_resource, self.view.kwargs["pk"])
        seen_version = form_version(self.request) or 0
        newer = entries.filter(version__gt=seen_version).with_before().order_by("-version")
        self.newer_entries = list(newer[:MAX_CONFLICTING_ENTRIES])
        seen = entries.filter(version=seen_version).first()
        return {
            **super().context(),
            "timeline": timeline(self.newer_entries),
            "form_template": self.form_template,
            "replaced": self._replaced(seen.data) if seen and self.newer_entries else [],
        }

    def _replaced(self, seen: dict[str, Any]) -> list[str]:
        """The names of the fields that the form would make other than they have become since it was opened."""
        now, sent = self.newer_entries[0].data, self.request.data
        changed = {name for name in now if seen.get(name) != now[name]}
        if "sha256" in changed:  # the entry has no text of an article
            changed.add("text")
        typed = [name for name in sent if name in changed - UNTYPED and sent.getlist(name) != _as_sent(now.get(name))]
        return [short_field_label(name) for name in [*typed, *({UNNAMED.get(self.action)} & changed)] if name]

    def version(self) -> int | None:
        """The current version: the page shows what was changed, so that the form may overwrite it."""
        return self.newer_entries[0].version if self.newer_entries else None


def _as_sent(value: Any) -> list[str]:
    """What a form sends for it."""
    values = value if isinstance(value, list) else [value]
    return ["" if each is None else str(each) for each in values] or [""]
