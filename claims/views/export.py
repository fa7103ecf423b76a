"""The export of a whole filtered list as one stream."""

from array import array
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import F, QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from claims.exports.tables import Path, csv_lines
from factcheck.api.filters import known_parameters, refuse_unknown
from factcheck.api.pagination import in_list_order
from factcheck.api.references import Reference, ReferenceList, RowId
from factcheck.api.renderers import JSONRenderer
from factcheck.api.row_json import AsText, json_object
from factcheck.errors import InvalidInput
from factcheck.postgres.bounded_page import filtered_per_row
from factcheck.postgres.prepared import Prepared, any_of

CHUNK = 500  # rows, about half a megabyte
IDS_CHUNK = 10_000
# What many readers of lines take for the end of one. JSON has them within strings alone, where it can escape them.
LINE_ENDS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}

OF_STATEMENT = {
    "statement.text": "statement__text",
    "statement.article": "statement__article",
    "statement.article.title": "statement__article__title",
    "statement.article.url": "statement__article__url",
}


class JSONLinesRenderer(JSONRenderer):
    media_type = "application/x-ndjson"
    format = "jsonl"


class CSVRenderer(JSONRenderer):
    media_type = "text/csv"
    format = "csv"


class ExportMixin:
    """`export/` of a list."""

    # Columns of CSV besides those of the row: name → path. Each stands behind the column that its name begins with.
    more_columns: ClassVar[dict[str, str]] = {}

    @extend_schema(
        parameters=[
            OpenApiParameter("format", str, enum=["jsonl", "csv"], description="If it is missing, Accept decides."),
            OpenApiParameter(
                "bom",
                str,
                enum=["1"],
                description="Of CSV: begin with a byte order mark, by which Excel knows UTF-8.",
            ),
            OpenApiParameter("cursor", exclude=True),
            OpenApiParameter("page_size", exclude=True),
        ],
        responses={(200, "application/x-ndjson"): OpenApiTypes.STR, (200, "text/csv"): OpenApiTypes.STR},
        filters=True,
    )
    @action(
        detail=False,
        streamed=True,
        is_replicated=True,
        pagination_class=None,
        other_parameters=frozenset({"bom"}),
        renderer_classes=[JSONLinesRenderer, CSVRenderer],
    )
    def export(self, request: Request) -> StreamingHttpResponse:
        """Export every row that passes the filters.

        In the order of the list, as one stream: one row as JSON on each line, or CSV.
        In CSV, a cell that begins like a formula gets an apostrophe before it.
        """
        view: Any = self
        refuse_unknown(request, known_parameters(view, request) - {"cursor", "page_size"})
        kind = request.accepted_renderer.format
        bom = _byte_order_mark(request, kind)
        serializer = view.get_serializer_class()(context=view.get_serializer_context())
        found = view.filter_queryset(view.get_queryset()).prefetch_related(None)
        ids = array("q") if request.method == "HEAD" else ids_of(in_list_order(found, request, view))
        more = self.more_columns if kind == "csv" else {}
        row = AsText(json_object(serializer, more={name: F(path) for name, path in more.items()}))
        write = partial(csv_lines, columns(serializer, more), bom=bom) if kind == "csv" else json_lines
        return StreamingHttpResponse(
            write(pages(found, row, ids)),
            content_type=f"{request.accepted_renderer.media_type}{'; charset=utf-8' if kind == 'csv' else ''}",
            headers={
                "Content-Disposition": f'attachment; filename="{view.schema_tag}.{kind}"',
            },
        )


def _byte_order_mark(request: Request, kind: str) -> bool:
    """Raises InvalidInput."""
    asked = request.query_params.get("bom")
    if asked is None:
        return False
    if asked != "1":
        raise InvalidInput.parameter("bom", "invalid", gettext("Give 1, or leave it out."))
    if kind != "csv":
        raise InvalidInput.parameter("bom", "not_csv", gettext("Only CSV begins with a byte order mark."))
    return True


def ids_of(rows: QuerySet[Any]) -> "array[int]":
    """What will be exported, in its order, as of one moment. Eight bytes each."""
    with transaction.atomic():
        return array("q", rows.values_list("pk", flat=True).iterator(chunk_size=IDS_CHUNK))


def pages(found: QuerySet[Any], row: Any, ids: "array[int]") -> Iterator[list[str]]:
    """The rows as texts. Each page is a query of its own: while one transaction reads on at the pace of the client, a
    migration waits for the table, and everybody else behind the migration. What has been deleted, or passes the filters
    no more, is left out."""

    def build(page: list[int]) -> QuerySet[Any, Any]:
        return filtered_per_row(found).filter(any_of("pk", page)).order_by().values_list("pk", row)

    read = Prepared(build, [list])
    for start in range(0, len(ids), CHUNK):
        page = ids[start : start + CHUNK].tolist()
        texts: dict[int, str] = dict(read.rows(page))
        if texts:
            yield [texts[each] for each in page if each in texts]


def json_lines(chunks: Iterable[list[str]]) -> Iterator[bytes]:
    for chunk in chunks:
        lines = "\n".join(chunk) + "\n"
        for character, escaped in LINE_ENDS.items():
            lines = lines.replace(character, escaped)
        yield lines.encode()


def columns(serializer: Any, more: Iterable[str] = ()) -> list[Path]:
    """The columns of the flattened row: such as `source.name` for a field of a nested object or list."""
    paths: list[Path] = []
    for name, field in serializer.fields.items():
        if field.write_only:
            continue
        nested = _nested_serializer(field)
        paths += [(name, inner) for inner in nested.fields] if nested else [(name,)]
        paths += [(column,) for column in more if column.startswith(f"{name}.")]
    return paths


def _nested_serializer(field: Any) -> Any:
    if isinstance(field, ReferenceList):
        return field.child.nested()
    if isinstance(field, Reference) and not isinstance(field, RowId):
        return field.nested()
    return field if isinstance(field, serializers.Serializer) else None
