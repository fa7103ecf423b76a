"""Writes to disputes, every row with its journal entry."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, pgettext

from claims.models import Dispute, Statement
from claims.services.deletion import delete_disputes
from claims.services.evidence import check_statement_stays
from claims.services.statements import tag_statement
from factcheck.errors import Conflict, InvalidInput, Versions
from factcheck.journal.services import (
    assign,
    hold_in_order,
    insert_recorded,
    lock,
    lock_in_order,
    record,
    save_next_versions,
)
from factcheck.postgres.transactions import atomic_with_retry


def draft_dispute(**fields: Any) -> Dispute:
    """A new dispute that is not written yet. Raises InvalidInput if a statement would dispute itself."""
    dispute = Dispute(**fields)
    _check_counter_statement(dispute)
    return dispute


def _check_counter_statement(dispute: Dispute) -> None:
    if dispute.counter_statement_id is not None and dispute.counter_statement_id == dispute.statement_id:
        detail = gettext(
            "A statement cannot dispute itself. Name the statement in which the dispute was raised, or none."
        )
        raise InvalidInput.field("counter_statement", "self_dispute", detail)


def insert_disputes(*, disputes: Sequence[Dispute], actor: Any, reason: str | Sequence[str] = "") -> None:
    """Writes drafts: a fixed number of SQL statements for any number of disputes. `reason`: for all, or for each."""
    now = timezone.now()
    for dispute in disputes:
        dispute.opened_by, dispute.opened_at = actor, now
    insert_recorded(disputes, action="dispute.opened", actor=actor, reason=reason)


@atomic_with_retry
def open_dispute(*, actor: Any, reason: str = "", **fields: Any) -> Dispute:
    """Raises what draft_dispute raises."""
    dispute = draft_dispute(**fields)
    hold_in_order(Statement, filter(None, (dispute.statement_id, dispute.counter_statement_id)))
    insert_disputes(disputes=[dispute], actor=actor, reason=reason)
    return dispute


@atomic_with_retry
def update_dispute(*, dispute_id: int, versions: Versions, actor: Any, reason: str = "", **fields: Any) -> Dispute:
    """Raises DoesNotExist, StaleVersion, Conflict for a resolved dispute, and InvalidInput if the fields name another
    statement or let a statement dispute itself."""
    if counter := fields.get("counter_statement"):
        hold_in_order(Statement, [counter.pk])
    dispute = lock(Dispute, dispute_id, versions)
    check_statement_stays(dispute, fields)
    if dispute.state != Dispute.State.OPEN:
        raise Conflict(gettext("A resolved dispute cannot be edited. Reopen it first."))
    if assign(dispute, fields):
        _check_counter_statement(dispute)
        save_next_versions([dispute])
        record([dispute], action="dispute.updated", actor=actor, reason=reason)
    return dispute


@atomic_with_retry
def resolve_dispute(
    *, dispute_id: int, versions: Versions, actor: Any, state: str, reason: str, tag: str | None = None
) -> Dispute:
    """Ends the dispute. `tag`, if given, is set on the statement in the same transaction, for the same reason.

    Raises DoesNotExist, StaleVersion, and Conflict if the dispute is not open.
    """
    if tag:
        lock_in_order(Statement.objects.filter(disputes=dispute_id))
    dispute = lock(Dispute, dispute_id, versions)
    resolve_disputes(resolutions=[(dispute, state, reason)], actor=actor)
    if tag:
        tag_statement(statement_id=dispute.statement_id, versions=None, actor=actor, tag=tag, reason=reason)
    return dispute


def resolve_disputes(*, resolutions: Sequence[tuple[Dispute, str, str]], actor: Any) -> None:
    """Ends each (dispute, new state, reason). The caller has locked them. Raises Conflict if one is not open."""
    now = timezone.now()
    for dispute, state, reason in resolutions:
        if dispute.state != Dispute.State.OPEN:
            raise Conflict(
                gettext("The dispute is already %(state)s. Reopen it to decide again.")
                % {"state": pgettext("code", dispute.state)}
            )
        dispute.state, dispute.resolution = state, reason
        dispute.resolved_by, dispute.resolved_at = actor, now
    disputes = [dispute for dispute, _, _ in resolutions]
    save_next_versions(disputes)
    record(disputes, action="dispute.resolved", actor=actor, reason=[reason for _, _, reason in resolutions])


@atomic_with_retry
def reopen_dispute(*, dispute_id: int, versions: Versions, actor: Any, reason: str) -> Dispute:
    """Raises DoesNotExist, StaleVersion, and Conflict if the dispute is open."""
    dispute = lock(Dispute, dispute_id, versions)
    if dispute.state == Dispute.State.OPEN:
        raise Conflict(gettext("The dispute is already open."))
    dispute.state, dispute.resolution = Dispute.State.OPEN, ""
    dispute.resolved_by = dispute.resolved_at = None
    save_next_versions([dispute])
    record([dispute], action="dispute.reopened", actor=actor, reason=reason)
    return dispute


@atomic_with_retry
def delete_dispute(*, dispute_id: int, versions: Versions, actor: Any, reason: str = "") -> None:
    """Raises DoesNotExist, StaleVersion, and what delete_disputes raises."""
    dispute = lock(Dispute, dispute_id, versions, to_delete=True)
    delete_disputes(disputes=[dispute], actor=actor, reason=reason)
