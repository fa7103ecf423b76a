"""Rows as CSV (RFC 4180): the JSON of a list, flattened."""

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

FORMULA_START = frozenset("=+-@\t\r")
LIST_SEPARATOR = " | "
BOOLEANS = {True: "true", False: "false"}
Path = tuple[str, ...]


def csv_lines(columns: Iterable[Path], chunks: Iterable[list[str]], *, bom: bool = False) -> Iterator[bytes]:
    """UTF-8, from chunks of rows, each row a JSON text. The first line names the columns; null is an empty cell."""
    if bom:
        yield BOM_UTF8
    paths = list(columns)
    names = [(path[0], path[1] if len(path) > 1 else None) for path in paths]
    yield _encoded([[".".join(path) for path in paths]])
    for chunk in chunks:
        rows = map(orjson.loads, chunk)
        yield _encoded([escape_formula(_cell(row[outer], inner)) for outer, inner in names] for row in rows)


def _encoded(rows: Iterable[list[Any]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _cell(value: Any, name: str | None) -> Any:
    """Of a field, or of what is called `name` in a nested object or list."""
    if isinstance(value, list):
        return LIST_SEPARATOR.join(str(_plain(item[name] if name else item)) for item in value)
    return value[name] if name and value is not None else value


def _plain(value: Any) -> Any:
    return BOOLEANS[value] if isinstance(value, bool) else value


def escape_formula(value: Any) -> Any:
    """Puts an apostrophe before a text that a spreadsheet would run as a formula."""
    if isinstance(value, str):
        return f"'{value}" if value[:1] in FORMULA_START else value
    return _plain(value)
