"""Finds what is left of a passage whose words were changed.

Pure text, no Django. Candidates come from three clues: the same words, half of the old context, rare pieces of the
passage. The two ends of each that is like the passage are adjusted, then it is scored by its words and its context.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from heapq import nsmallest
from itertools import islice
from math import inf
from operator import itemgetter
from statistics import median_low

from rapidfuzz.distance import Indel

from claims.anchoring.folded_text import SHINGLE_LENGTH, FoldedText, fold, sample_shingles
from claims.anchoring.quotes import (
    DISTINCTIVE_LENGTH,
    HALF_CONTEXT,
    MIN_LIKENESS,
    SAME_CONTEXT,
    Selector,
    Span,
    comparable_occurrences,
    context,
    context_likeness,
    likeness,
    span_at,
    splits_word,
)

# In unrelated articles, 5 in 100 passages of 30 code points have a match of MIN_LIKENESS, 2 in 100 of 40, none of 60;
# and none of 30 has one of 0.87. So a passage below LONG_PASSAGE needs the same context too, or HIGH_LIKENESS.
HIGH_LIKENESS, LONG_PASSAGE = 0.87, 48
TINY_PASSAGE = 8  # of fewer code points, only exactly the same words count, never similar ones
# An unadjusted candidate for an unrelated passage has a median likeness of 0.5. None below 0.58 became the match, in
# 11,000 passages of 12 to 100 code points whose sentences were edited, or their words reordered.
ROUGH_LIKENESS = 0.55
# Places looked at for a passage, those of its rarest shingles. All of them (500 in a long text) cost twice as much, and
# found 9 more of 4,000 passages in which every fourth word had changed places with the next.
MAX_PLACES = 256
SAME_PLACE = 12  # code points between the ends of two candidates that adjusting would make one
EDGE_LENGTH, MAX_SHIFT = 256, 48  # code points that decide where an end is; how far it may be shifted


class NearMatches:
    """Near matches of `selectors` in one text, which is folded and scanned only once for all of them."""

    def __init__(self, text: str, selectors: Sequence[Selector]) -> None:
        self.folded = FoldedText(text if selectors else "", {each for known in selectors for each in _shingles(known)})

    def best(self, selector: Selector) -> tuple[Span, float] | None:
        """The best match by words and context, with the likeness of its words."""
        ranked = self._ranked(selector)
        if not ranked:
            return None
        *_, span, words = max(ranked)
        return self.folded.origin(span), words

    def all_best(self, selector: Selector) -> tuple[list[Span], float | None]:
        """The best match and those that fit as well as it does, in the order of the text."""
        ranked = self._ranked(selector)
        if not ranked:
            return [], None
        best = max(ranked)
        spans = sorted(span for fit, _, span, _ in ranked if fit == best[0])
        return [self.folded.origin(span) for span in spans], best[3]

    def _ranked(self, selector: Selector) -> list[tuple[float, int, Span, float]]:
        """Every match: (how well it fits, nearness to the old place, span, likeness of its words)."""
        passage, prefix, suffix = fold(selector.text), fold(selector.prefix), fold(selector.suffix)
        text, old_start, ranked = self.folded.text, selector.start or 0, []
        for span in self._candidates(passage, prefix, suffix, old_start) if passage and text else ():
            words = likeness(passage, text[slice(*span)])
            neighbours = context_likeness((prefix, suffix), context(text, *span))
            has_same_context = neighbours >= SAME_CONTEXT or not prefix + suffix
            if _is_match(passage, words, has_same_context):
                ranked.append((words + neighbours, -abs(span.start - old_start), span, words))
        return ranked

    def _candidates(self, passage: str, prefix: str, suffix: str, old_start: int) -> set[Span]:
        text, exact = self.folded.text, set()
        if any(True for _ in self.folded.occurrences(passage)):
            exact = {span_at(at, passage) for at in comparable_occurrences(text, passage, prefix, suffix)}
        rough = {*self._by_half_context(passage, prefix, suffix), *self._by_shingles(passage, old_start)} - exact
        scored = ((likeness(passage, text[slice(*span)], ROUGH_LIKENESS), span) for span in rough)
        places: list[Span] = []
        for words, span in sorted(scored, reverse=True):
            if words and not any(_is_same_place(span, place) for place in places):
                places.append(span)
        return exact | {self._adjusted(passage, prefix, suffix, span) for span in places}

    def _by_half_context(self, passage: str, prefix: str, suffix: str) -> Iterator[Span]:
        before, after = prefix[-HALF_CONTEXT:], suffix[:HALF_CONTEXT]
        for at in islice(self.folded.occurrences(before), 3) if before else ():
            start = at + len(before)
            end = self.folded.text.find(after, start, start + 2 * len(passage) + MAX_SHIFT)
            yield self._clipped(start, end if end > start else start + len(passage))
        for at in islice(self.folded.occurrences(after), 3) if after else ():
            yield self._clipped(at - len(passage), at)

    def _by_shingles(self, passage: str, old_start: int) -> Iterator[Span]:
        """The three regions with most of the passage's rare shingles, in about the same order."""
        clusters: list[list[tuple[int, int]]] = []
        previous, widest_gap = -inf, max(16, len(passage) // 8)
        for place in self._shifts(passage):
            if place[0] - previous > widest_gap:
                clusters.append([])
            clusters[-1].append(place)
            previous = place[0]
        for cluster in nsmallest(3, clusters, key=lambda each: (-len(each), abs(each[0][0] - old_start))):
            shifts = [shift for shift, _ in sorted(cluster, key=itemgetter(1, 0))]
            yield self._clipped(median_low(shifts[:5]), median_low(shifts[-5:]) + len(passage))

    def _shifts(self, passage: str) -> list[tuple[int, int]]:
        """(where the passage begins if a shingle is in its place, its offset in the passage), by the first."""
        known = [
            (len(found), offset, found)
            for offset, shingle in sample_shingles(passage)
            if (found := self.folded.shingle_offsets.get(shingle))
        ]
        shifts: list[tuple[int, int]] = []
        for _, offset, found in sorted(known, key=itemgetter(0)):
            if len(shifts) >= MAX_PLACES:
                break
            for at in found:  # a comprehension and a sort of whole pairs cost a third more
                shifts.append((at - offset, offset))
        return sorted(shifts, key=itemgetter(0))

    def _clipped(self, start: int, end: int) -> Span:
        length = len(self.folded.text)
        start = min(max(start, 0), length - 1)
        return Span(start, min(max(end, start + 1), length))

    def _adjusted(self, passage: str, prefix: str, suffix: str, span: Span) -> Span:
        """Both ends shifted to where words and context fit best. An end may split a word only if the old one did.

        The context counts as far as it was kept: a rewritten one fits a little everywhere.
        """
        (start, end), text = span, self.folded.text
        head, tail = passage[:EDGE_LENGTH], passage[-EDGE_LENGTH:]

        def start_distance(at: int) -> int:
            before = Indel.distance(prefix, text[max(0, at - len(prefix)) : at])
            return Indel.distance(head, text[at : min(end, at + EDGE_LENGTH)]) + min(before, len(prefix))

        def end_distance(at: int) -> int:
            after = Indel.distance(suffix, text[at : at + len(suffix)])
            return Indel.distance(tail, text[max(start, at - EDGE_LENGTH) : at]) + min(after, len(suffix))

        for _ in range(2):
            before = Span(start, end)
            starts = self._possible_ends(start, 0, end - 1, splits_word(prefix, passage))
            start = min([at for at in starts if _may_replace(text[at], passage[0])] or [start], key=start_distance)
            ends = self._possible_ends(end, start + 1, len(text), splits_word(passage, suffix))
            end = min([at for at in ends if _may_replace(text[at - 1], passage[-1])] or [end], key=end_distance)
            if before == (start, end):
                break
        return Span(start, end)

    def _possible_ends(self, near: int, lowest: int, highest: int, may_split_words: bool) -> list[int]:
        """Offsets at which a passage may begin or end, nearest first."""
        first, last = max(lowest, near - MAX_SHIFT), min(highest, near + MAX_SHIFT)
        found = range(first, last + 1) if may_split_words else self.folded.borders_between(first, last)
        return sorted(found, key=lambda at: abs(at - near))


def _shingles(selector: Selector) -> Iterator[str]:
    """What is looked up for a selector: pieces of the passage, and the beginnings of the two halves of its context."""
    yield from map(itemgetter(1), sample_shingles(fold(selector.text)))
    yield fold(selector.prefix)[-HALF_CONTEXT:][:SHINGLE_LENGTH]
    yield fold(selector.suffix)[:SHINGLE_LENGTH]


def _is_same_place(left: Span, right: Span) -> bool:
    return abs(left.start - right.start) <= SAME_PLACE and abs(left.end - right.end) <= SAME_PLACE


@lru_cache(maxsize=4096)
def _may_replace(character: str, old: str) -> bool:
    """Whether a passage that began or ended with `old` may now have this: no space or comma for a letter."""
    if old.isalnum():
        return unicodedata.category(character)[0] not in "ZPC"
    return character.isspace() == old.isspace()


def _is_match(passage: str, words: float, has_same_context: bool) -> bool:
    if len(passage) < TINY_PASSAGE:
        return words == 1.0 and has_same_context
    if has_same_context or len(passage) >= LONG_PASSAGE:
        return words >= MIN_LIKENESS
    return words >= HIGH_LIKENESS and len(passage) >= DISTINCTIVE_LENGTH
