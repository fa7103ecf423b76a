"""Writes to evidence, every row with its journal entry."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext

from claims.models import Dispute, Evidence
from claims.services.deletion import delete_evidence_rows
from factcheck.errors import InvalidInput, Versions
from factcheck.journal.services import change_rows, insert_recorded, lock
from factcheck.postgres.transactions import atomic_with_retry


def create_evidence(*, actor: Any, reason: str = "", **fields: Any) -> Evidence:
    return create_evidence_rows(rows=[fields], actor=actor, reason=reason)[0]


@atomic_with_retry
def create_evidence_rows(*, rows: Sequence[dict[str, Any]], actor: Any, reason: str = "") -> list[Evidence]:
    evidence = [Evidence(**fields) for fields in rows]
    insert_recorded(evidence, action="evidence.created", actor=actor, reason=reason)
    return evidence


@atomic_with_retry
def update_evidence(*, evidence_id: int, versions: Versions, actor: Any, reason: str = "", **fields: Any) -> Evidence:
    """Raises DoesNotExist, StaleVersion, and InvalidInput if the fields name another statement."""
    evidence = lock(Evidence, evidence_id, versions)
    check_statement_stays(evidence, fields)
    update_evidence_rows(changes=[(evidence, fields)], actor=actor, reason=reason)
    return evidence


def update_evidence_rows(*, changes: Sequence[tuple[Evidence, dict[str, Any]]], actor: Any, reason: str = "") -> None:
    """Writes the rows that differ from their fields. The caller has locked them."""
    change_rows(changes, actor=actor, reason=reason)


def check_statement_stays(row: Evidence | Dispute, fields: dict[str, Any]) -> None:
    """Raises InvalidInput if the row would move: its earlier entries would then tell of another statement."""
    if "statement" in fields and fields["statement"].pk != row.statement_id:
        detail = gettext("This cannot move to another statement. Create a new one there.")
        raise InvalidInput.field("statement", "immutable", detail)


@atomic_with_retry
def delete_evidence(*, evidence_id: int, versions: Versions, actor: Any, reason: str = "") -> None:
    """Raises DoesNotExist and StaleVersion."""
    evidence = lock(Evidence, evidence_id, versions)
    delete_evidence_rows(rows=[evidence], actor=actor, reason=reason)
