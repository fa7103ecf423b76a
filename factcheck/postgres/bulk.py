"""Any number of rows in one statement. They are sent as one JSON text, which PostgreSQL parses, so that there is no
placeholder for each value."""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import repeat
from typing import Any, NamedTuple

import orjson
from django.db import connection, models
from django.db.models import Field
from django.db.models.fields import NOT_PROVIDED

from factcheck.postgres.prepared import execute_prepared

Columns = list["Field[Any, Any]"]


class Insertion(NamedTuple):
    """SQL for new rows of one model. `given` is a table of the values, with the `place` of each row; its parameter is
    what `json_of` makes. The columns `returned` are those that the database computes."""

    given: str
    insert: str
    written: Columns
    returned: Columns


@cache
def insertion(model: type[models.Model], *more: str) -> Insertion:
    """`more` are definitions of columns that `given` has besides those of the model."""
    written: Columns = []
    returned: Columns = []
    for field in model._meta.concrete_fields:
        (returned if field.primary_key or field.db_default is not NOT_PROVIDED else written).append(field)
    into = names_of(written)
    given = f"""
        given AS (SELECT * FROM ROWS FROM (jsonb_to_recordset(%s::jsonb) AS ({", ".join([_types(written), *more])}))
            WITH ORDINALITY AS g({", ".join([into, *(column.split()[0] for column in more), "place"])}))"""  # noqa: S608  names of tables, columns and types
    insert = f"INSERT INTO {_quoted(model._meta.db_table)} ({into}) SELECT {into} FROM given ORDER BY place"  # noqa: S608
    return Insertion(given, insert, written, returned)


def take_computed(rows: Sequence[models.Model], fields: Columns, made: Iterable[Sequence[Any]]) -> None:
    """Sets what the database has computed for each of the new rows, the id among them."""
    for row, values in zip(rows, made, strict=True):
        for field, value in zip(fields, values, strict=True):
            setattr(row, field.attname, value)
        row._state.adding, row._state.db = False, connection.alias


def update_rows(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Update the named fields of rows of one model, each row with its own values."""
    if rows:
        sql, known = _update(type(rows[0]), tuple(names))
        execute_prepared(sql, [json_of(rows, known)])


@cache
def _update(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, Columns]:
    written: Columns = [model._meta.get_field(name) for name in names]  # type: ignore[misc]
    changes = ", ".join(f"{_column(field)} = given.{_column(field)}" for field in written)
    known: Columns = [model._meta.pk, *written]
    sql = f"""
        UPDATE {_quoted(model._meta.db_table)} AS stored SET {changes}
        FROM jsonb_to_recordset(%s::jsonb) AS given({_types(known)}) WHERE stored.id = given.id
        """  # noqa: S608  names of tables, columns and types
    return sql, known


def delete_rows(rows: "models.QuerySet[Any]") -> None:
    """In one statement. Django's own delete() first reads what refers to the rows, which the caller has dealt with."""
    rows._raw_delete(connection.alias)


def json_of(rows: Sequence[models.Model], fields: Columns, more: Iterable[dict[str, Any]] = repeat({})) -> str:
    """`more` are further columns of each row."""
    pairs = [(str(field.column), field.attname) for field in fields]
    values = ({column: getattr(row, name) for column, name in pairs} | others for row, others in zip(rows, more))  # noqa: B905
    return orjson.dumps(list(values)).decode()


def _types(fields: Columns) -> str:
    return ", ".join(f"{_column(field)} {field.db_type(connection)}" for field in fields)


def names_of(fields: Columns) -> str:
    return ", ".join(_column(field) for field in fields)


def _column(field: "Field[Any, Any]") -> str:
    return _quoted(str(field.column))


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
