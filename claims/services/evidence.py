"""Writes to evidence, every row with its journal entry."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from claims.models import Dispute, Evidence
from claims.services.deletion import delete_evidence_rows
from factcheck.errors import InvalidInput
from factcheck.journal.services import (
    change_rows,
    lock,
    record,
)
from factcheck.postgres.bulk import insert_rows

Versions = frozenset[int] | None


def keep_statement(row: Evidence | Dispute, fields: dict[str, Any]) -> None:
    """The entries before would be about another statement, of another article perhaps."""
    if "statement" in fields and fields["statement"].pk != row.statement_id:
        raise InvalidInput.field("statement", "immutable", "It stays with its statement. Make a new one there.")


def create_evidence(*, actor: Any, reason: str = "", **fields: Any) -> Evidence:
    return create_evidence_rows(rows=[fields], actor=actor, reason=reason)[0]


@transaction.atomic
def create_evidence_rows(*, rows: Sequence[dict[str, Any]], actor: Any, reason: str = "") -> list[Evidence]:
    made = [Evidence(**fields) for fields in rows]
    insert_rows(made)
    record(made, action="evidence.created", actor=actor, reason=reason)
    return made


@transaction.atomic
def update_evidence(*, evidence_id: int, versions: Versions, actor: Any, reason: str = "", **fields: Any) -> Evidence:
    evidence = lock(Evidence.objects.all(), evidence_id, versions)
    keep_statement(evidence, fields)
    update_evidence_rows(changes=[(evidence, fields)], actor=actor, reason=reason)
    return evidence


def update_evidence_rows(*, changes: Sequence[tuple[Evidence, dict[str, Any]]], actor: Any, reason: str = "") -> None:
    """Those that differ from their fields; the caller holds them."""
    change_rows(changes, actor=actor, reason=reason)


@transaction.atomic
def delete_evidence(*, evidence_id: int, versions: Versions, actor: Any, reason: str = "") -> None:
    evidence = lock(Evidence.objects.all(), evidence_id, versions)
    delete_evidence_rows(rows=[evidence], actor=actor, reason=reason)
