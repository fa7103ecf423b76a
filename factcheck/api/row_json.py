"""Rows as JSON, built by PostgreSQL from the serializers that declare their shape.

A serializer's declaration is translated into one SQL expression, so that a page of rows costs no Python object for
any of them. There is no second definition: tests hold both ways of rendering to the same bytes.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import Case, F, Func, JSONField, Subquery, TextField, When
from django.db.models.expressions import Combinable
from rest_framework import serializers

from factcheck.api.fields import Reference, ReferenceList, RowId

AS_INSTANT = """to_char(timezone('UTC', %(expressions)s), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


@dataclass(frozen=True)
class RowJSON:
    """One row's JSON, and the version that its ETag begins with."""

    json: str
    version: int | None = None


class JSONObject(Func):
    """`{"name":value,…}` in the order given, without spaces: what orjson would write."""

    output_field = JSONField()

    def __init__(self, fields: dict[str, Any]):
        self.names = list(fields)
        super().__init__(*fields.values())

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        compiled = [compiler.compile(expression) for expression in self.source_expressions]
        columns = ", ".join(f'{sql} AS "{name}"' for name, (sql, _) in zip(self.names, compiled, strict=True))
        parameters = tuple(parameter for _, own in compiled for parameter in own)
        return f"(SELECT row_to_json(o) FROM (SELECT {columns}) o)", parameters


class JSONList(Subquery):
    """The one column of JSON that the queryset has, as a list in its order."""

    output_field = JSONField()
    template = "(SELECT ('[' || coalesce(string_agg(o.json::text, ','), '') || ']')::json FROM %(subquery)s o(json))"

    def as_sql(self, compiler: Any, connection: Any, template: Any = None, **context: Any) -> tuple[str, Any]:
        # As Subquery does, but the inner query keeps its parentheses.
        sql, parameters = self.query.as_sql(compiler, connection)
        return (template or self.template) % {"subquery": sql}, parameters


class AsText(Func):
    template = "%(expressions)s::text"
    output_field = TextField()


@cache
def row_json_sql(serializer_class: type[Any], is_public: bool) -> Combinable:
    """The row's whole JSON, as text: psycopg would else read it into Python."""
    return AsText(json_object(serializer_class(context={"is_public": is_public})))


def json_object(serializer: Any, prefix: str = "") -> JSONObject:
    parts = serializer.json_sql_overrides() if hasattr(serializer, "json_sql_overrides") else {}
    fields = {name: field for name, field in serializer.fields.items() if not field.write_only}
    return JSONObject({name: parts[name] if name in parts else _value(field, prefix) for name, field in fields.items()})


def _value(field: Any, prefix: str) -> Any:
    path = prefix + field.source.replace(".", "__")
    if isinstance(field, RowId):
        return F(path)
    if isinstance(field, Reference):
        return _unless_null(path, json_object(field.nested(), f"{path}__"))
    if isinstance(field, serializers.Serializer):
        return _unless_null(path, json_object(field, f"{path}__"))
    if isinstance(field, ReferenceList):
        raise TypeError(f"{field.field_name}: name its rows in the serializer's json_sql_overrides.")
    if isinstance(field, serializers.DateTimeField):
        return Func(F(path), template=AS_INSTANT, output_field=TextField())
    return F(path)


def _unless_null(path: str, value: Any) -> Any:
    return Case(When(**{f"{path}__isnull": False}, then=value), default=None)
