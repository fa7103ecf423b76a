"""Keyset pagination: each page starts after the last row of the page before it.

Rows are ordered by (field, id), so ties cannot hide or repeat a row, inserts between two requests cannot shift
a page, and page 10,000 costs as much as page 1. There is no COUNT.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, QuerySet
from django.utils.encoding import escape_uri_path
from django.utils.http import urlencode
from django.utils.translation import gettext
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api.cursors import Cursor, fingerprint
from factcheck.api.filters import only_filtered_by
from factcheck.api.including import included
from factcheck.api.roles import is_anonymous
from factcheck.api.row_json import RowJSON, row_json_sql
from factcheck.errors import InvalidInput
from factcheck.postgres.bounded_page import bounded_page
from factcheck.postgres.prepared import find_prepared, prepared
from factcheck.postgres.row_comparison import RowComparison

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
PAGE_SIZE_SCHEMA = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE}
NOT_IN_QUERY = ("cursor", "as_of", "format")  # parameters on which the text of the query does not depend


class KeysetPagination(BasePagination):
    """The default order is the view's `default_ordering`; `?ordering=` takes one of its `ordering_fields`."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self._read_parameters(request, view, queryset.model)
        rows = self._rows_after(queryset, view, *self.position)
        return self._page((getattr(row, self.field), row.pk, row) for row in rows)

    def paginate_json(self, request: Request, view: Any) -> list[Any]:
        """The same page, but each row is the JSON that PostgreSQL writes (see row_json)."""
        self._read_parameters(request, view, view.queryset.model)
        is_public = is_anonymous(request)
        parameters = tuple((name, *values) for name, values in request.query_params.lists() if name not in NOT_IN_QUERY)
        key = (type(view), is_public, parameters, view.filter_key(), bool(self.cursor), self.backwards)
        read = find_prepared(key)  # if there is one, these filters are valid
        if read is None:
            filtered = view.filter_queryset(view.get_queryset())  # raises InvalidInput for a filter that is not valid

            more = included(request, view.includable)

            def build(*position: Any) -> QuerySet[Any, Any]:
                rows = self._rows_after(filtered, view, *position)
                return rows.values_list(F(self.field), "pk", row_json_sql(view.get_serializer_class(), is_public, more))

            read = prepared(key, build, *map(type, self.position))
        rows = read.cached_rows(*self.position, snapshot=getattr(request.auth, "snapshot", None))
        return self._page((value, row_id, RowJSON(text)) for value, row_id, text in rows)

    def _read_parameters(self, request: Request, view: Any, model: Any) -> None:
        self.request = request
        self.field, self.descending = _ordering(request, view)
        self.size = page_size_of(request)
        self.fingerprint = fingerprint(request, self.field, self.descending)
        self.key: Any
        self.null_value: Any
        self.key, self.null_value = view.ordering_keys.get((self.field, self.descending)) or (F(self.field), None)
        self.cursor = self._read_cursor(model)
        self.position = (self.cursor.value, self.cursor.row_id) if self.cursor else ()
        self.backwards = bool(self.cursor and self.cursor.backwards)

    def _rows_after(self, queryset: Any, view: Any, *position: Any) -> Any:
        """One row more than the page holds, to know whether another page follows."""
        reverse, size = self.descending != self.backwards, self.size + 1

        def after_cursor(rows: Any, key: Any) -> Any:
            return rows.filter(RowComparison(key, "<" if reverse else ">", *position)) if position else rows

        if is_sparse(self.request, view, self.field):
            return bounded_page(
                view.get_queryset(),
                queryset,
                self.key,
                reverse=reverse,
                size=size,
                after_cursor=after_cursor,
                scan_pages=view.scan_pages,
                scanned=_index_ordered_rows(self.request, view, self.field),
            )
        queryset = after_cursor(queryset, self.key).alias(_key=self.key)
        return queryset.order_by(*(("-_key", "-pk") if reverse else ("_key", "pk")))[:size]

    def _page(self, found: Iterable[tuple[Any, int, Any]]) -> list[Any]:
        """The rows of the page in the list's order. Keeps the positions of its first and last row for the links."""
        rows = list(found)
        has_more = len(rows) > self.size
        rows = rows[: self.size]
        if self.backwards:
            rows.reverse()
        self.has_next = bool(self.cursor) if self.backwards else has_more
        self.has_previous = has_more if self.backwards else bool(self.cursor)
        self.ends = [row[:2] for row in (rows[:1] + rows[-1:])]
        self.rows = [row for _, _, row in rows]
        return self.rows

    def get_paginated_response(self, data: Any) -> Response:
        following, previous = self.get_next_link(), self.get_previous_link()
        headers = link_header(next=following, prev=previous)
        return Response({"next": following, "previous": previous, "results": data}, headers=headers)

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
                "next": {**link, "description": "The next page; null on the last one."},
                "previous": {**link, "description": "The previous page; null on the first one."},
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
                "description": "The field to order by. A minus before it reverses the order.",
                "schema": {
                    "type": "string",
                    "enum": [sign + name for name in view.ordering_fields for sign in ("", "-")],
                },
            },
        ]

    def _link(self, value: Any, row_id: int, *, backwards: bool) -> str:
        cursor = Cursor(self.null_value if value is None else value, row_id, backwards, self.fingerprint)
        parameters = self.request.query_params.copy()
        parameters["cursor"] = cursor.encode()
        path = self.request.build_absolute_uri(escape_uri_path(self.request.path))
        return f"{path}?{urlencode(list(parameters.lists()), doseq=True)}"

    def _read_cursor(self, model: Any) -> Cursor | None:
        text = self.request.query_params.get("cursor")
        if text is None:
            return None
        cursor = Cursor.decode(text, model, self.field)
        if cursor.fingerprint != self.fingerprint:
            detail = gettext("This cursor belongs to another list, filter or ordering. Start without it.")
            raise InvalidInput.parameter("cursor", "invalid", detail)
        return cursor


def _ordering(request: Request, view: Any) -> tuple[str, bool]:
    default = view.get_default_ordering()
    ordering = request.query_params.get("ordering", default)
    field = ordering.removeprefix("-")
    if field not in view.ordering_fields:
        names = ", ".join(view.ordering_fields)
        detail = gettext("Order by one of %(names)s, with a minus before it for the reverse.") % {"names": names}
        raise InvalidInput.parameter("ordering", "invalid", detail)
    return field, ordering.startswith("-")


def is_sparse(request: Request, view: Any, field: str) -> bool:
    """Whether few rows of a long list may pass the filters, and no index holds those rows in the list's order."""
    names = _active_filters(request, view)
    if not names or names & view.selective_filters:
        return False
    if _with_one_value(request, names) != names:
        return True
    return not any(names <= indexed for indexed in view.index_ordered_filters.get(field, ()))


def _active_filters(request: Request, view: Any) -> set[str]:
    filters = view.filterset_class.base_filters if view.filterset_class else ()
    return {name for name in filters if request.query_params.get(name)}


def _with_one_value(request: Request, names: set[str]) -> set[str]:
    """Of several values, an index holds the rows of each in order, not the rows of all."""
    return {name for name in names if "," not in request.query_params[name]}


def _index_ordered_rows(request: Request, view: Any, field: str) -> QuerySet[Any] | None:
    """All rows that pass those of the filters whose rows an index holds in the list's order."""
    active = _with_one_value(request, _active_filters(request, view))
    for indexed in view.index_ordered_filters.get(field, ()):
        if names := indexed & active:
            return only_filtered_by(view, request, names)
    return None


def in_list_order(queryset: Any, request: Request, view: Any) -> Any:
    """All rows of a list, in the order of its pages."""
    field, descending = _ordering(request, view)
    key, _ = view.ordering_keys.get((field, descending)) or (F(field), None)
    return queryset.alias(_key=key).order_by(*(("-_key", "-pk") if descending else ("_key", "pk")))


def page_size_of(request: Request, default: int = PAGE_SIZE, largest: int = MAX_PAGE_SIZE) -> int:
    raw = request.query_params.get("page_size")
    if raw is None:
        return default
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 5 and 1 <= int(raw) <= largest):
        detail = gettext("page_size must be a whole number from 1 to %(largest)d.") % {"largest": largest}
        raise InvalidInput.parameter("page_size", "invalid", detail)
    return int(raw)


def link_header(**urls: str | None) -> dict[str, str]:
    """The Link header (RFC 8288) for URLs by their relation, without those that are None; {} if all are."""
    links = [f'<{url}>; rel="{relation}"' for relation, url in urls.items() if url]
    return {"Link": ", ".join(links)} if links else {}
