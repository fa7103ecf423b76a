"""Reads as of an instant: the same queries, over the tables as the journal says they were.

A common table expression hides the table of the same name. So each query runs unchanged, with its filters, joins and
counts, and what is answered is by construction what the same code answered then. Each expression is a plain join on
the journal, which the planner opens up: a look-up by id stays an index look-up.

The instant is that of the writing of an entry, not of its commit: what was written a moment before and committed a
moment after is there. Users are no recorded rows: their names are today's.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Field, JSONField

from factcheck.journal.models import Entry, Recorded

JOURNAL = Entry._meta.db_table


@contextmanager
def as_of(moment: datetime) -> Iterator[None]:
    """Within it, this thread's queries see every recorded table, and the journal, as of `moment` (aware)."""
    instant = f"'{moment.isoformat()}'::timestamptz"

    def rewrite(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        tables = [text for table, text in _tables().items() if table in sql]  # quoted or not
        if tables or JOURNAL in sql:
            journal = f"{JOURNAL} AS NOT MATERIALIZED (SELECT * FROM {JOURNAL} WHERE at <= {instant})"
            sql = f"WITH {', '.join([journal, *tables])} {sql}"
        return execute(sql, params, many, context)

    with connection.execute_wrapper(rewrite):
        yield


@cache
def _tables() -> dict[str, str]:
    found: dict[str, str] = {}
    for model in apps.get_models():
        if issubclass(model, Recorded):
            columns = ", ".join(f'{_column(model, field)} AS "{field.column}"' for field in model._meta.concrete_fields)
            found[model._meta.db_table] = _common_table(model._meta.db_table, columns, model, "")
            for table, (child_columns, rows) in model.journal_child_tables.items():
                found[table] = _common_table(table, child_columns, model, f", LATERAL {rows}")
    return found


def _common_table(table: str, columns: str, model: type[Recorded], beside: str) -> str:
    """The last entry of each row, unless that is its deletion."""
    return f"""{table} AS NOT MATERIALIZED (
        SELECT {columns} FROM {JOURNAL} e{beside}
        WHERE e.resource = '{model.journal_resource}' AND right(e.action, 8) <> '.deleted' AND NOT EXISTS (
            SELECT FROM {JOURNAL} later WHERE later.resource = e.resource AND later.resource_id = e.resource_id
            AND later.version = e.version + 1))"""


def _column(model: type[Recorded], field: "Field[Any, Any]") -> str:
    name = field.column
    if field.primary_key:
        return "e.resource_id"
    if name in model.journal_omits:
        return f"({model.journal_omits[name]})"
    if model.journal_article == f"r.{name}":
        return "e.article"  # the indexed one
    if isinstance(field, JSONField):
        return f"nullif(e.data->'{name}', 'null')"
    kind = field.db_type(connection)
    if isinstance(field, ArrayField):
        return f"ARRAY(SELECT jsonb_array_elements_text(e.data->'{name}'))::{kind}"
    return f"(e.data->>'{name}')::{kind}"
