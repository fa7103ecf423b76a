"""The journal as a diary: newest first, day by day. The feed for programs runs the other way."""

from itertools import groupby
from typing import Any

from django.db.models.functions import Left

from claims.models import Article, Statement
from factcheck.api.pages import ListPage, page, whole_number
from factcheck.api.pagination import RowComparison
from factcheck.journal.diary import LOOKUPS, diary
from factcheck.journal.models import Entry
from sources.models import Source

SHOWN = 50

LOOKUPS["source"] = lambda ids: dict(Source.objects.filter(pk__in=ids).values_list("pk", "name"))
LOOKUPS["statement"] = lambda ids: dict(Statement.objects.filter(pk__in=ids).values_list("pk", Left("text", 200)))
LOOKUPS["article"] = lambda ids: dict(Article.objects.filter(pk__in=ids).values_list("pk", "title"))


def recent_entries(number: int) -> list[Any]:
    return diary(Entry.objects.with_before().order_by("-id")[:number])


@page("journal", "list")
class JournalPage(ListPage):
    template = "claims/journal.html"

    def context(self) -> dict[str, Any]:
        if self.data.get("errors"):
            return {"days": []}
        before = whole_number(self.request.query_params, "before")
        place = Entry.objects.filter(pk=before).values_list("transaction", "pk").first()

        def beyond(rows: Any, key: Any) -> Any:
            return rows.filter(RowComparison(key, "<", *place)) if place else rows

        rows = list(self.view.entries(beyond, reverse=True, size=SHOWN + 1).with_before())
        lines = diary(rows[:SHOWN])
        days = groupby(lines, key=lambda line: line.entry.at.date())
        return {
            "days": [(day, list(of_day)) for day, of_day in days],
            "older": rows[SHOWN - 1].pk if len(rows) > SHOWN else None,
        }
