"""The journal day by day, newest first. The feed for API clients has the opposite order."""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from factcheck.api.pagination import RowComparison
from factcheck.desk.filter_form import FilterField, FilterForm, filter_form
from factcheck.desk.page import ListPage, int_parameter
from factcheck.desk.pages.seal import sealed_among
from factcheck.desk.pages.undo import undoable_among
from factcheck.desk.sentences import ACTS
from factcheck.desk.timeline import timeline, with_corrections
from factcheck.journal.models import Entry
from factcheck.postgres.bounded_page import WithoutIndex

PAGE_SIZE = 50
DAY = forms.DateField(
    required=False, input_formats=["%Y-%m-%d"], error_messages={"invalid": _("Give a day as YYYY-MM-DD.")}
)


class JournalPage(ListPage):
    """Beside the filters of the feed it has those for a person: a day (UTC) and an act."""

    def context(self) -> dict[str, Any]:
        day, errors = self._day()
        form = self._filter_form(errors)
        if self.data.get("errors") or errors:
            return {"days": [], "filter_form": form}
        rows = list(self._rows(day)[: PAGE_SIZE + 1])
        shown = rows[:PAGE_SIZE]
        days = groupby(with_corrections(timeline(shown)), key=lambda item: item.entry.at.date())
        return {
            "days": [(day, list(items)) for day, items in days],
            "filter_form": form,
            "sealed": sealed_among(shown),
            "undoable": undoable_among(shown, self.request.user),
            "older": rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None,
        }

    def _rows(self, day: date | None) -> Any:
        before = int_parameter(self.request.query_params, "before")
        place = Entry.objects.filter(pk=before).values_list("transaction", "pk").first()
        narrowed = self._narrowed(day)
        is_folded = not (self._given("act") or self._given("resource"))

        def after_cursor(rows: Any, key: Any) -> Any:
            rows = rows.filter(RowComparison(key, "<", *place)) if place else rows
            return rows.outside_corrections() if is_folded else rows

        if not narrowed:
            return self.view.entries(after_cursor, reverse=True, size=PAGE_SIZE + 1).with_before()
        # An index finds the day. The feed's order would be read from its end up to that day.
        key = WithoutIndex(F("transaction")) if day else F("transaction")
        rows = self.view.filter_queryset(self.view.get_queryset()).filter(**narrowed)
        return after_cursor(rows, key).with_before().alias(_key=key).order_by("-_key", "-id")

    def _narrowed(self, day: date | None) -> dict[str, Any]:
        act = self._given("act")
        found: dict[str, Any] = {"action": act, "resource": act.partition(".")[0]} if act in ACTS else {}
        if day:
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            found |= {"at__gte": start, "at__lt": start + timedelta(days=1)}
        return found

    def _given(self, name: str) -> str:
        return self.request.query_params.get(name, "")

    def _day(self) -> tuple[date | None, list[str]]:
        try:
            return DAY.clean(self._given("day")), []
        except ValidationError as error:
            return None, list(error.messages)

    def _filter_form(self, errors: list[str]) -> FilterForm:
        form = filter_form(self.view, self.request, self.data)
        acts = sorted(((action, str(words)) for action, words in ACTS.items()), key=lambda act: act[1])
        own = [
            FilterField("day", gettext("Day (UTC)"), self._given("day"), "date", errors=errors),
            FilterField("act", gettext("Act"), self._given("act"), "select", acts),
        ]
        return FilterForm([*own, *form.main], form.more)
