"""Rows as JSON, built by PostgreSQL from the serializers that declare their shape.

A serializer's declaration is translated into one SQL expression, so a page of rows needs no Python object for each row.
There is no second definition of the shape: tests check that both ways of rendering give the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import Case, F, Func, JSONField, Subquery, TextField, When
from django.db.models.expressions import Combinable
from rest_framework import serializers

from factcheck.api.references import Reference, ReferenceList, RowId

UTC_TIMESTAMP = """to_char(timezone('UTC', %(expressions)s), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


@dataclass(frozen=True)
class RowJSON:
    """The JSON of one row, and the row's version, with which its ETag begins."""

    json: str
    version: int | None = None


class JSONObject(Func):
    """`{"name":value,…}` in the given order and without spaces, as orjson writes it."""

    output_field = JSONField()

    def __init__(self, fields: dict[str, Any]):
        self.names = list(fields)
        super().__init__(*fields.values())

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        compiled = [compiler.compile(expression) for expression in self.source_expressions]
        columns = ", ".join(f'{sql} AS "{name}"' for name, (sql, _) in zip(self.names, compiled, strict=True))
        parameters = tuple(value for _, values in compiled for value in values)
        return f"(SELECT row_to_json(o) FROM (SELECT {columns}) o)", parameters


class JSONList(Subquery):
    """A JSON list of the queryset's single JSON column, in the queryset's order."""

    output_field = JSONField()
    template = "(SELECT ('[' || coalesce(string_agg(o.json::text, ','), '') || ']')::json FROM %(subquery)s o(json))"

    def as_sql(self, compiler: Any, connection: Any, template: Any = None, **context: Any) -> tuple[str, Any]:
        # As in Subquery, which however strips the parentheses of the inner query.
        sql, parameters = self.query.as_sql(compiler, connection)
        return (template or self.template) % {"subquery": sql}, parameters


class AsText(Func):
    template = "%(expressions)s::text"
    output_field = TextField()


@cache
def row_json_sql(serializer_class: type[Any], is_public: bool, more: tuple[Any, ...] = ()) -> Combinable:
    """The whole JSON of a row, as text, since psycopg would parse JSON into Python objects.

    `more` is what the row includes: see factcheck/api/including.py.
    """
    serializer = serializer_class(context={"is_public": is_public})
    return AsText(json_object(serializer, more={each.field: each.json(is_public) for each in more}))


def json_object(serializer: Any, prefix: str = "", more: Mapping[str, Combinable] | None = None) -> JSONObject:
    """`prefix` is the path to the serializer's row, such as `part_of__`. `more` has further fields, or other values.

    A serializer gives an expression of its own for a field in `json_sql_overrides()`, by the field's name.
    """
    overrides = serializer.json_sql_overrides() if hasattr(serializer, "json_sql_overrides") else {}
    public = serializer.public_values() if hasattr(serializer, "public_values") else {}
    fields = {name: field for name, field in serializer.fields.items() if not field.write_only}
    return JSONObject(
        {
            name: overrides[name] if name in overrides else _value(field, prefix, public.get(name))
            for name, field in fields.items()
        }
        | dict(more or {})
    )


def _value(field: Any, prefix: str, public_value: str | None = None) -> Any:
    path = prefix + field.source.replace(".", "__")
    if isinstance(field, RowId):
        return F(public_value or path)
    if isinstance(field, Reference):
        return _unless_null(public_value or path, json_object(field.nested(), f"{path}__"))
    if isinstance(field, serializers.Serializer):
        return _unless_null(path, json_object(field, f"{path}__"))
    if isinstance(field, ReferenceList):
        raise TypeError(f"{field.field_name}: give its expression in the serializer's json_sql_overrides().")
    if isinstance(field, serializers.DateTimeField):
        return Func(F(path), template=UTC_TIMESTAMP, output_field=TextField())
    return F(public_value or path)


def _unless_null(path: str, value: Any) -> Any:
    return Case(When(**{f"{path}__isnull": False}, then=value), default=None)
