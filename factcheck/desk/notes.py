"""An article's statements as they are printed: a note for each, to which the number at its mark leads.

They are on the article's page whatever part of its cards it shows, for the style sheet to bring out on paper. The more
there is to print, the fewer cards are shown at once. Where there is too much for any, the page has the notes of its
part alone, says so, and there is a page to print with them all.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString

from claims.models import Dispute, Statement
from factcheck.desk.viewer import Viewer

LARGEST_PAGE = 200_000  # bytes
FRAME = 17_000  # of it all but the text, the cards and the notes
MARK = 145  # and four times the number of the statement
CARD = 1_600  # and what is recorded, about twice what a note has of it
CUT = 1_500  # of what is recorded, where a card breaks it off
CARDS = (30, 20, 10)  # at once
UNANCHORED_CARDS = 10  # cards of what is out of its place
MOST = 1_000  # notes; the shortest of them would make a page too large, too


@dataclass
class Note:
    statement: Any
    number: int | None  # None where its passage is not in the text
    disputes: list[tuple[Any, int | None]]  # open ones, each with the number of the counter-statement


def notes_of(viewer: Viewer, statements: Sequence[int], numbers: dict[int, int]) -> list[Note]:
    """In the order given."""
    disputes = defaultdict(list)
    opened = Dispute.objects.filter(statement__in=statements, state="open").order_by("id")
    for dispute in viewer.fetch(opened.select_related("raised_by", "counter_statement")):
        disputes[dispute.statement_id].append((dispute, numbers.get(dispute.counter_statement_id)))
    rows = {row.pk: row for row in viewer.fetch(Statement.objects.with_chain().filter(pk__in=statements))}
    return [Note(rows[pk], numbers.get(pk), disputes[pk]) for pk in statements if pk in rows]


def printed(notes: list[Note], **told: Any) -> SafeString:
    in_text = [note for note in notes if note.number]
    unanchored = [note for note in notes if not note.number]
    last = in_text[-1] if in_text else None
    return render_to_string(
        "desk/articles/notes.html", {"notes": in_text, "last": last, "unanchored": unanchored, **told}
    )


def laid_out(
    text: str, viewer: Viewer, statements: Sequence[int], numbers: dict[int, int], base: str
) -> tuple[int, SafeString | None]:
    """How many cards an article's page shows at once, and the notes on all statements if there is room for them.

    Each mark's link begins with the base.
    """
    if len(statements) > MOST:
        return CARDS[0], None
    notes = notes_of(viewer, statements, numbers)
    whole = printed(notes)
    marks = sum(MARK + len(base) + 4 * len(str(statement)) for statement in numbers)
    room = LARGEST_PAGE - FRAME - _size(escape(text)) - marks - _size(whole)
    card = CARD + min(CUT, 2 * _size(whole) // max(1, len(notes)))
    unanchored = min(UNANCHORED_CARDS, len(statements) - len(numbers))
    for cards in CARDS:
        if (unanchored + min(cards, len(numbers))) * card <= room:
            return cards, whole
    return CARDS[0], None


def _size(text: str) -> int:
    return len(text.encode())
