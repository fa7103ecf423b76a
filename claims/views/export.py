"""The whole of a filtered list as one stream."""

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
from factcheck.api.fields import Reference, ReferenceList, RowId
from factcheck.api.filters import known_parameters, refuse_unknown
from factcheck.api.pagination import in_list_order
from factcheck.api.renderers import JSONRenderer
from factcheck.api.roles import is_public_read
from factcheck.api.row_json import row_json_sql

CHUNK = 500  # rows, some half a megabyte


class JSONLinesRenderer(JSONRenderer):
    media_type = "application/jsonl"
    format = "jsonl"


class CSVRenderer(JSONRenderer):
    media_type = "text/csv"
    format = "csv"


class ExportMixin:
    """`export/` of a list."""

    @extend_schema(
        parameters=[
            OpenApiParameter("format", str, enum=["jsonl", "csv"], description="Without it, Accept decides."),
            OpenApiParameter("cursor", exclude=True),
            OpenApiParameter("page_size", exclude=True),
        ],
        responses={(200, "application/jsonl"): OpenApiTypes.STR, (200, "text/csv"): OpenApiTypes.STR},
        filters=True,
    )
    @action(
        detail=False,
        streamed=True,
        pagination_class=None,
        renderer_classes=[JSONLinesRenderer, CSVRenderer],
    )
    def export(self, request: Request) -> StreamingHttpResponse:
        """Export every statement that a filter finds.

        In the order of the list, as one stream: the JSON of one row on each line, or CSV.
        In CSV, a cell that begins like a formula has an apostrophe before it.
        """
        view: Any = self
        refuse_unknown(request, known_parameters(view, request) - {"cursor", "page_size"})
        serializer = view.get_serializer_class()(context=view.get_serializer_context())
        rows = in_list_order(view.filter_queryset(view.get_queryset()), request, view)
        json = row_json_sql(view.get_serializer_class(), is_public_read(request))
        kind = request.accepted_renderer.format
        write = partial(csv_lines, columns(serializer)) if kind == "csv" else json_lines
        texts = rows.prefetch_related(None).values_list(json, flat=True)
        content: Iterable[bytes] = () if request.method == "HEAD" else streamed(texts, write)
        response = StreamingHttpResponse(
            content,
            content_type=f"{request.accepted_renderer.media_type}{'; charset=utf-8' if kind == 'csv' else ''}",
            headers={
                "Content-Disposition": f'attachment; filename="{view.basename}s.{kind}"',
            },
        )
        response["Cache-Control"] = cache_rule(request, response)
        return response


def streamed(texts: QuerySet[Any, str], write: Callable[[Iterable[list[str]]], Iterator[bytes]]) -> Iterator[bytes]:
    """Through a cursor on the server. In a transaction, since outside of one it would be WITH HOLD: written out whole.

    A reader who stops reading is cut off by DATABASE_IDLE_TIMEOUT; until then the transaction keeps old rows from
    vacuum. Whoever closes this, at its end or because the reader has gone, ends the transaction; then the connection
    goes back to its pool.
    """
    with transaction.atomic(), closing(texts.iterator(chunk_size=CHUNK)) as rows:  # type: ignore[type-var]
        yield from write(iter(lambda: list(islice(rows, CHUNK)), []))


def json_lines(chunks: Iterable[list[str]]) -> Iterator[bytes]:
    for chunk in chunks:
        yield ("\n".join(chunk) + "\n").encode()


def columns(serializer: Any) -> list[Path]:
    """What a row flattens into: `source.name` for a reference or a list of them, the plain name else."""
    found: list[Path] = []
    for name, field in serializer.fields.items():
        if field.write_only:
            continue
        inner = _nested(field)
        found += [(name, part) for part in inner.fields] if inner else [(name,)]
    return found


def _nested(field: Any) -> Any:
    if isinstance(field, ReferenceList):
        return field.child.nested()
    if isinstance(field, Reference) and not isinstance(field, RowId):
        return field.nested()
    return field if isinstance(field, serializers.Serializer) else None
