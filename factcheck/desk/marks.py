"""An article's text with its statements marked in place.

The text is cut wherever a passage begins or ends, and each piece is wrapped in one <mark> for every passage that
covers it. So passages may nest and overlap. The text nodes contain exactly the article's text, so that scripts can
count offsets in them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from heapq import heappop, heappush
from html import escape  # Django's takes twice as long for a plain text
from itertools import pairwise

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from factcheck.desk.words import word

LANES = 5  # heights of the line under a passage, to tell overlapping passages apart


@dataclass(frozen=True)
class Passage:
    statement: int
    start: int
    end: int
    tag: str
    number: int  # from 1, in the order of the text
    address: str  # of the card or the note
    is_passing: bool = True  # whether a filter of the cards lets it through


def marked(text: str, passages: Iterable[Passage]) -> SafeString:
    wanted = sorted(passages, key=lambda passage: (passage.start, -passage.end, passage.number))
    lanes = _lanes(wanted)
    pieces = [_piece(text[start:end], start, covering, lanes) for start, end, covering in _segments(len(text), wanted)]
    return mark_safe("".join(pieces))  # noqa: S308  every piece is escaped


def _segments(length: int, passages: list[Passage]) -> Iterator[tuple[int, int, list[Passage]]]:
    """The whole text in pieces: start, end, and the passages that cover the piece, the longest first."""
    places = sorted({0, length, *(place for passage in passages for place in (passage.start, passage.end))})
    covering: list[Passage] = []
    waiting = iter(passages)
    upcoming = next(waiting, None)
    for start, end in pairwise(places):
        covering = [passage for passage in covering if passage.end > start]
        while upcoming and upcoming.start <= start:
            covering.append(upcoming)
            upcoming = next(waiting, None)
        yield start, end, covering


def _piece(text: str, start: int, covering: list[Passage], lanes: dict[int, int]) -> str:
    opened = "".join(_opening(passage, passage.start == start, lanes[passage.statement]) for passage in covering)
    return opened + as_text_node(text) + "</mark>" * len(covering)


def as_text_node(text: str) -> str:
    """An HTML parser turns a carriage return into a line feed, unless it is a character reference."""
    return escape(text).replace("\r", "&#13;")


def _opening(passage: Passage, first: bool, lane: int) -> str:
    """Short, since an article may have hundreds. Only the address and the words can have what must be escaped."""
    lane_class = f' class="lane-{lane}"' if lane else ""
    outside = "" if passage.is_passing else " data-outside"
    shown = f'data-statement="{passage.statement}" data-tag="{passage.tag}"{outside}{lane_class}'
    if not first:
        return f"<mark {shown}>"
    # The style sheet draws the number and the sign, so that the text nodes do not contain them.
    return (
        f'<mark id="mark-{passage.statement}" {shown}><a href="{escape(passage.address)}" '
        f'data-number="{passage.number}" aria-label="{_label(passage.tag, get_language()) % passage.number}"></a>'
    )


@cache
def _label(tag: str, language: str | None) -> str:
    """With a place for the number."""
    return escape(gettext("Passage %(number)s, %(tag)s") % {"number": "%s", "tag": word(tag)})


def _lanes(passages: list[Passage]) -> dict[int, int]:
    """For each statement, the lowest lane that is free from its start to its end."""
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    opened = 0
    lanes: dict[int, int] = {}
    for passage in passages:
        while busy and busy[0][0] <= passage.start:
            heappush(free, heappop(busy)[1])
        if free:
            lane = heappop(free)
        else:
            lane, opened = opened, opened + 1
        heappush(busy, (passage.end, lane))
        lanes[passage.statement] = lane % LANES
    return lanes
