"""Writes to sources, every row with its journal entry. Each service is one transaction."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext, pgettext

from factcheck.errors import Conflict, Versions
from factcheck.journal.services import change_rows, insert_recorded, lock, lock_in_order, record
from factcheck.postgres.transactions import atomic_with_retry
from sources.models import Source, SourceRedirect


def create_source(*, actor: Any, reason: str = "", **fields: Any) -> Source:
    return create_sources(rows=[fields], actor=actor, reason=reason)[0]


def create_sources(*, rows: Sequence[dict[str, Any]], actor: Any, reason: str = "") -> list[Source]:
    sources = [Source(**fields) for fields in rows]
    insert_sources(sources=sources, actor=actor, reason=reason)
    return sources


@atomic_with_retry
def insert_sources(*, sources: Sequence[Source], actor: Any, reason: str = "") -> None:
    """Writes new sources: a fixed number of SQL statements for any number of sources."""
    _lock_wholes(source.part_of_id for source in sources)
    insert_recorded(sources, action="source.created", actor=actor, reason=reason)


def take_turns_to_name() -> None:
    """Who makes sources only of names that there are not waits here for others who do, until they are committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sources.name'))")


def _lock_wholes(ids: Iterable[int | None], *others: int) -> None:
    """Locks what sources are to be a part of, and these others. The guard against cycles makes writers take turns: who
    has his turn must not wait for a source that another one holds."""
    if wholes := {row_id for row_id in ids if row_id is not None}:
        lock_in_order(Source.objects.filter(pk__in=wholes.union(others)))


@atomic_with_retry
def update_source(*, source_id: int, versions: Versions, actor: Any, reason: str = "", **fields: Any) -> Source:
    """Raises DoesNotExist and StaleVersion. The database refuses a source that would be a part of itself."""
    whole = fields.get("part_of")
    _lock_wholes([whole and whole.pk], source_id)
    source = lock(Source, source_id, versions)
    update_sources(changes=[(source, fields)], actor=actor, reason=reason)
    return source


def update_sources(*, changes: Sequence[tuple[Source, dict[str, Any]]], actor: Any, reason: str = "") -> None:
    """Writes the rows that differ from their fields. The caller has locked them."""
    change_rows(changes, actor=actor, reason=reason)


@atomic_with_retry
def delete_source(*, source_id: int, versions: Versions, actor: Any, reason: str = "") -> None:
    """Raises DoesNotExist, StaleVersion, and Conflict when anything refers to the source."""
    source = lock(Source, source_id, versions, to_delete=True)
    for relation in Source._meta.related_objects:
        if relation.related_model is SourceRedirect:
            continue
        if relation.related_model._base_manager.filter(**{relation.field.name: source}).exists():
            name = pgettext("code", str(relation.related_model._meta.verbose_name))
            raise Conflict(
                gettext("A %(name)s refers to this source. Change it first, then delete the source.") % {"name": name}
            )
    record([source], action="source.deleted", actor=actor, reason=reason)
    source.delete()
