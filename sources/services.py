"""Writes to sources. Each is one transaction with one journal entry."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction

from factcheck.errors import Conflict, InvalidInput
from factcheck.journal.services import change_rows, lock, raise_versions, record, record_ids, save_next_version
from factcheck.postgres.bulk import insert_rows
from sources.models import Source, SourceRedirect


def create_source(*, actor: Any, reason: str = "", **fields: Any) -> Source:
    return create_sources(rows=[fields], actor=actor, reason=reason)[0]


def create_sources(*, rows: Sequence[dict[str, Any]], actor: Any, reason: str = "") -> list[Source]:
    made = [Source(**fields) for fields in rows]
    insert_sources(sources=made, actor=actor, reason=reason)
    return made


@transaction.atomic
def insert_sources(*, sources: Sequence[Source], actor: Any, reason: str = "") -> None:
    """New ones, by a handful of SQL statements however many."""
    insert_rows(sources)
    record(sources, action="source.created", actor=actor, reason=reason)


@transaction.atomic
def update_source(
    *, source_id: int, versions: frozenset[int] | None, actor: Any, reason: str = "", **fields: Any
) -> Source:
    source = lock(Source.objects.all(), source_id, versions)
    update_sources(changes=[(source, fields)], actor=actor, reason=reason)
    return source


def update_sources(*, changes: Sequence[tuple[Source, dict[str, Any]]], actor: Any, reason: str = "") -> None:
    """Those that differ from their fields; the caller holds them."""
    change_rows(changes, actor=actor, reason=reason)


@transaction.atomic
def delete_source(*, source_id: int, versions: frozenset[int] | None, actor: Any, reason: str = "") -> None:
    """Raises Conflict when anything refers to the source."""
    source = lock(Source.objects.all(), source_id, versions)
    for relation in Source._meta.related_objects:
        if relation.related_model is SourceRedirect:
            continue
        if relation.related_model._base_manager.filter(**{relation.field.name: source}).exists():
            name = relation.related_model._meta.verbose_name
            raise Conflict(f"A {name} refers to this source. Change it first, then delete the source.")
    record([source], action="source.deleted", actor=actor, reason=reason)
    source.delete()


# Apps whose rows refer to sources add a function that moves their references: (source, into, actor, reason).
MAX_NAMES = 100
MOVE_REFERENCES: list[Callable[..., None]] = []


@transaction.atomic
def merge_source(*, source_id: int, versions: frozenset[int] | None, actor: Any, into: Source, reason: str) -> Source:
    """Moves every reference to `into`, which takes the other's names on as aliases; each row with its entry.

    Raises InvalidInput for a merge into itself, Conflict for one into its own part, for one that would name an
    anonymous source, and where both have an open dispute of the same statement.
    """
    if into.pk == source_id:
        raise InvalidInput.field("into", "self", "A source is not merged into itself.")
    rows = Source.objects.select_for_update(of=("self",)).filter(pk__in=[source_id, into.pk]).order_by("pk")
    list(rows)  # both, in one order: no deadlock between two merges
    source = lock(Source.objects.all(), source_id, versions)
    into = Source.objects.get(pk=into.pk)
    if source.is_above(into):
        raise Conflict(
            "The other source is a part of this one. Make it no part first, or merge it the other way round."
        )
    if source.anonymous != into.anonymous:
        raise Conflict("An anonymous source and a named one are not merged: that would record who it was.")
    parts = list(Source.objects.select_for_update().filter(part_of=source).values_list("pk", flat=True))
    raise_versions(Source.objects.filter(pk__in=parts), part_of=into)
    record_ids(Source, parts, action="source.updated", actor=actor, reason=reason)
    for move in MOVE_REFERENCES:
        move(source=source, into=into, actor=actor, reason=reason)
    names = [source.name, *source.aliases]
    into.aliases += [name for name in dict.fromkeys(names) if name != into.name and name not in into.aliases]
    into.same_as += [address for address in source.same_as if address not in into.same_as]
    if max(len(into.aliases), len(into.same_as)) > MAX_NAMES:
        raise Conflict(f"Together they have more than {MAX_NAMES} aliases or addresses. Drop some first.")
    save_next_version(into)
    record([into], action="source.merged", actor=actor, reason=reason)
    record([source], action="source.deleted", actor=actor, reason=f"Merged into source {into.pk}. {reason}")
    SourceRedirect.objects.filter(into=source).update(into=into)
    SourceRedirect.objects.create(id=source.pk, into=into)
    Source.objects.filter(pk=source.pk)._raw_delete("default")
    return into
