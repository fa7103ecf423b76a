"""The export of a whole filtered list as one stream."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from claims.exports.tables import Path, csv_lines
from factcheck.api.conditional import cache_rule
from factcheck.api.filters import known_parameters, refuse_unknown
from factcheck.api.pagination import in_list_order
from factcheck.api.references import Reference, ReferenceList, RowId
from factcheck.api.renderers import JSONRenderer
from factcheck.api.roles import is_anonymous
from factcheck.api.row_json import row_json_sql

CHUNK = 500  # rows, about half a megabyte


class JSONLinesRenderer(JSONRenderer):
    media_type = "application/x-ndjson"
    format = "jsonl"


class CSVRenderer(JSONRenderer):
    media_type = "text/csv"
    format = "csv"


class ExportMixin:
    """`export/` of a list."""

    @extend_schema(
        parameters=[
            OpenApiParameter("format", str, enum=["jsonl", "csv"], description="If it is missing, Accept decides."),
            OpenApiParameter("cursor", exclude=True),
            OpenApiParameter("page_size", exclude=True),
        ],
        responses={(200, "application/x-ndjson"): OpenApiTypes.STR, (200, "text/csv"): OpenApiTypes.STR},
        filters=True,
    )
    @action(
        detail=False,
        streamed=True,
        pagination_class=None,
        renderer_classes=[JSONLinesRenderer, CSVRenderer],
    )
    def export(self, request: Request) -> StreamingHttpResponse:
        """Export every statement that passes the filters.

        In the order of the list, as one stream: one row as JSON on each line, or CSV.
        In CSV, a cell that begins like a formula gets an apostrophe before it.
        """
        view: Any = self
        refuse_unknown(request, known_parameters(view, request) - {"cursor", "page_size"})
        serializer = view.get_serializer_class()(context=view.get_serializer_context())
        rows = in_list_order(view.filter_queryset(view.get_queryset()), request, view)
        json = row_json_sql(view.get_serializer_class(), is_anonymous(request))
        kind = request.accepted_renderer.format
        write = partial(csv_lines, columns(serializer)) if kind == "csv" else json_lines
        texts = rows.prefetch_related(None).values_list(json, flat=True)
        response = StreamingHttpResponse(
            streamed(texts, write),
            content_type=f"{request.accepted_renderer.media_type}{'; charset=utf-8' if kind == 'csv' else ''}",
            headers={
                "Content-Disposition": f'attachment; filename="{view.basename}s.{kind}"',
            },
        )
        response["Cache-Control"] = cache_rule(request, response)
        return response


def streamed(texts: QuerySet[Any, str], write: Callable[[Iterable[list[str]]], Iterator[bytes]]) -> Iterator[bytes]:
    """Reads the rows by a server-side cursor.

    In a transaction: without one, the cursor would be WITH HOLD, for which PostgreSQL stores the whole result first.
    DATABASE_IDLE_TIMEOUT ends the transaction of a client that stops reading; until then it keeps vacuum from removing
    old rows. When this generator is closed, at its end or because the client is gone, the transaction ends and the
    connection goes back to its pool.
    """
    with transaction.atomic(), closing(texts.iterator(chunk_size=CHUNK)) as rows:  # type: ignore[type-var]
        yield from write(iter(lambda: list(islice(rows, CHUNK)), []))


def json_lines(chunks: Iterable[list[str]]) -> Iterator[bytes]:
    for chunk in chunks:
        yield ("\n".join(chunk) + "\n").encode()


def columns(serializer: Any) -> list[Path]:
    """The columns of the flattened row: such as `source.name` for a field of a nested object or list."""
    paths: list[Path] = []
    for name, field in serializer.fields.items():
        if field.write_only:
            continue
        nested = _nested_serializer(field)
        paths += [(name, inner) for inner in nested.fields] if nested else [(name,)]
    return paths


def _nested_serializer(field: Any) -> Any:
    if isinstance(field, ReferenceList):
        return field.child.nested()
    if isinstance(field, Reference) and not isinstance(field, RowId):
        return field.nested()
    return field if isinstance(field, serializers.Serializer) else None
