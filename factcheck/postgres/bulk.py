"""Any number of rows in one statement. They are sent as one JSON text, which PostgreSQL parses, so that there is no
placeholder for each value."""

from collections.abc import Sequence
from typing import Any

import orjson
from django.db import connection, models
from django.db.models import Field
from django.db.models.fields import NOT_PROVIDED

from factcheck.postgres.prepared import execute_prepared

Columns = list["Field[Any, Any]"]


def insert_rows(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model, and set their ids and the other values that the database computes."""
    if not rows:
        return
    meta = type(rows[0])._meta
    written: Columns = []
    returned: Columns = []
    for field in meta.concrete_fields:
        (returned if field.primary_key or field.db_default is not NOT_PROVIDED else written).append(field)
    into, back = _names(written), _names(returned)
    made = execute_prepared(
        f"""
        INSERT INTO {_quoted(meta.db_table)} ({into})
        SELECT {into} FROM ROWS FROM (jsonb_to_recordset(%s::jsonb) AS ({_types(written)})) WITH ORDINALITY
            AS given({into}, row_number)
        ORDER BY row_number RETURNING {back}
        """,  # noqa: S608  names of tables, columns and types
        [_json(rows, written)],
    )
    for row, values in zip(rows, made, strict=True):
        for field, value in zip(returned, values, strict=True):
            setattr(row, field.attname, value)
        row._state.adding, row._state.db = False, connection.alias


def update_rows(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Update the named fields of rows of one model, each row with its own values."""
    if not rows:
        return
    meta = type(rows[0])._meta
    written: Columns = [meta.get_field(name) for name in names]  # type: ignore[misc]
    changes = ", ".join(f"{_column(field)} = given.{_column(field)}" for field in written)
    known: Columns = [meta.pk, *written]
    execute_prepared(
        f"""
        UPDATE {_quoted(meta.db_table)} AS stored SET {changes}
        FROM jsonb_to_recordset(%s::jsonb) AS given({_types(known)}) WHERE stored.id = given.id
        """,  # noqa: S608  names of tables, columns and types
        [_json(rows, known)],
    )


def delete_rows(rows: "models.QuerySet[Any]") -> None:
    """In one statement. Django's own delete() first reads what refers to the rows, which the caller has dealt with."""
    rows._raw_delete(connection.alias)


def _json(rows: Sequence[models.Model], fields: Columns) -> str:
    pairs = [(field.column, field.attname) for field in fields]
    return orjson.dumps([{column: getattr(row, name) for column, name in pairs} for row in rows]).decode()


def _types(fields: Columns) -> str:
    return ", ".join(f"{_column(field)} {field.db_type(connection)}" for field in fields)


def _names(fields: Columns) -> str:
    return ", ".join(_column(field) for field in fields)


def _column(field: "Field[Any, Any]") -> str:
    return _quoted(str(field.column))


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
