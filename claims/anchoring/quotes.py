"""A passage in its text: where it stands, what is beside it, and how alike two passages are.

Pure text, no Django. Offsets are code points, 0-based, end-exclusive: Python's own string indices.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from rapidfuzz.distance import Indel

CONTEXT_LENGTH = 32
# Thresholds, measured on 24 Wikinews articles. Unrelated neighbours are alike to 0.37 in the median, to 0.56
# at most in 999 of 1000; with one side kept and one rewritten to 0.64, and in 999 of 1000 to 0.57 at least.
SAME_NEIGHBOURS, CLEARLY_BETTER = 0.6, 0.15
# One word in five replaced leaves a likeness of 0.78 in 9 of 10 passages of 100 code points or more.
NEAR = 0.7
# Exactly the same words stand in a given foreign article too: 1 in 400 of 12 code points, 1 in 10,000 of 20.
DISTINCTIVE = 20
HALF = CONTEXT_LENGTH // 2
WORD = re.compile(r"\w{1,8}|[^\w\s]")  # pieces of words, for scripts that write without spaces
MAX_PLACES = 200  # occurrences compared by neighbours; of more, only those beside half of the old neighbours
BY_WORDS = 2_000  # passages longer than this are scored by words, not code points


class Span(NamedTuple):
    start: int
    end: int


@dataclass(frozen=True)
class Selector:
    """A W3C TextQuoteSelector, with the offset it had in the old text."""

    text: str
    prefix: str
    suffix: str
    start: int | None


def context(text: str, start: int, end: int, width: int = CONTEXT_LENGTH) -> tuple[str, str]:
    return text[max(0, start - width) : start], text[end : end + width]


def occurrences(text: str, needle: str) -> Iterator[int]:
    """Every place of `needle`, overlapping ones included, in time linear in both.

    A needle found again within half its length repeats itself: then its run is measured, not searched, or
    "aaaa" in "aaaaaaaa…" would cost the product of the lengths.
    """
    at = text.find(needle)
    while at >= 0:
        yield at
        following = text.find(needle, at + 1)
        period = following - at
        if 0 < period <= len(needle) // 2:
            run_end = following + agreement(text, text, at, following)
            run = range(following, run_end - len(needle) + 1, period)
            yield from run
            following = text.find(needle, run[-1] + 1)
        at = following


def agreement(left: str, right: str, at: int = 0, other: int = 0) -> int:
    """How many code points are the same in `left` from `at` on as in `right` from `other` on."""
    length, size = 0, 64
    while size:
        mine, theirs = left[at + length : at + length + size], right[other + length : other + length + size]
        if mine == theirs and len(mine) == size:
            length, size = length + size, size * 2
        else:
            size //= 2
    return length


def span_of(start: int, passage: str) -> Span:
    return Span(start, start + len(passage))


def comparable_places(text: str, passage: str, prefix: str, suffix: str) -> list[int]:
    """Occurrences worth comparing: all, or of too many those that keep half the neighbours on one side."""
    places = set(islice(occurrences(text, passage), MAX_PLACES + 1))
    if len(places) > MAX_PLACES:
        before, after = prefix[-HALF:], suffix[:HALF]
        places = {at + len(before) for at in islice(occurrences(text, before + passage), MAX_PLACES)}
        places.update(islice(occurrences(text, passage + after), MAX_PLACES))
    return sorted(at for at in places if is_whole(text, at, passage, prefix, suffix))


def is_whole(text: str, at: int, passage: str, prefix: str, suffix: str) -> bool:
    """False where a passage of whole words is now part of others: "costs 12" in "costs 120"."""
    before, after = context(text, *span_of(at, passage), 2)
    return (within_word(prefix, passage) or not within_word(before, passage)) and (
        within_word(passage, suffix) or not within_word(passage, after)
    )


def within_word(left: str, right: str) -> bool:
    """Whether the seam between two texts is within a word or a number, or parts a letter from its accent."""
    if not left or not right:
        return False
    before, after = left[-1], right[0]
    if after in ".,":
        return before.isdigit() and right[1:2].isdigit()
    if before in ".,":
        return left[-2:-1].isdigit() and after.isdigit()
    return _is_mark(after) or (after.isalnum() and (before.isalnum() or _is_mark(before)))


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def alike(mine: tuple[str, str], theirs: tuple[str, str]) -> float:
    """Likeness (0..1) of two (prefix, suffix) pairs, as far as `mine` reach."""
    (prefix, suffix), (before, after) = mine, theirs
    before, after = before[max(0, len(before) - len(prefix)) :], after[: len(suffix)]
    length = len(prefix) + len(before) + len(suffix) + len(after)
    return 1 - (Indel.distance(prefix, before) + Indel.distance(suffix, after)) / length if length else 0.0


def likeness(left: str, right: str) -> float:
    """Likeness (0..1) of two passages; 0.0 for anything less than NEAR."""
    if max(len(left), len(right)) <= BY_WORDS:
        return Indel.normalized_similarity(left, right, score_cutoff=NEAR)
    return Indel.normalized_similarity(WORD.findall(left), WORD.findall(right), score_cutoff=NEAR)
