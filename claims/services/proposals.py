"""Proposed tags: a reporter proposes, an editor takes the proposal or sets it aside, its author withdraws it."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, pgettext

from claims.models import Note, Statement
from claims.services.statements import create_statement, tag_statement
from factcheck.errors import Conflict, InvalidInput, Versions
from factcheck.journal.models import Entry
from factcheck.journal.services import insert_recorded, lock, record, save_next_versions
from factcheck.postgres.transactions import atomic_with_retry

OVER = gettext_lazy("The proposal was already %(outcome)s.")
ENDING = ["resolved_by", "resolved_at", "outcome"]


@atomic_with_retry
def propose_tag(*, statement_id: int, versions: Versions, actor: Any, tag: str, reason: str) -> Note:
    """An earlier proposal of the same author that still waits is withdrawn. Raises DoesNotExist and StaleVersion."""
    statement = lock(Statement, statement_id, versions)
    for earlier in Note.objects.waiting().select_for_update().filter(statement=statement, author=actor):
        end_proposal(earlier, Note.Outcome.WITHDRAWN, actor=actor)
    proposal = Note(article_id=statement.article_id, statement=statement, tag=tag, text=reason, author=actor)
    proposal.statement_version = statement.version
    insert_recorded([proposal], action="note.created", actor=actor)
    return proposal


@atomic_with_retry
def create_statement_and_propose(*, actor: Any, tag: str, tag_reason: str, **fields: Any) -> Statement:
    """Raises what create_statement raises."""
    statement = create_statement(actor=actor, **fields)
    propose_tag(statement_id=statement.pk, versions=None, actor=actor, tag=tag, reason=tag_reason)
    return statement


@atomic_with_retry
def take_proposal(*, statement_id: int, versions: Versions, actor: Any, proposal: int) -> None:
    """Tags the statement as proposed. The journal says whose proposal it was; the statement, which may be public, not.

    Raises DoesNotExist, StaleVersion, InvalidInput if that is no proposal for the statement, and Conflict if it ended.
    """
    statement = lock(Statement, statement_id, versions)
    note = Note.objects.select_for_update().filter(pk=proposal, statement=statement).first()
    if note is None or note.tag is None:
        raise InvalidInput.field("proposal", "does_not_exist", gettext("There is no such proposal for this statement."))
    if note.outcome:
        raise Conflict(OVER % {"outcome": pgettext("code", note.get_outcome_display().lower())})
    author = Entry.objects.of("note", note.pk).get(version=1).actor_name
    at = tag_statement(
        statement_id=statement_id, versions=None, actor=actor, tag=note.tag, reason=note.text,
        entry_reason=f"Proposed by {author}: {note.text}",
    )  # fmt: skip
    end_proposal(note, Note.Outcome.TAKEN, actor=actor, at=at)


def reopen_taken_by(*, statement_id: int, tagged_at: str, actor: Any, reason: str) -> None:
    """The tag of that instant was taken back: the proposal that it took waits again, if it took one.

    It stays taken if its author has proposed anew since. The caller has locked the statement.
    """
    statement = Statement.objects.get(pk=statement_id)
    taken = Note.objects.filter(statement=statement, outcome=Note.Outcome.TAKEN, resolved_at=tagged_at)
    note = taken.select_for_update().first()
    if note is None or Note.objects.waiting().filter(statement=statement, author=note.author_id).exists():
        return
    note.resolved_by = note.resolved_at = note.outcome = None
    note.statement_version = statement.version
    save_next_versions([note], [*ENDING, "statement_version"])
    record([note], action="note.reopened", actor=actor, reason=reason)


def end_proposal(note: Note, outcome: Note.Outcome, *, actor: Any, reason: str = "", at: Any = None) -> None:
    """The caller has locked the note. Raises Conflict if it ended before."""
    if note.outcome:
        raise Conflict(OVER % {"outcome": pgettext("code", note.get_outcome_display().lower())})
    note.resolved_by, note.resolved_at, note.outcome = actor, at or timezone.now(), outcome
    save_next_versions([note], ENDING)
    record([note], action=f"note.{outcome}", actor=actor, reason=reason)
