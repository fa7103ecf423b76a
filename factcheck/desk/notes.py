"""An article's statements as notes: what the print version shows instead of cards."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from claims.models import Dispute, Statement
from factcheck.desk.viewer import Viewer


@dataclass
class Note:
    statement: Any
    number: int | None  # None if its passage is not in the text
    disputes: list[tuple[Any, int | None]]  # each with the number of its counter-statement


def notes_of(viewer: Viewer, statement_ids: Sequence[int], numbers: dict[int, int]) -> list[Note]:
    """In the given order. `numbers` are those of the marks in the text, by statement."""
    disputes = defaultdict(list)
    found = Dispute.objects.filter(statement__in=statement_ids).order_by("id")
    for dispute in viewer.fetch(found.select_related("raised_by", "counter_statement")):
        disputes[dispute.statement_id].append((dispute, numbers.get(dispute.counter_statement_id)))
    rows = {row.pk: row for row in viewer.fetch(Statement.objects.with_chain().filter(pk__in=statement_ids))}
    return [Note(rows[pk], numbers.get(pk), disputes[pk]) for pk in statement_ids if pk in rows]
