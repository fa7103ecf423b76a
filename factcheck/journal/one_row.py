"""The change of one row and its entry in one SQL statement: one round trip, and a transaction by itself."""

from typing import Any

from django.db import connection

from factcheck.errors import Versions
from factcheck.journal.models import Recorded
from factcheck.journal.services import entry_insert, refuse_stale
from factcheck.postgres.prepared import execute_prepared
from factcheck.postgres.transactions import committing


def change_row(
    model: type[Recorded],
    row_id: int,
    versions: Versions,
    *,
    action: str,
    actor: Any,
    reason: str,
    **fields: Any,
) -> None:
    """Sets `fields`, which include `updated_at`, and raises the version.

    `versions` are those the caller has seen; None means any. Raises DoesNotExist when the row is gone, and StaleVersion
    when it is at another version.
    """
    columns = {model._meta.get_field(name): value for name, value in fields.items()}
    changes = "".join(f'"{field.column}" = %s, ' for field in columns)  # type: ignore[union-attr]
    # The inner SELECT sees the version of when the statement began. If another transaction holds the row, PostgreSQL
    # waits and then looks at the row again: without the inner SELECT it would write the new row, together with an entry
    # that has the child rows of before. With it nothing is written, and the loop tries again.
    sql = f"""
        WITH r AS (
            UPDATE {model._meta.db_table} SET {changes} version = version + 1
            WHERE id = %s AND version = (
                SELECT version FROM {model._meta.db_table}
                WHERE id = %s AND version = ANY(coalesce(%s::bigint[], ARRAY[version::bigint]))
            ) RETURNING *
        )
        {entry_insert(model, version="r.version", reason="%s")}
        FROM r RETURNING version
        """  # noqa: S608  every interpolated part is ours
    parameters = [
        *(field.get_db_prep_save(value, connection) for field, value in columns.items()),  # type: ignore[union-attr]
        row_id, row_id, None if versions is None else sorted(versions),
        actor.pk, action, model.journal_resource, reason, list(model.journal_omits),
    ]  # fmt: skip
    with committing():
        while not execute_prepared(sql, parameters):
            refuse_stale(model._base_manager.values_list("version", flat=True).get(pk=row_id), versions)
