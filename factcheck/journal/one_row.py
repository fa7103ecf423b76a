"""A change of one row, with its entry, in one statement: one round trip, and a transaction by itself."""

from typing import Any

from django.db import connection

from factcheck.errors import StaleVersion
from factcheck.journal.models import Recorded
from factcheck.postgres.prepared import execute_prepared


def change_row(
    model: type[Recorded],
    row_id: int,
    versions: frozenset[int] | None,
    *,
    action: str,
    actor: Any,
    reason: str,
    **fields: Any,
) -> None:
    """`fields` hold `updated_at`. Raises DoesNotExist, and StaleVersion as `journal.services.lock` does."""
    while not _try(model, row_id, versions, action=action, actor=actor, reason=reason, **fields):
        version = model._base_manager.values_list("version", flat=True).get(pk=row_id)
        if versions is not None and version not in versions:
            raise StaleVersion(f"This is at version {version} by now. Read it again, then decide.")


def _try(
    model: type[Recorded],
    row_id: int,
    versions: frozenset[int] | None,
    *,
    action: str,
    actor: Any,
    reason: str,
    **fields: Any,
) -> bool:
    """Not where somebody else wrote the row since this statement began: PostgreSQL waits for the row, and would go on
    with what is in it now, but with the child rows of before."""
    columns = {model._meta.get_field(name): value for name, value in fields.items()}
    changes = "".join(f'"{field.column}" = %s, ' for field in columns)  # type: ignore[union-attr]
    children = "".join(f" || jsonb_build_object('{name}', ({sql}))" for name, sql in model.journal_children.items())
    return bool(execute_prepared(
        f"""
        WITH r AS (
            UPDATE {model._meta.db_table} SET {changes} version = version + 1
            WHERE id = %s AND version = (
                SELECT version FROM {model._meta.db_table}
                WHERE id = %s AND version = ANY(coalesce(%s::bigint[], ARRAY[version::bigint]))
            ) RETURNING *
        )
        INSERT INTO journal_entry (actor, action, resource, resource_id, version, article, reason, data)
        SELECT %s, %s, %s, r.id, r.version, {model.journal_article}, %s, (to_jsonb(r) - %s::text[]){children}
        FROM r RETURNING version
        """,  # noqa: S608  every interpolated part is ours
        [
            *(field.get_db_prep_save(value, connection) for field, value in columns.items()),  # type: ignore[union-attr]
            row_id, row_id, None if versions is None else sorted(versions),
            actor.pk, action, model.journal_resource, reason, list(model.journal_omits),
        ],
    ))  # fmt: skip
