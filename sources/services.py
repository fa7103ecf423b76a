"""Writes to sources. Each is one transaction with one journal entry."""

from typing import Any

from django.db import transaction

from factcheck.api.errors import Conflict
from factcheck.journal.services import lock, record, save_next_version
from sources.models import Source


@transaction.atomic
def create_source(*, actor: Any, reason: str = "", **fields: Any) -> Source:
    source = Source(**fields)
    source.save(force_insert=True)
    record([source], action="source.created", actor=actor, reason=reason)
    return source


@transaction.atomic
def update_source(
    *, source_id: int, versions: frozenset[int] | None, actor: Any, reason: str = "", **fields: Any
) -> Source:
    source = lock(Source.objects.all(), source_id, versions)
    if any(getattr(source, name) != value for name, value in fields.items()):
        for name, value in fields.items():
            setattr(source, name, value)
        save_next_version(source)
        record([source], action="source.updated", actor=actor, reason=reason)
    return source


@transaction.atomic
def delete_source(*, source_id: int, versions: frozenset[int] | None, actor: Any, reason: str = "") -> None:
    """Raises Conflict when anything refers to the source."""
    source = lock(Source.objects.all(), source_id, versions)
    for relation in Source._meta.related_objects:
        if relation.related_model._base_manager.filter(**{relation.field.name: source}).exists():
            name = relation.related_model._meta.verbose_name
            raise Conflict(f"A {name} refers to this source. Change it first, then delete the source.")
    record([source], action="source.deleted", actor=actor, reason=reason)
    source.delete()
