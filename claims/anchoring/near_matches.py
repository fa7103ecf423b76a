"""Finds what is left of a passage whose words were changed.

Pure text, no Django. Candidates come from three clues: the same words, half of the old context, rare pieces of the
passage. Each candidate's two ends are adjusted, then it is scored by its words and its context.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from statistics import median_low

from rapidfuzz.distance import Indel

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
    occurrences,
    span_at,
    splits_word,
)

# In unrelated articles, 5 in 100 passages of 30 code points have a match of MIN_LIKENESS, 2 in 100 of 40, none of 60;
# and none of 30 has one of 0.87. So a passage below LONG_PASSAGE needs the same context too, or HIGH_LIKENESS.
HIGH_LIKENESS, LONG_PASSAGE = 0.87, 48
TINY_PASSAGE = 8  # of fewer code points, only exactly the same words count, never similar ones
SHINGLE_LENGTH, MAX_SHINGLES = 5, 64  # code points; shingles per passage
MAX_SHINGLE_OFFSETS = 64  # a shingle that occurs more often is no clue
EDGE_LENGTH, MAX_SHIFT = 256, 48  # code points that decide where an end is; how far it may be shifted
QUOTATION_MARKS = dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛′", "'")  # noqa: RUF001


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    category = unicodedata.category(character)
    if character == "\r" or category == "Cf":  # CRLF is LF; soft hyphens and direction marks are invisible
        return ""
    if character.isspace():
        return " "
    if category == "Pd":
        return "-"
    return QUOTATION_MARKS.get(character) or unicodedata.normalize("NFKD", character)


def _fold(text: str) -> str:
    """The text as a reader sees it, so that a changed encoding is not a changed word."""
    return text.translate({ord(each): _fold_character(each) for each in set(text)})


def _origins(text: str) -> Sequence[int]:
    """For each code point of the folded text, the offset of the one it came from."""
    widths = {each: len(_fold_character(each)) for each in set(text)}
    if set(widths.values()) <= {1}:
        return range(len(text))
    return [at for at, each in enumerate(text) for _ in range(widths[each])]


class NearMatches:
    """Near matches of `passages` in one text, which is folded and scanned only once for all of them."""

    def __init__(self, text: str, passages: Sequence[str]) -> None:
        self.folded = _fold(text) if passages else ""
        self.origins = _origins(text) if passages else ()
        shingles = {shingle for passage in passages for _, shingle in _sample_shingles(_fold(passage))}
        self.shingle_offsets = _shingle_offsets(self.folded, shingles)

    def best(self, selector: Selector) -> tuple[Span, float] | None:
        """The best match by words and context, with the likeness of its words."""
        passage, prefix, suffix = _fold(selector.text), _fold(selector.prefix), _fold(selector.suffix)
        old_start, ranked = selector.start or 0, []
        for span in self._candidates(passage, prefix, suffix, old_start) if passage and self.folded else ():
            words = likeness(passage, self.folded[slice(*span)])
            neighbours = context_likeness((prefix, suffix), context(self.folded, *span))
            has_same_context = neighbours >= SAME_CONTEXT or not prefix + suffix
            if _is_match(passage, words, has_same_context):
                ranked.append((words + neighbours, -abs(span.start - old_start), span, words))
        if not ranked:
            return None
        *_, (start, end), words = max(ranked)
        return Span(self.origins[start], self.origins[end - 1] + 1), words

    def _candidates(self, passage: str, prefix: str, suffix: str, old_start: int) -> set[Span]:
        exact = {span_at(at, passage) for at in comparable_occurrences(self.folded, passage, prefix, suffix)}
        rough = {
            *self._by_half_context(passage, prefix, suffix),
            *self._by_shingles(passage, old_start),
        } - exact
        return exact | {self._adjusted(passage, prefix, suffix, span) for span in rough}

    def _by_half_context(self, passage: str, prefix: str, suffix: str) -> Iterator[Span]:
        before, after = prefix[-HALF_CONTEXT:], suffix[:HALF_CONTEXT]
        for at in islice(occurrences(self.folded, before), 3) if before else ():
            start = at + len(before)
            end = self.folded.find(after, start, start + 2 * len(passage) + MAX_SHIFT) if after else -1
            yield self._clipped(start, end if end > start else start + len(passage))
        for at in islice(occurrences(self.folded, after), 3) if after else ():
            yield self._clipped(at - len(passage), at)

    def _by_shingles(self, passage: str, old_start: int) -> Iterator[Span]:
        """The three regions with most of the passage's rare shingles, in about the same order."""
        found = [
            (at - offset, offset)
            for offset, shingle in _sample_shingles(passage)
            for at in self.shingle_offsets.get(shingle, ())
        ]
        clusters: list[list[tuple[int, int]]] = []
        for shift, offset in sorted(found):
            if not clusters or shift - clusters[-1][-1][1] > max(16, len(passage) // 8):
                clusters.append([])
            clusters[-1].append((offset, shift))
        for cluster in sorted(clusters, key=lambda each: (-len(each), abs(each[0][1] - old_start)))[:3]:
            shifts = [shift for _, shift in sorted(cluster)]
            yield self._clipped(median_low(shifts[:5]), median_low(shifts[-5:]) + len(passage))

    def _clipped(self, start: int, end: int) -> Span:
        start = min(max(start, 0), len(self.folded) - 1)
        return Span(start, min(max(end, start + 1), len(self.folded)))

    def _adjusted(self, passage: str, prefix: str, suffix: str, span: Span) -> Span:
        """Both ends shifted to where words and context fit best. An end may split a word only if the old one did.

        The context counts as far as it was kept: a rewritten one fits a little everywhere.
        """
        (start, end), text = span, self.folded
        head, tail = passage[:EDGE_LENGTH], passage[-EDGE_LENGTH:]

        def start_distance(at: int) -> int:
            before = Indel.distance(prefix, text[max(0, at - len(prefix)) : at])
            return Indel.distance(head, text[at : min(end, at + EDGE_LENGTH)]) + min(before, len(prefix))

        def end_distance(at: int) -> int:
            after = Indel.distance(suffix, text[at : at + len(suffix)])
            return Indel.distance(tail, text[max(start, at - EDGE_LENGTH) : at]) + min(after, len(suffix))

        for _ in range(2):
            starts = self._possible_ends(start, 0, end - 1, splits_word(prefix, passage))
            start = min([at for at in starts if _may_replace(text[at], passage[0])] or [start], key=start_distance)
            ends = self._possible_ends(end, start + 1, len(text), splits_word(passage, suffix))
            end = min([at for at in ends if _may_replace(text[at - 1], passage[-1])] or [end], key=end_distance)
        return Span(start, end)

    def _possible_ends(self, near: int, lowest: int, highest: int, may_split_words: bool) -> list[int]:
        """Offsets at which a passage may begin or end, nearest first."""
        text, offsets = self.folded, range(max(lowest, near - MAX_SHIFT), min(highest, near + MAX_SHIFT) + 1)
        found = [at for at in offsets if may_split_words or not splits_word(*context(text, at, at, 2))]
        return sorted(found, key=lambda at: abs(at - near))


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


def _sample_shingles(passage: str) -> Iterator[tuple[int, str]]:
    last = len(passage) - SHINGLE_LENGTH
    for offset in range(0, last + 1, max(1, last // MAX_SHINGLES)):
        yield offset, passage[offset : offset + SHINGLE_LENGTH]


def _shingle_offsets(text: str, shingles: set[str]) -> dict[str, list[int]]:
    """Where each shingle occurs, without those that occur all over the text."""
    offsets: dict[str, list[int]] = {shingle: [] for shingle in shingles}
    for at in range(len(text) - SHINGLE_LENGTH + 1) if shingles else ():
        found = offsets.get(text[at : at + SHINGLE_LENGTH])
        if found is not None and len(found) <= MAX_SHINGLE_OFFSETS:
            found.append(at)
    return {shingle: found for shingle, found in offsets.items() if len(found) <= MAX_SHINGLE_OFFSETS}
