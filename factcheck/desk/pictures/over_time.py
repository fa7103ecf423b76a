"""What a source said, relayed and denied over time: three rows of marks along one line of days."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims.models import Dispute, Statement
from factcheck.desk.addresses import address_of
from factcheck.desk.viewer import Viewer
from factcheck.desk.words import word

MAX_EACH = 300  # the newest that it said, relayed and denied
PARTS = 26  # of the line; what falls into one stands above each other
SINGLE = 4  # above each other, before those with the same tag become one mark
LEFT, PART, STEP, DAY = 84, 42, 24, 72  # pixels: the names of the rows, a part, a mark, a day in figures
TICKS = 5
TEXT = 120  # characters
ROWS = {"said": _("said"), "relayed": _("relayed"), "denied": _("denied")}
KNOWN_TO = {"month": _("known to the month"), "year": _("known to the year")}


@dataclass(frozen=True)
class Event:
    row: str
    day: date
    known_by: str  # what the day is, if it is not when it was said
    tag: str  # of a statement, or the state of a dispute
    text: str
    address: str


@dataclass
class Mark:
    """One event, or all of a row with the same tag in the same part of the line."""

    row: str
    tag: str
    events: list[Event]
    address: str
    x: int
    y: int = 0

    @property
    def days(self) -> str:
        first, last = min(event.day for event in self.events), max(event.day for event in self.events)
        return str(first) if first == last else gettext("%(first)s to %(last)s") % {"first": first, "last": last}

    @property
    def when(self) -> str:
        known_by = next((event.known_by for event in self.events if event.known_by), "")
        return f"{self.days}, {known_by}" if known_by else self.days

    @property
    def what(self) -> str:
        number = len(self.events)
        return self.events[0].text if number == 1 else gettext("%(number)s of them") % {"number": number}

    @property
    def row_in_words(self) -> str:
        return str(ROWS[self.row])

    @property
    def text_y(self) -> int:
        return self.y + 4


@dataclass
class Line:
    """A row of the picture, with the y of its base."""

    name: str
    y: int


def source_picture(source: Any, viewer: Viewer) -> dict[str, Any]:
    """Empty without anything to show. Three queries."""
    events = [*_statements(source, viewer), *_disputes(source, viewer)]
    if not events:
        return {}
    first, days = min(event.day for event in events), _days(events)
    marks = [
        mark for (_, part), found in _by_place(events, first, days).items() for mark in _marks(part, found, source)
    ]
    lines, height = _stacked(marks)
    steps = min(TICKS, days) or 1
    ticks = [
        (LEFT + PARTS * PART * step // steps, first + timedelta(days=days * step // steps)) for step in range(steps + 1)
    ]
    return {
        "marks": sorted(marks, key=lambda mark: min(event.day for event in mark.events)),
        "lines": lines,
        "ticks": ticks if days else ticks[:1],
        "width": LEFT + PARTS * PART + DAY,
        "height": height,
        "tick_y": height - 8,
    }


def _statements(source: Any, viewer: Viewer) -> Iterable[Event]:
    rows = Statement.objects.select_related("article").only(
        "text", "tag", "said_on", "said_on_precision", "created_at", "article__published_at"
    )
    for row, found in (("said", rows.filter(source=source)), ("relayed", rows.relayed_by(source.pk))):
        for statement in viewer.fetch(found.order_by("-id"), MAX_EACH):
            day, known_by = _day_of(statement)
            address = address_of("statement", statement.pk)
            yield Event(row, day, known_by, statement.tag, statement.text[:TEXT], address)


def _day_of(statement: Any) -> tuple[date, str]:
    if statement.said_on:
        precision = statement.said_on_precision
        return statement.said_on, str(KNOWN_TO.get(precision, ""))
    if published := statement.article.published_at:
        return published.date(), gettext("when it was published")
    return statement.created_at.date(), gettext("when it was recorded")


def _disputes(source: Any, viewer: Viewer) -> Iterable[Event]:
    """On the day on which the counter-statement was said, or on which the dispute was opened."""
    rows = Dispute.objects.select_related("statement", "counter_statement").filter(raised_by=source).order_by("-id")
    for dispute in viewer.fetch(rows, MAX_EACH):
        counter = dispute.counter_statement
        said = counter.said_on if counter else None
        day, known_by = (said, "") if said else (dispute.opened_at.date(), gettext("when the dispute was opened"))
        words = {"kind": word(dispute.kind), "statement": dispute.statement.text[:TEXT]}
        text = gettext("%(kind)s of: %(statement)s") % words
        yield Event("denied", day, known_by, dispute.state, text, address_of("dispute", dispute.pk))


def _days(events: list[Event]) -> int:
    return (max(event.day for event in events) - min(event.day for event in events)).days


def _by_place(events: list[Event], first: date, days: int) -> dict[tuple[str, int], list[Event]]:
    found = defaultdict(list)
    for event in events:
        found[event.row, (event.day - first).days * (PARTS - 1) // max(days, 1)].append(event)
    return found


def _marks(part: int, events: list[Event], source: Any) -> Iterable[Mark]:
    x = LEFT + part * PART + PART // 2
    if len(events) <= SINGLE:
        return [Mark(event.row, event.tag, [event], event.address, x) for event in events]
    by_tag = defaultdict(list)
    for event in events:
        by_tag[event.tag].append(event)
    return [Mark(found[0].row, tag, found, _list(found[0], source), x) for tag, found in by_tag.items()]


def _list(event: Event, source: Any) -> str:
    if event.row == "denied":
        return f"/api/v1/disputes/?raised_by={source.pk}&state={event.tag}"
    return f"/api/v1/statements/?{'source' if event.row == 'said' else 'involving'}={source.pk}&tag={event.tag}"


def _stacked(marks: list[Mark]) -> tuple[list[Line], int]:
    """Gives each mark its y. Each row is as high as its highest stack."""
    lines, base = [], 8
    for name in ROWS:
        stacks: dict[int, list[Mark]] = defaultdict(list)
        for mark in marks:
            if mark.row == name:
                stacks[mark.x].append(mark)
        base += max(1, *map(len, stacks.values()), 0) * STEP + 10
        lines.append(Line(capfirst(str(ROWS[name])), base))
        for stack in stacks.values():
            for place, mark in enumerate(sorted(stack, key=lambda mark: mark.tag)):
                mark.y = base - 14 - place * STEP
    return lines, base + 30
