"""Deletes rows that the caller has locked, each with its entry, in the caller's transaction."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from claims.models import Dispute, Evidence, Note, Statement, StatementVia
from factcheck.errors import Conflict, InvalidInput
from factcheck.journal.services import lock_in_order, record, record_ids
from factcheck.postgres.bulk import delete_rows


def delete_statements(*, statements: Sequence[Statement], actor: Any, reason: str = "") -> None:
    """Deletes the statements with their evidence, the disputes about them, and the notes on all of these.

    Raises Conflict when a dispute about another statement was raised in one of these, and what delete_disputes raises.
    """
    ids = [statement.pk for statement in statements]
    raised_here = Dispute.objects.raised_in(ids).first()
    if raised_here:
        raise Conflict(
            gettext("Dispute %(pk)s was raised in this text. Delete or change that dispute first.")
            % {"pk": raised_here.pk}
        )
    evidence = list(Evidence.objects.select_for_update().filter(statement__in=ids).order_by("pk"))
    disputes = list(Dispute.objects.select_for_update().filter(statement__in=ids).order_by("pk"))
    in_all = Note.objects.filter(Q(statement__in=ids) | Q(dispute__in=[dispute.pk for dispute in disputes]))
    delete_notes(notes=in_all, actor=actor, reason=reason)
    delete_disputes(disputes=disputes, actor=actor, reason=reason)
    delete_evidence_rows(rows=evidence, actor=actor, reason=reason)
    record(statements, action="statement.deleted", actor=actor, reason=reason)
    delete_rows(StatementVia.objects.filter(statement__in=ids))
    delete_rows(Statement.objects.filter(pk__in=ids))


def delete_evidence_rows(*, rows: Sequence[Evidence], actor: Any, reason: str = "") -> None:
    record(rows, action="evidence.deleted", actor=actor, reason=reason)
    delete_rows(Evidence.objects.filter(pk__in=[row.pk for row in rows]))


def delete_disputes(*, disputes: Sequence[Dispute], actor: Any, reason: str = "") -> None:
    """With the notes on them. Raises InvalidInput if one is open or upheld and there is no reason."""
    if not reason.strip() and any(dispute.needs_reason_to_delete for dispute in disputes):
        detail = gettext("A dispute that is open or upheld goes with it. Say why it is deleted.")
        raise InvalidInput.parameter("reason", "required", detail)
    ids = [dispute.pk for dispute in disputes]
    delete_notes(notes=Note.objects.filter(dispute__in=ids), actor=actor, reason=reason)
    record(disputes, action="dispute.deleted", actor=actor, reason=reason)
    delete_rows(Dispute.objects.filter(pk__in=ids))


def delete_notes(*, notes: QuerySet[Note], actor: Any, reason: str = "") -> None:
    """Locks them itself: what they are on is locked."""
    ids = lock_in_order(notes)
    record_ids(Note, ids, action="note.deleted", actor=actor, reason=reason)
    delete_rows(Note.objects.filter(pk__in=ids))
