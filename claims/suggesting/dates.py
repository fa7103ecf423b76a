"""The day on which something was said, where its sentence tells: “on Monday”, “27 January 2022”, “in March 2021”."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from claims.suggesting.clauses import Attribution
from claims.suggesting.grammar import Grammar

NEAR = 70  # code points behind a cue
LEAD = 40  # code points from the beginning of a sentence


def said_on(text: str, attribution: Attribution, grammar: Grammar, published_on: date | None) -> str | None:
    """`2021-03-04` or `2021-03`. A day without its year is the last such day up to `published_on`."""
    for piece, leads in _around(text, attribution):
        for match in grammar.day.finditer(piece):
            if _is_time_of(piece[: match.start()], leads, grammar) and (found := _read(match, grammar, published_on)):
                return found
    return None


def _is_time_of(before: str, leads: bool, grammar: Grammar) -> bool:
    """“said Monday”, “On Monday he said”; not “by Monday”, “since March 2021”, “published Monday”."""
    words = before.lower().split()
    if leads:
        return not words or words[-1] in grammar.dates["on"]
    return not words or words[-1] not in grammar.dates["not_on"]


def _around(text: str, attribution: Attribution) -> Iterator[tuple[str, bool]]:
    """What stands behind the cue, then what leads the sentence; never a part of the content."""
    start, end = attribution.sentence
    first = attribution.content[0]
    if attribution.cue:
        behind = attribution.cue[1]
        limit = first if behind <= first else attribution.tag[1] if attribution.tag else end
        yield text[behind : min(behind + NEAR, limit)], False
        yield text[start : min(start + LEAD, first, attribution.cue[0])], True


def _read(match: re.Match[str], grammar: Grammar, published_on: date | None) -> str | None:
    parts = match.groupdict()
    if parts["iso"]:
        return _iso(*map(int, parts["iso"].split("-")))
    if parts["month"]:
        return _of_month(parts, grammar, published_on)
    if published_on is None:
        return None
    if parts["weekday"]:
        weekday = _place(grammar.dates["weekdays"], parts["weekday"])
        return str(published_on - timedelta(days=(published_on.isoweekday() - weekday) % 7)) if weekday else None
    days = 1 if parts["relative"].lower() in grammar.dates["yesterday"] else 0
    return str(published_on - timedelta(days=days))


def _of_month(parts: dict[str, str], grammar: Grammar, published_on: date | None) -> str | None:
    names = (grammar.dates["months"], grammar.dates["month_short"])
    month = next((place for each in names if (place := _place(each, parts["month"]))), None)
    day, year = parts["day"] or parts["day_behind"], parts["year"]
    if month and year:
        found = _iso(int(year), month, int(day or 1))
        return found if found is None or day else found[: len("2021-03")]
    if month is None or published_on is None or not day:
        return None
    found = _iso(published_on.year, month, int(day))
    return found if found is None or found <= str(published_on) else _iso(published_on.year - 1, month, int(day))


def _place(names: list[str], name: str) -> int | None:
    """From 1; None for letters that only a pattern takes for those of a name, such as “ſ” for “s”."""
    return names.index(name.lower()) % 12 + 1 if name.lower() in names else None


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return str(date(year, month, day))
    except ValueError:
        return None
