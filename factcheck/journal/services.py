"""Writing the journal."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import orjson
from django.db import connection, models
from django.utils import timezone

from factcheck.errors import StaleVersion
from factcheck.journal.models import Recorded
from factcheck.postgres.bulk import update_rows
from factcheck.postgres.prepared import execute_prepared

Row = TypeVar("Row", bound=Recorded)


def lock(queryset: models.QuerySet[Row], row_id: int, versions: frozenset[int] | None) -> Row:
    """The row, held until the transaction ends; `versions` are those the caller has seen (None: any).

    Raises DoesNotExist, and StaleVersion when somebody wrote the row meanwhile. Judging under the lock is what
    makes one of two editors win and the other hear of it.
    """
    row = queryset.select_for_update(of=("self",)).get(pk=row_id)
    if versions is not None and row.version not in versions:
        raise StaleVersion(f"This is at version {row.version} by now. Read it again, then decide.")
    return row


def save_next_version(row: Recorded, fields: Sequence[str] = (), at: datetime | None = None) -> None:
    row.version += 1
    row.updated_at = at or timezone.now()
    row.save(force_update=True, update_fields=[*fields, "version", "updated_at"] if fields else None)


def save_next_versions(rows: Sequence[Recorded], fields: Sequence[str] = (), at: datetime | None = None) -> None:
    """Many rows at once, of all fields if none is named; the caller holds their locks."""
    now = at or timezone.now()
    for row in rows:
        row.version += 1
        row.updated_at = now
    if rows:
        fixed = {"id", "created_at", "version", "updated_at"}
        names = fields or [field.name for field in rows[0]._meta.concrete_fields if field.name not in fixed]
        update_rows(rows, [*names, "version", "updated_at"])


def assign(row: Recorded, fields: dict[str, Any]) -> bool:
    """Whether that changes the row, which is not written yet. References are compared by id, without reading them."""
    before = values_of(row, fields)
    for name, value in fields.items():
        setattr(row, name, value)
    return before != values_of(row, fields)


def values_of(row: Recorded, names: Iterable[str]) -> list[Any]:
    """As the row's columns hold them: references as ids."""
    return [row.serializable_value(name) for name in names]


def change_rows(changes: Iterable[tuple[Row, dict[str, Any]]], *, actor: Any, reason: str = "") -> None:
    """Writes the rows that differ from what is asked for; the caller holds their locks."""
    changed = [row for row, fields in changes if assign(row, fields)]
    if changed:
        save_next_versions(changed)
        record(changed, action=f"{changed[0].journal_resource}.updated", actor=actor, reason=reason)


def raise_versions(rows: models.QuerySet[Any], **changes: Any) -> None:
    """Writes the same change to many rows, in one statement; the caller holds their locks."""
    rows.update(version=models.F("version") + 1, updated_at=timezone.now(), **changes)


def record(rows: Sequence[Recorded], *, action: str, actor: Any, reason: str | Sequence[str] = "") -> None:
    if rows:
        record_ids(type(rows[0]), [row.pk for row in rows], action=action, actor=actor, reason=reason)


def record_ids(
    model: type[Recorded], ids: Sequence[int], *, action: str, actor: Any, reason: str | Sequence[str] = ""
) -> None:
    """One entry for each row, in one statement, copied from the rows as the database now holds them.

    The reason is one for all of them, or each its own. Call it after the write, child rows included; for a deletion
    before it.
    """
    if not ids:
        return
    table = connection.ops.quote_name(model._meta.db_table)
    children = "".join(f" || jsonb_build_object('{name}', ({sql}))" for name, sql in model.journal_children.items())
    step = 1 if action.endswith(".deleted") else 0
    reasons = [reason] * len(ids) if isinstance(reason, str) else reason
    written = [{"id": row_id, "reason": why} for row_id, why in zip(ids, reasons, strict=True)]
    execute_prepared(
        f"""
        INSERT INTO journal_entry (actor, action, resource, resource_id, version, article, reason, data)
        SELECT %s, %s, %s, r.id, r.version + %s, {model.journal_article}, w.reason,
            (to_jsonb(r) - %s::text[]){children}
        FROM jsonb_to_recordset(%s::jsonb) AS w(id bigint, reason text)
        -- OFFSET keeps it from reading the whole table instead: it expects a hundred rows, whatever the text holds.
        CROSS JOIN LATERAL (SELECT * FROM {table} WHERE id = w.id OFFSET 0) r ORDER BY r.id
        """,  # noqa: S608  every interpolated part is ours
        [actor.pk, action, model.journal_resource, step, list(model.journal_omits), orjson.dumps(written).decode()],
    )
