"""The journal as a diary: newest first, day by day. The feed for programs runs the other way."""

from itertools import groupby
from typing import Any

from factcheck.api.pagination import RowComparison
from factcheck.desk.page import ListPage, int_parameter
from factcheck.desk.timeline import timeline
from factcheck.journal.models import Entry

SHOWN = 50


def recent_entries(number: int) -> list[Any]:
    return timeline(Entry.objects.with_before().order_by("-id")[:number])


class JournalPage(ListPage):
    template = "desk/journal/entry_list.html"

    def context(self) -> dict[str, Any]:
        if self.data.get("errors"):
            return {"days": []}
        before = int_parameter(self.request.query_params, "before")
        place = Entry.objects.filter(pk=before).values_list("transaction", "pk").first()

        def after_cursor(rows: Any, key: Any) -> Any:
            return rows.filter(RowComparison(key, "<", *place)) if place else rows

        rows = list(self.view.entries(after_cursor, reverse=True, size=SHOWN + 1).with_before())
        lines = timeline(rows[:SHOWN])
        days = groupby(lines, key=lambda line: line.entry.at.date())
        return {
            "days": [(day, list(of_day)) for day, of_day in days],
            "older": rows[SHOWN - 1].pk if len(rows) > SHOWN else None,
        }
