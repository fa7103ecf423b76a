"""Writes to notes, every row with its journal entry."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from claims.models import Article, Dispute, Note, Statement
from claims.models.note import ONE_THING
from claims.services.deletion import delete_notes
from claims.services.proposals import end_proposal
from factcheck.errors import Conflict, InvalidInput, Versions
from factcheck.journal.services import assign, insert_recorded, lock, record, save_next_versions
from factcheck.postgres.transactions import atomic_with_retry

SUBJECTS = ("article", "statement", "dispute")
RESOLUTION = ["resolved_by", "resolved_at"]


@atomic_with_retry
def create_note(
    *,
    text: str,
    actor: Any,
    article: Article | None = None,
    statement: Statement | None = None,
    dispute: Dispute | None = None,
    reason: str = "",
) -> Note:
    """On one of the three. `article` may be given too, if the statement or the dispute is in it.

    Raises InvalidInput.
    """
    if statement and dispute:
        raise InvalidInput.field("dispute", "invalid", ONE_THING)
    if statement is None and dispute is None and article is None:
        raise InvalidInput.field("article", "required", ONE_THING)
    own = statement or (dispute and dispute.statement)
    article_id = own.article_id if own else article.pk  # type: ignore[union-attr]
    if article and article.pk != article_id:
        raise InvalidInput.field(
            "article",
            "invalid",
            gettext("It is in the article %(article_id)s. Leave the article out.") % {"article_id": article_id},
        )
    note = Note(article_id=article_id, statement=statement, dispute=dispute, text=text, author=actor)
    insert_recorded([note], action="note.created", actor=actor, reason=reason)
    return note


@atomic_with_retry
def update_note(*, note_id: int, versions: Versions, actor: Any, reason: str = "", **fields: Any) -> Note:
    """Raises DoesNotExist, StaleVersion, InvalidInput if the fields name another subject, and Conflict for a proposal
    with other words."""
    note = lock(Note, note_id, versions)
    for name in SUBJECTS:
        if name in fields and getattr(fields.pop(name), "pk", None) != getattr(note, f"{name}_id"):
            raise InvalidInput.field(name, "immutable", gettext("A note cannot move. Write a new one there."))
    if assign(note, fields):
        _refuse_proposal(note, gettext("A proposal stays as it was made. Propose again: that withdraws this one."))
        save_next_versions([note], list(fields))
        record([note], action="note.updated", actor=actor, reason=reason)
    return note


@atomic_with_retry
def resolve_note(*, note_id: int, versions: Versions, actor: Any, reason: str = "") -> Note:
    """A proposal is withdrawn by its author, and set aside by anybody else.

    Raises DoesNotExist, StaleVersion, and Conflict if the note is resolved.
    """
    note = lock(Note, note_id, versions)
    if note.tag:
        is_own = note.author_id == actor.pk
        outcome = Note.Outcome.WITHDRAWN if is_own else Note.Outcome.SET_ASIDE
        end_proposal(note, outcome, actor=actor, reason=reason)
        return note
    if note.resolved_at:
        raise Conflict(gettext("The note is already resolved."))
    note.resolved_by, note.resolved_at = actor, timezone.now()
    save_next_versions([note], RESOLUTION)
    record([note], action="note.resolved", actor=actor, reason=reason)
    return note


@atomic_with_retry
def reopen_note(*, note_id: int, versions: Versions, actor: Any, reason: str = "") -> Note:
    """Raises DoesNotExist, StaleVersion, and Conflict if the note is open or a proposal."""
    note = lock(Note, note_id, versions)
    _refuse_proposal(note, gettext("A proposal ends once. Propose the tag again."))
    if not note.resolved_at:
        raise Conflict(gettext("The note is already open."))
    note.resolved_by = note.resolved_at = None
    save_next_versions([note], RESOLUTION)
    record([note], action="note.reopened", actor=actor, reason=reason)
    return note


def _refuse_proposal(note: Note, detail: str) -> None:
    if note.tag:
        raise Conflict(detail)


@atomic_with_retry
def delete_note(*, note_id: int, versions: Versions, actor: Any, reason: str = "") -> None:
    """Raises DoesNotExist and StaleVersion."""
    note = lock(Note, note_id, versions)
    delete_notes(notes=Note.objects.filter(pk=note.pk), actor=actor, reason=reason)
