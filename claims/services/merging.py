"""The merge of two records of the same source, which rewrites every row that refers to them."""

from typing import Any

from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext

from claims.models import Article, Dispute, Statement, StatementVia
from factcheck.errors import Conflict, InvalidInput, Versions
from factcheck.journal.models import Recorded
from factcheck.journal.services import lock, lock_in_order, raise_versions, record, record_ids, save_next_versions
from factcheck.postgres.bulk import delete_rows
from factcheck.postgres.transactions import atomic_with_retry
from sources.models import Source, SourceRedirect

MAX_NAMES = 100


@atomic_with_retry
def merge_source(*, source_id: int, versions: Versions, actor: Any, into: Source, reason: str) -> Source:
    """Moves every reference from the source to `into`, each changed row with its entry, and deletes the source.

    `into` gets the other's names as aliases. A redirect leads from the deleted id to it. Anonymous readers see both
    once something that was moved is public; SourceRedirectQuerySet.public finds that by this transaction.

    Raises DoesNotExist and StaleVersion; InvalidInput for a merge into itself; Conflict if `into` is a part of the
    source, if one of the two is anonymous, or if together they have too many names. The database refuses the merge
    if both have an open dispute of the same statement.
    """
    if into.pk == source_id:
        raise InvalidInput.field("into", "self", gettext("A source cannot be merged into itself."))
    _lock_references(source_id)  # and those that are made until the source is locked, when they are moved
    lock_in_order(Source.objects.filter(Q(pk__in=[source_id, into.pk]) | Q(part_of=source_id)))
    source = lock(Source, source_id, versions, to_delete=True)
    into = Source.objects.get(pk=into.pk)
    _check_mergeable(source, into)
    _move_references(Article, "publisher", source, into, actor, reason)
    _move_statements(source, into, actor, reason)
    _move_references(Dispute, "raised_by", source, into, actor, reason)
    _move_references(Source, "part_of", source, into, actor, reason)
    _add_names(source, into)
    save_next_versions([into])
    record([into], action="source.merged", actor=actor, reason=reason)
    record([source], action="source.deleted", actor=actor, reason=f"Merged into source {into.pk}. {reason}")
    SourceRedirect.objects.filter(into=source).update(into=into)
    SourceRedirect.objects.create(id=source.pk, into=into)
    delete_rows(Source.objects.filter(pk=source.pk))
    return into


def _lock_references(source_id: int) -> None:
    lock_in_order(Article.objects.filter(publisher=source_id))
    lock_in_order(_statements_of(source_id))
    lock_in_order(Dispute.objects.filter(raised_by=source_id))


def _statements_of(source_id: int) -> QuerySet[Statement]:
    """Statements by the source, and chains that lead through it."""
    is_relayed = Exists(StatementVia.objects.filter(statement=OuterRef("pk"), source=source_id))
    return Statement.objects.filter(Q(source=source_id) | is_relayed)


def _check_mergeable(source: Source, into: Source) -> None:
    if source.has_part(into):
        raise Conflict(
            gettext("The other source is a part of this one. Change its part_of first, or merge the other way.")
        )
    if source.anonymous != into.anonymous:
        raise Conflict(gettext("An anonymous source and a named one cannot be merged: that would record who it was."))


def _move_statements(source: Source, into: Source, actor: Any, reason: str) -> None:
    ids = lock_in_order(_statements_of(source.pk))
    # A chain that already holds `into` keeps it in its position.
    holds_both = StatementVia.objects.filter(statement=OuterRef("statement"), source=into)
    StatementVia.objects.filter(Exists(holds_both), source=source).delete()
    StatementVia.objects.filter(source=source).update(source=into)
    speaker = Case(When(source=source, then=Value(into.pk)), default=F("source"), output_field=BigIntegerField())
    raise_versions(Statement.objects.filter(pk__in=ids), source=speaker)
    record_ids(Statement, ids, action="statement.updated", actor=actor, reason=reason)


def _move_references(model: type[Recorded], name: str, source: Source, into: Source, actor: Any, reason: str) -> None:
    ids = lock_in_order(model._base_manager.filter(**{name: source}))
    raise_versions(model._base_manager.filter(pk__in=ids), **{name: into})
    record_ids(model, ids, action=f"{model.journal_resource}.updated", actor=actor, reason=reason)


def _add_names(source: Source, into: Source) -> None:
    names = dict.fromkeys([source.name, *source.aliases])
    into.aliases += [name for name in names if name != into.name and name not in into.aliases]
    into.same_as += [address for address in source.same_as if address not in into.same_as]
    if max(len(into.aliases), len(into.same_as)) > MAX_NAMES:
        raise Conflict(
            gettext("Together they have more than %(max_names)s aliases or addresses. Remove some first.")
            % {"max_names": MAX_NAMES}
        )
