"""A passage in its text: where it occurs, what surrounds it, and how similar two passages are.

Pure text, no Django. Offsets are Unicode code points, 0-based, end-exclusive: Python's own string indices.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from typing import NamedTuple

import regex
from rapidfuzz.distance import Indel

CONTEXT_LENGTH = 32
HALF_CONTEXT = CONTEXT_LENGTH // 2
# Measured on 24 Wikinews articles. Contexts of unrelated passages have a median likeness of 0.37, and 999 in 1000
# stay below 0.56. If one side is kept and the other rewritten, the median is 0.64, and 999 in 1000 reach 0.57.
SAME_CONTEXT, MIN_LEAD = 0.6, 0.15
# If one word in five is replaced, 9 in 10 passages of 100 code points or more keep a likeness of 0.78.
MIN_LIKENESS = 0.7
# An unrelated article holds 1 in 400 passages of 12 code points word for word, and 1 in 10,000 of 20.
DISTINCTIVE_LENGTH = 20
WORD = re.compile(r"\w{1,8}|[^\w\s]")  # pieces of words, for scripts that write without spaces
# Soft hyphens, zero-width spaces, direction marks: no reader sees them.
INVISIBLE = regex.compile(r"[^\P{Cf}\u200c\u200d\U000e0000-\U000e007f]")
# A place that no passage may begin or end at by itself: within a word; before what extends a character, such as an
# accent, a joiner or a skin tone; within an emoji, CR LF or a flag; within a number, its sign, its separators or its
# groups of three digits. The script for other sites has the same expression, so JavaScript must understand it too.
WITHIN_WORD = regex.compile(
    r"(?<=[\p{L}\p{N}\p{M}\u0600-\u0605\u06dd\u200c\u200d])(?=[\p{L}\p{N}])|(?!^)(?=[\p{M}\p{EMod}\p{DI}])"
    r"|(?<=\u200d)(?=\p{ExtPict})|(?<=\r)(?=\n)|(?<=(?<!\p{RI})(\p{RI}{2})*\p{RI})(?=\p{RI})"
    r"|(?<=\p{N}[\p{Po}’]?|[\p{Pd}\p{Sm}])(?=[\p{Po}’\p{Pd}\p{Sm}]?\p{N})"  # noqa: RUF001
    r"|(?<=(?<!\p{N})\p{N}{1,3}\p{Zs}?)(?=\p{Zs}?\p{N}{3}(?!\p{N}))"
)
MAX_COMPARED = 200  # occurrences compared by context; of more, only those that keep half of the old context
MAX_KNOWN = 64  # passages whose occurrences are kept while an edit is judged
MAX_BY_CHARACTER = 2_000  # passages longer than this are compared by words, not by code points


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


class IndexedText(str):
    """A text in which thousands of passages are sought: each is looked up by a piece of it, and the text is not read
    from its beginning to its end for each."""

    STEP, LENGTH = 8, 9  # a piece of nine code points begins at every eighth
    MAX_TRIES, MAX_PLACES = 8, 16  # pieces of a passage that are tried; a piece that occurs more often is no clue

    @cached_property
    def compared(self) -> dict[tuple[str, str, str], list[int]]:
        """What comparable_occurrences found last: a sentence that is repeated is asked for again and again."""
        return {}

    @cached_property
    def pieces(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for at in range(0, len(self) - self.LENGTH + 1, self.STEP):
            found.setdefault(self[at : at + self.LENGTH], []).append(at)
        return found

    def places(self, needle: str) -> list[int] | None:
        """Every offset of `needle`, or None if only reading the text can tell.

        Wherever a needle stands, one of its first eight code points begins a piece, and so does each eighth after it.
        What would begin before the text is none: less than the needle is left from there, counted from the end.
        """
        last, found = len(needle) - self.LENGTH, []
        stride = self.STEP * max(1, last // (self.STEP * self.MAX_TRIES))
        for first in range(self.STEP):
            for offset in range(first, last + 1, stride):
                places = self.pieces.get(needle[offset : offset + self.LENGTH], ())
                if len(places) <= self.MAX_PLACES:
                    break
            else:
                return None
            found += [at - offset for at in places if self.startswith(needle, at - offset)]
        return sorted(found)


def context(text: str, start: int, end: int, width: int = CONTEXT_LENGTH) -> tuple[str, str]:
    return text[max(0, start - width) : start], text[end : end + width]


def occurrences(text: str, needle: str) -> Iterator[int]:
    """Every offset of `needle`, overlapping ones included, in their order."""
    places = text.places(needle) if isinstance(text, IndexedText) else None
    return _sought(text, needle) if places is None else iter(places)


def _sought(text: str, needle: str) -> Iterator[int]:
    """Takes time linear in both.

    A needle found again within half its length repeats itself. Its run is then measured, not searched:
    otherwise "aaaa" in "aaaaaaaa…" would cost the product of the lengths.
    """
    at = text.find(needle)
    while at >= 0:
        yield at
        following = text.find(needle, at + 1)
        period = following - at
        if 0 < period <= len(needle) // 2:
            run_end = following + common_length(text, text, at, following)
            run = range(following, run_end - len(needle) + 1, period)
            yield from run
            following = text.find(needle, run[-1] + 1)
        at = following


def common_length(left: str, right: str, left_start: int = 0, right_start: int = 0) -> int:
    """How many code points are the same from the two offsets on."""
    length, size = 0, 64
    while size:
        left_part = left[left_start + length : left_start + length + size]
        right_part = right[right_start + length : right_start + length + size]
        if left_part == right_part and len(left_part) == size:
            length, size = length + size, size * 2
        else:
            size //= 2
    return length


def span_at(start: int, passage: str) -> Span:
    return Span(start, start + len(passage))


def comparable_occurrences(text: str, passage: str, prefix: str, suffix: str) -> list[int]:
    """All occurrences; if they are too many, those that keep half of the context on one side."""
    known = text.compared if isinstance(text, IndexedText) else {}
    key = passage, prefix, suffix
    if key not in known:
        if len(known) >= MAX_KNOWN:
            known.clear()
        known[key] = _comparable_occurrences(text, *key)
    return known[key]


def _comparable_occurrences(text: str, passage: str, prefix: str, suffix: str) -> list[int]:
    found = set(islice(occurrences(text, passage), MAX_COMPARED + 1))
    if len(found) > MAX_COMPARED:
        before, after = prefix[-HALF_CONTEXT:], suffix[:HALF_CONTEXT]
        found = {at + len(before) for at in islice(occurrences(text, before + passage), MAX_COMPARED)}
        found.update(islice(occurrences(text, passage + after), MAX_COMPARED))
    return sorted(at for at in found if keeps_word_ends(text, at, passage, prefix, suffix))


def keeps_word_ends(text: str, start: int, passage: str, prefix: str, suffix: str) -> bool:
    """False where a passage of whole words is now part of longer ones: "costs 12" in "costs 120" or "costs 12 000"."""
    before, after = context(text, *span_at(start, passage))
    return (splits_word(prefix, passage) or not splits_word(before, passage)) and (
        splits_word(passage, suffix) or not splits_word(passage, after)
    )


def splits_word(left: str, right: str) -> bool:
    """Whether the border between two texts is within a word, a number or an extended grapheme cluster (UAX 29)."""
    return _splits_word(left[-CONTEXT_LENGTH:], right[:CONTEXT_LENGTH])


@lru_cache(maxsize=4096)  # hundreds of occurrences of a passage are compared with each other
def _splits_word(left: str, right: str) -> bool:
    before, after = INVISIBLE.sub("", left), INVISIBLE.sub("", right)
    return bool(before and after and WITHIN_WORD.match(before + after, len(before)))


def context_likeness(known: tuple[str, str], other: tuple[str, str]) -> float:
    """Likeness (0..1) of two (prefix, suffix) pairs, as far as `known` reaches."""
    (prefix, suffix), (before, after) = known, other
    before, after = before[max(0, len(before) - len(prefix)) :], after[: len(suffix)]
    length = len(prefix) + len(before) + len(suffix) + len(after)
    return 1 - (Indel.distance(prefix, before) + Indel.distance(suffix, after)) / length if length else 0.0


def likeness(left: str, right: str, at_least: float = MIN_LIKENESS) -> float:
    """Likeness (0..1) of two passages; 0.0 for anything less than `at_least`."""
    if max(len(left), len(right)) <= MAX_BY_CHARACTER:
        return Indel.normalized_similarity(left, right, score_cutoff=at_least)
    return Indel.normalized_similarity(WORD.findall(left), WORD.findall(right), score_cutoff=at_least)
