"""When something was said: a day, a month or a year, such as 2021-03-05, 2021-03 or 2021.

It is kept as its first day (`said_on`) with a precision (`said_on_precision`): month, year, or null for a day.
"""

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

PARTIAL_DATE = re.compile(r"([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12][0-9]|3[01]))?)?")
LENGTHS = {None: 10, "month": 7, "year": 4}  # of the text, by precision
SLASHES = re.compile(r"([0-9]{4})/([0-9]{1,2})(?:/([0-9]{1,2}))?")
PROBE = date(2003, 11, 12)  # its year, month and day are told apart
Format = tuple[str, str | None]  # of strptime, with the precision of what it reads
NOT_SAID: dict[str, Any] = {"said_on": None, "said_on_precision": None}


def said_on_fields(text: str) -> dict[str, Any]:
    """The two fields. Raises ValueError."""
    found = PARTIAL_DATE.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no day, month or year")
    year, month, day = found.groups()
    precision = None if day else "month" if month else "year"
    return {"said_on": date(int(year), int(month or 1), int(day or 1)), "said_on_precision": precision}


def last_day(said_on: date, precision: str | None) -> date:
    """Of the month or the year, or the day itself."""
    if precision is None:
        return said_on
    month = 12 if precision == "year" else said_on.month
    return said_on.replace(month=month, day=monthrange(said_on.year, month)[1])


def said_on_text(said_on: date | None, precision: str | None) -> str | None:
    return said_on.isoformat()[: LENGTHS[precision]] if said_on else None


def read_said_on(text: str, formats: Sequence[Format]) -> dict[str, Any]:
    """The two fields, by the first of the formats that fits. Without formats also 2021/03/05. Raises ValueError."""
    for form, precision in formats:
        try:
            return {"said_on": datetime.strptime(text, form).date(), "said_on_precision": precision}
        except ValueError:
            continue
    if formats:
        raise ValueError(f"{text!r} is no date in the form {' or '.join(form for form, _ in formats)}")
    return said_on_fields(SLASHES.sub(_with_hyphens, text))


def date_format(form: str) -> Format:
    """Raises ValueError if it cannot read a date, or reads one without a year."""
    read = datetime.strptime(PROBE.strftime(form), form).date()
    precisions: dict[date, str | None] = {
        PROBE: None,
        PROBE.replace(day=1): "month",
        PROBE.replace(month=1, day=1): "year",
    }
    if read not in precisions:
        raise ValueError("it has no year, or a day without a month")
    return form, precisions[read]


def _with_hyphens(found: re.Match[str]) -> str:
    return "-".join(part.rjust(2, "0") for part in found.groups() if part)
