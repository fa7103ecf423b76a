"""One source made of two records of it."""

from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, Value, When

from claims.models import Article, Dispute, Statement, StatementVia
from factcheck.errors import Conflict, InvalidInput
from factcheck.journal.services import lock, raise_versions, record, record_ids, save_next_version
from sources.models import Source, SourceRedirect

MAX_NAMES = 100


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
    _move_references(source=source, into=into, actor=actor, reason=reason)
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


def _move_references(*, source: Source, into: Source, actor: Any, reason: str) -> None:
    """Of statements, their chains, articles and disputes."""
    told_by = Q(source=source) | Exists(StatementVia.objects.filter(statement=OuterRef("pk"), source=source))
    statements = list(Statement.objects.select_for_update(of=("self",)).filter(told_by).values_list("pk", flat=True))
    # Who is in the chain already stays where it stands.
    doubled = StatementVia.objects.filter(statement=OuterRef("statement"), source=into)
    StatementVia.objects.filter(Exists(doubled), source=source).delete()
    StatementVia.objects.filter(source=source).update(source=into)
    speaker = Case(When(source=source, then=Value(into.pk)), default=F("source"), output_field=BigIntegerField())
    raise_versions(Statement.objects.filter(pk__in=statements), source=speaker)
    record_ids(Statement, statements, action="statement.updated", actor=actor, reason=reason)
    for model, name in ((Article, "publisher"), (Dispute, "raised_by")):
        rows = model._base_manager.filter(**{name: source})
        ids = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
        raise_versions(model._base_manager.filter(pk__in=ids), **{name: into})
        record_ids(model, ids, action=f"{model.journal_resource}.updated", actor=actor, reason=reason)
