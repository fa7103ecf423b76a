"""Locks, versions and journal entries: what each service that writes recorded rows calls."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any, TypeVar

import orjson
from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext

from factcheck.errors import StaleVersion, Versions
from factcheck.journal.models import Recorded
from factcheck.postgres.bulk import insertion, json_of, names_of, take_computed, update_rows
from factcheck.postgres.prepared import execute_prepared, prepared

Row = TypeVar("Row", bound=Recorded)


def lock(model: type[Row], row_id: int, versions: Versions, *, to_delete: bool = False) -> Row:
    """The row, locked until the transaction ends. `versions` are those the caller has seen; None means any.

    Others can still write rows that refer to it, unless it is locked `to_delete`.

    Raises DoesNotExist when there is no such row, and StaleVersion when it is at another version. The version is
    compared under the lock, so that of two editors who change the same version only one succeeds.
    """

    def build(placeholder: int) -> models.QuerySet[Row]:
        return model._default_manager.select_for_update(no_key=not to_delete).filter(pk=placeholder)

    for row in prepared((model, "locked", to_delete), build, int).objects(row_id):
        refuse_stale(row.version, versions)
        return row
    raise model.DoesNotExist


def lock_in_order(rows: models.QuerySet[Any]) -> list[int]:
    """Locks the rows in the order of their ids, and returns these. `claims/services/__init__.py` has the whole order.

    Read the rows afterwards: while it waited, somebody may have changed them.
    """
    return list(rows.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))


def hold_in_order(model: type[Recorded], ids: Iterable[int]) -> None:
    """Keeps the rows from being deleted, as a foreign key that names them does, but only at the commit and in an order
    of its own."""
    sql = f"SELECT id FROM {model._meta.db_table} WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"  # noqa: S608
    execute_prepared(sql, [list(ids)])


def refuse_stale(version: int, seen: Versions) -> None:
    if seen is not None and version not in seen:
        raise StaleVersion(
            gettext("This is at version %(version)s now. Read it again, then decide.") % {"version": version}
        )


def save_next_versions(rows: Sequence[Recorded], fields: Sequence[str] = (), at: datetime | None = None) -> None:
    """Writes many rows in one statement, all fields unless some are named. The caller holds their locks."""
    now = at or timezone.now()
    for row in rows:
        row.version += 1
        row.updated_at = now
    if rows:
        columns = [field.name for field in rows[0]._meta.concrete_fields if not field.primary_key]
        update_rows(rows, [*fields, "version", "updated_at"] if fields else columns)


def assign(row: Recorded, fields: dict[str, Any]) -> bool:
    """Sets the fields without saving the row, and returns whether that changed it.

    Foreign keys are compared by id, without a query.
    """
    before = values_of(row, fields)
    for name, value in fields.items():
        setattr(row, name, value)
    return before != values_of(row, fields)


def values_of(row: Recorded, names: Iterable[str]) -> list[Any]:
    """The values as the row's columns hold them: of a foreign key the id."""
    return [row.serializable_value(name) for name in names]


def change_rows(changes: Iterable[tuple[Row, dict[str, Any]]], *, actor: Any, reason: str = "") -> None:
    """Writes and records the rows that `fields` change. The caller holds their locks."""
    changed = [row for row, fields in changes if assign(row, fields)]
    if changed:
        save_next_versions(changed)
        record(changed, action=f"{changed[0].journal_resource}.updated", actor=actor, reason=reason)


def raise_versions(rows: models.QuerySet[Any], **changes: Any) -> None:
    """Writes the same change to many rows in one statement. The caller holds their locks, and records them."""
    rows.update(version=models.F("version") + 1, updated_at=timezone.now(), **changes)


def insert_recorded(
    rows: Sequence[Recorded],
    *,
    action: str,
    actor: Any,
    reason: str | Sequence[str] = "",
    children: Iterable[dict[str, Any]] = repeat({}),
) -> None:
    """Inserts new rows of one model, their child rows and their entries, in one SQL statement.

    Sets the ids and the other values that the database computes. `reason` is one text for all rows, or one for each.
    `children` has for each row, by their names in its entry, the child rows as the entry tells of them.
    """
    if not rows:
        return
    model = type(rows[0])
    names = model.journal_child_inserts
    new = insertion(model, "entry_reason text", *(f"{name} jsonb" for name in names))
    reasons = repeat(reason) if isinstance(reason, str) else reason
    more = ({"entry_reason": why, **held} for why, held in zip(reasons, children))  # noqa: B905  one may be endless
    of_children = "".join(f", {name} AS ({sql})" for name, sql in names.items())
    made = execute_prepared(
        f"""
        WITH {new.given}, r AS ({new.insert} RETURNING *),
        w AS (SELECT * FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM r) n JOIN given USING (place))
        {of_children}, entries AS (
            {entry_insert(model, version="1", reason="w.entry_reason", children={name: f"w.{name}" for name in names})}
            FROM r JOIN w USING (id) ORDER BY r.id
        )
        SELECT {names_of(new.returned)} FROM r ORDER BY id
        """,  # noqa: S608  every interpolated part is ours
        [
            json_of(rows, new.written, more),
            actor.pk,
            action,
            model.journal_resource,
            list(model.journal_omits),
        ],
    )
    take_computed(rows, new.returned, made)


def insert_children(model: type[Recorded], children: Mapping[int, Mapping[str, Any]]) -> None:
    """Inserts the child rows of rows that are there, by their ids. The caller has deleted the former ones."""
    for name, sql in model.journal_child_inserts.items() if children else ():
        given = [{"id": row_id, name: held[name]} for row_id, held in children.items()]
        execute_prepared(
            f"WITH w AS (SELECT * FROM jsonb_to_recordset(%s::jsonb) AS given(id bigint, {name} jsonb)) {sql}",  # noqa: S608
            [orjson.dumps(given).decode()],
        )


def record(rows: Sequence[Recorded], *, action: str, actor: Any, reason: str | Sequence[str] = "") -> None:
    if rows:
        record_ids(type(rows[0]), [row.pk for row in rows], action=action, actor=actor, reason=reason)


def record_ids(
    model: type[Recorded], ids: Sequence[int], *, action: str, actor: Any, reason: str | Sequence[str] = ""
) -> None:
    """Adds one entry for each row, in one statement, copied from the rows as they are in the database.

    Call it after the write and after those of child rows; for a deletion call it before. `reason` is one text for all
    rows, or one for each.
    """
    if not ids:
        return
    step = 1 if action.endswith(".deleted") else 0
    reasons = [reason] * len(ids) if isinstance(reason, str) else reason
    written = [{"id": row_id, "reason": why} for row_id, why in zip(ids, reasons, strict=True)]
    # The planner expects a hundred rows, whatever the JSON holds, and could read the whole table. OFFSET 0 makes it
    # look up each row by its id.
    execute_prepared(
        f"""
        {entry_insert(model, version="r.version + %s", reason="w.reason")}
        FROM jsonb_to_recordset(%s::jsonb) AS w(id bigint, reason text)
        CROSS JOIN LATERAL (SELECT * FROM {model._meta.db_table} WHERE id = w.id OFFSET 0) r ORDER BY r.id
        """,  # noqa: S608  every interpolated part is ours
        [actor.pk, action, model.journal_resource, step, list(model.journal_omits), orjson.dumps(written).decode()],
    )


def name_actor(actor: Any) -> None:
    """Says who changes users until the transaction ends. The database itself writes their entries."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('factcheck.actor', %s, true)", [str(actor.pk)])


def entry_insert(model: type[Recorded], *, version: str, reason: str, children: Mapping[str, str] | None = None) -> str:
    """SQL that inserts one entry for each row `r` of the FROM clause, which the caller adds.

    `version`, `reason` and `children` are SQL; without `children` the child rows are read. Its parameters are the
    actor's id, the action, the resource, those of `version` and `reason`, and the names of the omitted columns.
    """
    parts = model.journal_children if children is None else children
    held = "".join(f" || jsonb_build_object('{name}', ({sql}))" for name, sql in parts.items())
    return f"""
        INSERT INTO journal_entry (actor, action, resource, resource_id, version, article, reason, data)
        SELECT %s, %s, %s, r.id, {version}, {model.journal_article}, {reason}, (to_jsonb(r) - %s::text[]){held}
        """
