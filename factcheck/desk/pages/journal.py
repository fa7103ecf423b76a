"""The journal day by day, newest first. The feed for API clients has the opposite order."""

from itertools import groupby
from typing import Any

from factcheck.api.pagination import RowComparison
from factcheck.desk.page import ListPage, int_parameter
from factcheck.desk.pages.seal import sealed_among
from factcheck.desk.timeline import timeline
from factcheck.journal.models import Entry

PAGE_SIZE = 50


class JournalPage(ListPage):
    def context(self) -> dict[str, Any]:
        if self.data.get("errors"):
            return {"days": []}
        before = int_parameter(self.request.query_params, "before")
        place = Entry.objects.filter(pk=before).values_list("transaction", "pk").first()

        def after_cursor(rows: Any, key: Any) -> Any:
            return rows.filter(RowComparison(key, "<", *place)) if place else rows

        rows = list(self.view.entries(after_cursor, reverse=True, size=PAGE_SIZE + 1).with_before())
        shown = rows[:PAGE_SIZE]
        days = groupby(timeline(shown), key=lambda item: item.entry.at.date())
        return {
            "days": [(day, list(items)) for day, items in days],
            "sealed": sealed_among(shown),
            "older": rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None,
        }
