"""Keyset pagination: each page starts after the last row of the one before it.

Rows are ordered by (field, id), so ties cannot hide or repeat a row, inserts between two requests cannot shift
a page, and page 10,000 costs what page 1 costs. There is no COUNT.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.utils.encoding import escape_uri_path
from django.utils.http import urlencode
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api.filters import has_no_filters, only_filtered_by
from factcheck.api.roles import is_public_read
from factcheck.api.row_json import RowJSON, row_json_sql
from factcheck.errors import FieldError, InvalidInput
from factcheck.postgres.bounded_page import bounded_page
from factcheck.postgres.prepared import find_prepared, prepared

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
PAGE_SIZE_SCHEMA = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE}
UNFILTERED = ("cursor", "as_of", "format")  # change nothing about which rows the list has, now


class RowComparison(Func):
    """`(field, id) > (value, value)`: one range of the index, which `a > x OR (a = x AND id > y)` is not."""

    template = "(%(expressions)s)"
    output_field = BooleanField()
    conditional = True

    def __init__(self, key: Any, operator: str, value: Any, row_id: int):
        super().__init__(key, F("pk"), Value(value), Value(row_id))
        self.operator = operator

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        sql = f"({parts[0][0]}, {parts[1][0]}) {self.operator} ({parts[2][0]}, {parts[3][0]})"
        return sql, tuple(parameter for part in parts for parameter in part[1])


@dataclass(frozen=True)
class Cursor:
    value: Any
    row_id: int
    backwards: bool
    of: str  # which list it belongs to


class KeysetPagination(BasePagination):
    """`ordering` is the view's; a view may offer more through `ordering_fields` (see StrictFilterBackend)."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self._read(request, view, queryset.model)
        place = (self.cursor.value, self.cursor.row_id) if self.cursor else ()
        rows = self._window(queryset, view, *place)
        return self._turned((getattr(row, self.field), row.pk, row) for row in rows)

    def paginate_json(self, request: Request, view: Any) -> list[Any]:
        """The same page, each row as the JSON that PostgreSQL writes from the serializer's declaration."""
        self._read(request, view, view.queryset.model)
        is_public = is_public_read(request)
        place = (self.cursor.value, self.cursor.row_id) if self.cursor else ()
        given = tuple((name, *values) for name, values in request.query_params.lists() if name not in UNFILTERED)
        key = (type(view), is_public, given, bool(self.cursor), self.turned)
        read = find_prepared(key)  # the same filters were valid before
        if read is None:
            found = view.filter_queryset(view.get_queryset())  # raises InvalidInput for a filter that is not valid

            def build(*place: Any) -> QuerySet[Any, Any]:
                rows = self._window(found, view, *place)
                return rows.values_list(F(self.field), "pk", row_json_sql(view.get_serializer_class(), is_public))

            read = prepared(key, build, *map(type, place))
        window = read.cached_rows(*place)
        return self._turned((value, row_id, RowJSON(text)) for value, row_id, text in window)

    def _read(self, request: Request, view: Any, model: Any) -> None:
        self.request = request
        self.field, self.descending = _ordering(request, view)
        self.size = page_size_of(request)
        self.of = _fingerprint(request, self.field, self.descending)
        self.key: Any
        self.null_value: Any
        self.key, self.null_value = view.ordering_keys.get((self.field, self.descending)) or (F(self.field), None)
        self.cursor = self._read_cursor(model)
        self.turned = bool(self.cursor and self.cursor.backwards)

    def _window(self, queryset: Any, view: Any, *place: Any) -> Any:
        """The rows after a place, one more than the page holds, so as to know whether anything follows."""
        reverse, size = self.descending != self.turned, self.size + 1

        def after_cursor(rows: Any, key: Any) -> Any:
            return rows.filter(RowComparison(key, "<" if reverse else ">", *place)) if place else rows

        if is_sparse(self.request, view, self.field):
            return bounded_page(
                view.get_queryset(),
                queryset,
                self.key,
                reverse=reverse,
                size=size,
                after_cursor=after_cursor,
                scan_pages=view.scan_pages,
                scanned=_in_range(self.request, view, self.field),
            )
        queryset = after_cursor(queryset, self.key).alias(_key=self.key)
        return queryset.order_by(*(("-_key", "-pk") if reverse else ("_key", "pk")))[:size]

    def _turned(self, window: Iterable[tuple[Any, int, Any]]) -> list[Any]:
        """The rows in the list's order; remembers what the links to either side begin at."""
        rows = list(window)
        has_more = len(rows) > self.size
        rows = rows[: self.size]
        if self.turned:
            rows.reverse()
        self.has_next = bool(self.cursor) if self.turned else has_more
        self.has_previous = has_more if self.turned else bool(self.cursor)
        self.ends = [row[:2] for row in (rows[:1] + rows[-1:])]
        self.rows = [row for _, _, row in rows]
        return self.rows

    def get_paginated_response(self, data: Any) -> Response:
        following, before = self.get_next_link(), self.get_previous_link()
        links = [f'<{url}>; rel="{rel}"' for url, rel in ((following, "next"), (before, "prev")) if url]
        headers = {"Link": ", ".join(links)} if links else {}
        return Response({"next": following, "previous": before, "results": data}, headers=headers)

    def get_next_link(self) -> str | None:
        return self._link(*self.ends[1], backwards=False) if self.has_next and self.ends else None

    def get_previous_link(self) -> str | None:
        return self._link(*self.ends[0], backwards=True) if self.has_previous and self.ends else None

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {**link, "description": "The next page, null on the last."},
                "previous": {**link, "description": "The page before, null on the first."},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Where the page starts. Take it from `next` or `previous`; do not build it.",
                "schema": {"type": "string"},
            },
            {
                "name": "page_size",
                "in": "query",
                "required": False,
                "description": "Rows on a page.",
                "schema": PAGE_SIZE_SCHEMA,
            },
            {
                "name": "ordering",
                "in": "query",
                "required": False,
                "description": "A minus before it reverses the order.",
                "schema": {
                    "type": "string",
                    "enum": [sign + name for name in view.ordering_fields for sign in ("", "-")],
                },
            },
        ]

    def _link(self, value: Any, row_id: int, *, backwards: bool) -> str:
        if value is None:
            value = self.null_value
        text = value.isoformat() if isinstance(value, date) else value
        packed = json.dumps([text, row_id, int(backwards), self.of], separators=(",", ":")).encode()
        parameters = self.request.query_params.copy()
        parameters["cursor"] = base64.urlsafe_b64encode(packed).decode().rstrip("=")
        path = self.request.build_absolute_uri(escape_uri_path(self.request.path))
        return f"{path}?{urlencode(list(parameters.lists()), doseq=True)}"

    def _read_cursor(self, model: Any) -> Cursor | None:
        raw = self.request.query_params.get("cursor")
        if raw is None:
            return None
        try:
            packed = base64.b64decode(raw + "=" * (-len(raw) % 4), altchars=b"-_", validate=True)
            value, row_id, backwards, of = json.loads(packed)
            if not (type(row_id) is int and 0 <= row_id < 2**63 and backwards in (0, 1)):
                raise ValueError
            cursor = Cursor(_typed(model, self.field, value), row_id, bool(backwards), of)
        except (ValueError, TypeError, binascii.Error, RecursionError):
            raise _bad("cursor", "This is not a cursor. Take it from `next` or `previous` of a list.") from None
        if cursor.of != self.of:
            raise _bad("cursor", "This cursor belongs to another list, filter or ordering. Start without it.")
        return cursor


def _typed(model: Any, field: str, value: Any) -> Any:
    if field in ("id", "pk"):
        if type(value) is not int or not 0 <= value < 2**63:
            raise ValueError
        return value
    try:
        kind = model._meta.get_field(field).get_internal_type()
    except FieldDoesNotExist:
        raise ValueError from None
    if kind == "DateTimeField":
        return datetime.fromisoformat(value)
    if kind == "DateField":
        return date.fromisoformat(value)
    if type(value) is not (str if kind in ("CharField", "TextField") else int):
        raise ValueError
    if type(value) is str and ("\x00" in value or not value.encode()):  # a lone surrogate raises a ValueError, too
        raise ValueError
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise ValueError
    return value


def _ordering(request: Request, view: Any) -> tuple[str, bool]:
    default = view.get_default_ordering()
    wanted = request.query_params.get("ordering", default)
    field = wanted.removeprefix("-")
    if field not in view.ordering_fields:
        names = ", ".join(view.ordering_fields)
        raise _bad("ordering", f"Order by one of {names}, with a minus before it for the reverse.")
    return field, wanted.startswith("-")


def is_sparse(request: Request, view: Any, field: str) -> bool:
    """Whether the filters may leave little of a long list, and no index has what they leave in the list's order."""
    given = _given(request, view)
    if not given or given & view.selective_filters:
        return False
    return not any(given <= names for names in view.index_ordered_filters.get(field, ()))


def _given(request: Request, view: Any) -> set[str]:
    filterset = None if has_no_filters(view) else view.filterset_class
    return {name for name in (filterset.base_filters if filterset else ()) if request.query_params.get(name)}


def _in_range(request: Request, view: Any, field: str) -> QuerySet[Any] | None:
    """All rows that pass those of the filters which an index has in the list's order."""
    given = _given(request, view)
    names: set[str] = next(
        (names & given for names in view.index_ordered_filters.get(field, ()) if names & given), set()
    )
    return only_filtered_by(view, request, names) if names else None


def in_list_order(queryset: Any, request: Request, view: Any) -> Any:
    """All rows of a list, in the order that its pages have."""
    field, descending = _ordering(request, view)
    key, _ = view.ordering_keys.get((field, descending)) or (F(field), None)
    return queryset.alias(_key=key).order_by(*(("-_key", "-pk") if descending else ("_key", "pk")))


def page_size_of(request: Request) -> int:
    raw = request.query_params.get("page_size")
    if raw is None:
        return PAGE_SIZE
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 5 and 1 <= int(raw) <= MAX_PAGE_SIZE):
        raise _bad("page_size", f"page_size must be a whole number from 1 to {MAX_PAGE_SIZE}.")
    return int(raw)


def _fingerprint(request: Request, field: str, descending: bool) -> str:
    """What makes a list this list. Without it a cursor of one list would skip rows in another, unseen."""
    filters = sorted(
        (name, values)
        for name, values in request.query_params.lists()
        if name not in ("cursor", "page_size", "ordering", "format")
    )
    text = json.dumps([request.path, filters, field, descending])
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _bad(parameter: str, detail: str) -> InvalidInput:
    return InvalidInput(f"{parameter}: {detail}", [FieldError(f"?{parameter}", "invalid", detail)])


def link_header(**addresses: str | None) -> dict[str, str]:
    """The Link header (RFC 8288) for the addresses that there are, by their relation."""
    links = [f'<{address}>; rel="{relation}"' for relation, address in addresses.items() if address]
    return {"Link": ", ".join(links)} if links else {}
