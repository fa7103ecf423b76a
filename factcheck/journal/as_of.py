"""Reads as of an instant: the usual queries, run over the tables as the journal says they were.

A common table expression (CTE) hides the table of the same name. So each query runs unchanged, with its filters, joins
and counts, and gives the answer that the same code gave then. Each CTE is a plain join on the journal, which the
planner inlines: a look-up by id is still an index look-up. A prepared read has the instant as a parameter, so that its
text is the same for every instant.

An entry counts from the time when it was written, not from its commit: a change that was written before the instant and
committed after it is included, and of a change that was being written the part that was there by then. The table of
users is not rebuilt, so their names are the current ones.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Field

from factcheck.journal.models import Entry, Recorded
from factcheck.postgres.prepared import Rewriting

JOURNAL = Entry._meta.db_table


@contextmanager
def as_of(instant: datetime) -> Iterator[None]:
    """Inside the block, this thread's queries see the recorded tables and the journal as of `instant` (aware)."""
    with connection.execute_wrapper(Past(instant)):
        yield


class Past(Rewriting):
    def __init__(self, instant: datetime):
        self.parameter = instant

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if JOURNAL in sql or any(table in sql for table in _ctes()):  # such as no SET
            sql = self.rewrite(sql, f"'{self.parameter.isoformat()}'")
        return execute(sql, params, many, context)

    def rewrite(self, sql: str, parameter: str) -> str:
        journal = f"{JOURNAL} AS NOT MATERIALIZED (SELECT * FROM {JOURNAL} WHERE at <= {parameter}::timestamptz)"
        ctes = [text for table, text in _ctes().items() if table in sql]  # with or without quotes
        return f"WITH {', '.join([journal, *ctes])} {sql}"


@cache
def _ctes() -> dict[str, str]:
    found: dict[str, str] = {}
    for model in apps.get_models():
        if issubclass(model, Recorded):
            columns = ", ".join(f'{_column(model, field)} AS "{field.column}"' for field in model._meta.concrete_fields)
            found[model._meta.db_table] = _cte(model._meta.db_table, columns, model, "")
            for table, (child_columns, rows) in model.journal_child_tables.items():
                found[table] = _cte(table, child_columns, model, f", LATERAL {rows}")
    return found


def _cte(table: str, columns: str, model: type[Recorded], join: str) -> str:
    """Selects the latest entry of each row, except rows whose latest entry is their deletion."""
    return f"""{table} AS NOT MATERIALIZED (
        SELECT {columns} FROM {JOURNAL} e{join}
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
        return "e.article"  # this column has an index
    kind = field.db_type(connection)
    if isinstance(field, ArrayField):
        texts = f"ARRAY(SELECT jsonb_array_elements_text(e.data->'{name}'))::{kind}"
        return f"CASE jsonb_typeof(e.data->'{name}') WHEN 'array' THEN {texts} END"
    return f"(e.data->>'{name}')::{kind}"
