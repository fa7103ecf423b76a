"""From a time to the page as it stood then: `/then/api/v1/…/?at=TIME` leads to the same address with `?as_of=`.

A row's own times, such as `tagged_at`, are a little before its journal entry. The entry counts, since `?as_of=` reads
the journal; so one of them leads to the instant of the entry that holds it.
"""

import re
from datetime import UTC, datetime
from typing import Any

from django.db.models import DateTimeField, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from factcheck.desk.addresses import instant, plural
from factcheck.desk.page_view import DeskView
from factcheck.journal.models import Entry

RESOURCES = {plural(name): name for name in ("article", "statement", "evidence", "dispute", "note", "source")}
ROW = re.compile(r"([a-z]+)/([0-9]{1,18})/")
TIMES = ("created_at", "updated_at", "tagged_at", "opened_at", "resolved_at")


class Then(DeskView):
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        parameters = request.GET.copy()
        typed = parameters.pop("at", [""])[-1].strip()
        if typed:
            parameters["as_of"] = self._as_of(typed)
        address = f"/api/v1/{kwargs['rest']}"
        return HttpResponseRedirect(f"{address}?{parameters.urlencode()}" if parameters else address)

    def _as_of(self, typed: str) -> str:
        """What cannot be read is left to the page, which refuses it."""
        try:
            at = datetime.fromisoformat(typed)
            # The field of a form has no zone, and says that it is UTC.
            at = at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):  # the latter for a time that is in no year of UTC
            return typed
        return instant(self._entry_time(at) or at)

    def _entry_time(self, at: datetime) -> datetime | None:
        match = ROW.fullmatch(self.kwargs["rest"])
        if not match or match[1] not in RESOURCES:
            return None
        holds = Q()
        entries = Entry.objects.of(RESOURCES[match[1]], int(match[2]))
        for name in TIMES:
            entries = entries.alias(**{name: Cast(KT(f"data__{name}"), DateTimeField())})
            holds |= Q(**{name: at})
        return entries.filter(holds).order_by("version").values_list("at", flat=True).first()
