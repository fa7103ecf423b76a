"""The response header Passage-Note: a word about passages that stand in another context than was sent."""

from collections.abc import Iterable
from typing import Any

from claims.models import Statement
from claims.passages import context_note

HEADER = "Passage-Note"
MAX_NOTES = 20  # in one header, which servers limit to 8 kB
Note = tuple[str, str]  # the pointer of the passage, and the word about it


def add_notes(view: Any, notes: Iterable[Note]) -> None:
    texts = [f"{pointer}: {note}" for pointer, note in notes]
    if len(texts) > MAX_NOTES:
        texts[MAX_NOTES:] = [f"and {len(texts) - MAX_NOTES} more"]
    if texts:
        view.headers[HEADER] = " ".join(texts)


def notes_on(statements: Iterable[tuple[str, Statement, dict[str, Any]]]) -> list[Note]:
    """`statements` with the pointer of each, and the fields that were sent."""
    return [(pointer, note) for pointer, row, fields in statements if (note := context_note(row, fields))]
