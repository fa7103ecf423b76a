"""Rows as CSV: what a list answers as JSON, flattened by the serializer's own declaration."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

FORMULA = frozenset("=+-@\t\r")
JOINED = " | "  # between the parts of a list
BOOLEANS = {True: "true", False: "false"}
Path = tuple[str, ...]


def csv_lines(columns: Iterable[Path], chunks: Iterable[list[str]]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8, from chunks of rows as JSON texts. The names of the columns come first; null is empty."""
    columns = list(columns)
    places = [(path[0], path[1] if len(path) > 1 else None) for path in columns]
    yield _written([[".".join(path) for path in columns]])
    for chunk in chunks:
        rows = map(orjson.loads, chunk)
        yield _written(
            [safe(row[outer] if inner is None else _within(row[outer], inner)) for outer, inner in places]
            for row in rows
        )


def _written(rows: Iterable[list[Any]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _within(value: dict[str, Any] | list[dict[str, Any]] | None, name: str) -> Any:
    if isinstance(value, list):
        return JOINED.join(str(_plain(item[name])) for item in value)
    return None if value is None else value[name]


def _plain(value: Any) -> Any:
    return BOOLEANS[value] if isinstance(value, bool) else value


def safe(value: Any) -> Any:
    """An apostrophe before what a spreadsheet would take for a formula and run."""
    if isinstance(value, str):
        return f"'{value}" if value[:1] in FORMULA else value
    return _plain(value)
