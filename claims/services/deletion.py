"""Deletes rows that the caller has locked, each with its entry, in the caller's transaction."""

from collections.abc import Sequence
from typing import Any

from claims.models import Dispute, Evidence, Statement, StatementVia
from factcheck.errors import Conflict
from factcheck.journal.services import record
from factcheck.postgres.bulk import delete_rows


def delete_statements(*, statements: Sequence[Statement], actor: Any, reason: str = "") -> None:
    """Deletes the statements with their evidence and the disputes about them.

    Raises Conflict when a dispute about another statement was raised in one of these.
    """
    ids = [statement.pk for statement in statements]
    raised_here = Dispute.objects.filter(counter_statement__in=ids).exclude(statement__in=ids).first()
    if raised_here:
        raise Conflict(f"Dispute {raised_here.pk} was raised in this text. Delete or change that dispute first.")
    evidence = list(Evidence.objects.select_for_update().filter(statement__in=ids).order_by("pk"))
    disputes = list(Dispute.objects.select_for_update().filter(statement__in=ids).order_by("pk"))
    delete_disputes(disputes=disputes, actor=actor, reason=reason)
    delete_evidence_rows(rows=evidence, actor=actor, reason=reason)
    record(statements, action="statement.deleted", actor=actor, reason=reason)
    delete_rows(StatementVia.objects.filter(statement__in=ids))
    delete_rows(Statement.objects.filter(pk__in=ids))


def delete_evidence_rows(*, rows: Sequence[Evidence], actor: Any, reason: str = "") -> None:
    record(rows, action="evidence.deleted", actor=actor, reason=reason)
    delete_rows(Evidence.objects.filter(pk__in=[row.pk for row in rows]))


def delete_disputes(*, disputes: Sequence[Dispute], actor: Any, reason: str = "") -> None:
    record(disputes, action="dispute.deleted", actor=actor, reason=reason)
    delete_rows(Dispute.objects.filter(pk__in=[row.pk for row in disputes]))
