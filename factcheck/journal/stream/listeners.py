"""One listener: what it wants, what it may see, and what is sent to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import F, QuerySet
from rest_framework.serializers import BaseSerializer

from factcheck.api.callers import Caller, present_roles
from factcheck.api.renderers import dump
from factcheck.api.roles import Role
from factcheck.journal.epoch import first_open_transaction
from factcheck.journal.models import Entry, Place
from factcheck.postgres.row_comparison import RowComparison

RETRY = 2_000  # milliseconds until a client connects again
HEARTBEAT = 15  # seconds
PAUSE = 0.05  # seconds between two looks at the feed
PAGE = 200  # entries of one look
BEAT = b": the connection is open\n\n"
BEHIND_ALL = 2**63 - 1  # greater than every id


class AccessEnded(Exception):
    """The caller's token or session is no longer good, or the role no longer suffices."""


class Event(NamedTuple):
    entry: Entry
    text: bytes


class EventPage(NamedTuple):
    """Of a feed: the events up to a place, and whether there are more now."""

    events: list[Event]
    until: Place
    more: bool


@dataclass(frozen=True)
class Channel:
    """A feed, without the filters of a listener: `entries` are what any of its listeners may see now."""

    entries: Callable[[], QuerySet[Entry]]
    serializer: type[BaseSerializer[Any]]

    def events(self, entries: Sequence[Entry]) -> list[Event]:
        rows = self.serializer(entries, many=True).data
        return [
            Event(entry, b"id: %d-%d\ndata: %s\n\n" % (*entry.place, dump(row)))
            for entry, row in zip(entries, rows, strict=True)
        ]

    def read(self, after: Place) -> EventPage:
        end = first_open_transaction()
        if before(end) <= after:  # nobody has written
            return EventPage([], after, False)
        behind = RowComparison(F("transaction"), ">", *after)
        found = list(self.entries().filter(behind, transaction__lt=end).order_by("transaction", "id")[:PAGE])
        more = len(found) == PAGE
        return EventPage(self.events(found), found[-1].place if more else before(end), more)


def before(end: int) -> Place:
    """Behind every entry of the transactions before this one."""
    return end - 1, BEHIND_ALL


@dataclass(eq=False, slots=True)
class Listener:
    channel: Channel
    caller: Caller
    needed: Role  # unless it is anonymous
    role: Role
    wanted: tuple[tuple[str, Any], ...]  # (attribute of an entry, its value)
    last: Place  # of the last entry before it, by which its client can go on
    place: Place  # it has everything up to here
    now: Place  # up to where the feed could be read when it came
    read: Callable[[Place], EventPage]  # at first what it missed, which may be long; then as its channel does

    def opening(self) -> bytes:
        """An id without data: a browser keeps it for its next connection, and tells no script."""
        return b"retry: %d\nid: %d-%d\n\n" % (RETRY, *self.last)

    def judge(self) -> None:
        self.admit(present_roles([self.caller])[self.caller])

    def admit(self, role: Role | None) -> None:
        """Takes over the present role of its caller. Raises AccessEnded where that is too little, or None."""
        if role is None or not (self.caller.is_anonymous or role >= self.needed):
            raise AccessEnded
        self.role = role

    @property
    def view(self) -> tuple[bool, Any]:
        """Listeners with the same view of a channel are sent the same."""
        return self.role >= Role.ADMIN, self.wanted

    def text_of(self, events: Sequence[Event]) -> bytes:
        return b"".join(event.text for event in events if self._hears(event.entry))

    def _hears(self, entry: Entry) -> bool:
        if entry.resource == "user" and self.role < Role.ADMIN:
            return False
        return all(getattr(entry, name) == value for name, value in self.wanted)
