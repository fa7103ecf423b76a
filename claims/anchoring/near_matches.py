"""Finds what is left of a passage whose words were changed.

Pure text, no Django. Candidates come from three clues (the same words, half of the old neighbours, rare pieces of the
passage); each is fitted at both ends, then scored by its words and its neighbours.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from statistics import median_low

from rapidfuzz.distance import Indel

from claims.anchoring.quotes import (
    DISTINCTIVE,
    HALF,
    NEAR,
    SAME_NEIGHBOURS,
    Selector,
    Span,
    alike,
    comparable_places,
    context,
    likeness,
    occurrences,
    span_of,
    within_word,
)

# Foreign articles reach a likeness of NEAR for 5 passages in 100 of 30 code points, 2 of 40, none of 60, and 0.87
# for none of 30: so shorter ones than LONG need familiar neighbours, or to be very near.
VERY_NEAR, LONG = 0.87, 48
TINY = 8  # of fewer code points, only the very same words count, never similar ones
SHINGLE, SAMPLES, COMMON = 5, 64, 64  # code points; shingles per passage; places from which one is no clue
EDGE, REACH = 256, 48  # code points of a near match that decide where an end is; how far that may be shifted
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
        wanted = {shingle for passage in passages for _, shingle in _samples(_fold(passage))}
        self.shingles = _shingle_places(self.folded, wanted)

    def best(self, sought: Selector) -> tuple[Span, float] | None:
        """The likeliest place, by words and neighbours, with the likeness of the words."""
        passage, prefix, suffix = _fold(sought.text), _fold(sought.prefix), _fold(sought.suffix)
        home, ranked = sought.start or 0, []
        for span in self._spans(passage, prefix, suffix, home) if passage and self.folded else ():
            words = likeness(passage, self.folded[slice(*span)])
            neighbours = alike((prefix, suffix), context(self.folded, *span))
            has_witness = neighbours >= SAME_NEIGHBOURS or not prefix + suffix
            if _is_match(passage, words, has_witness):
                ranked.append((words + neighbours, -abs(span.start - home), span, words))
        if not ranked:
            return None
        *_, (start, end), words = max(ranked)
        return Span(self.origins[start], self.origins[end - 1] + 1), words

    def _spans(self, passage: str, prefix: str, suffix: str, home: int) -> set[Span]:
        same = {span_of(at, passage) for at in comparable_places(self.folded, passage, prefix, suffix)}
        rough = {
            *self._beside_half_the_neighbours(passage, prefix, suffix),
            *self._clusters(passage, home),
        } - same
        return same | {self._refined(passage, prefix, suffix, span) for span in rough}

    def _beside_half_the_neighbours(self, passage: str, prefix: str, suffix: str) -> Iterator[Span]:
        before, after = prefix[-HALF:], suffix[:HALF]
        for at in islice(occurrences(self.folded, before), 3) if before else ():
            start = at + len(before)
            end = self.folded.find(after, start, start + 2 * len(passage) + REACH) if after else -1
            yield self._clipped(start, end if end > start else start + len(passage))
        for at in islice(occurrences(self.folded, after), 3) if after else ():
            yield self._clipped(at - len(passage), at)

    def _clusters(self, passage: str, home: int) -> Iterator[Span]:
        """The three places with most of the passage's rare shingles, in about the same order."""
        found = [(at - offset, offset) for offset, each in _samples(passage) for at in self.shingles.get(each, ())]
        clusters: list[list[tuple[int, int]]] = []
        for shift, offset in sorted(found):
            if not clusters or shift - clusters[-1][-1][1] > max(16, len(passage) // 8):
                clusters.append([])
            clusters[-1].append((offset, shift))
        for cluster in sorted(clusters, key=lambda each: (-len(each), abs(each[0][1] - home)))[:3]:
            shifts = [shift for _, shift in sorted(cluster)]
            yield self._clipped(median_low(shifts[:5]), median_low(shifts[-5:]) + len(passage))

    def _clipped(self, start: int, end: int) -> Span:
        start = min(max(start, 0), len(self.folded) - 1)
        return Span(start, min(max(end, start + 1), len(self.folded)))

    def _refined(self, passage: str, prefix: str, suffix: str, span: Span) -> Span:
        """Both ends shifted to where words and neighbours fit best; into a word only if the old end was.
        Neighbours count as far as they were kept: rewritten ones fit a little everywhere."""
        (start, end), text = span, self.folded
        head, tail = passage[:EDGE], passage[-EDGE:]

        def misfit_from(at: int) -> int:
            before = Indel.distance(prefix, text[max(0, at - len(prefix)) : at])
            return Indel.distance(head, text[at : min(end, at + EDGE)]) + min(before, len(prefix))

        def misfit_to(at: int) -> int:
            after = Indel.distance(suffix, text[at : at + len(suffix)])
            return Indel.distance(tail, text[max(start, at - EDGE) : at]) + min(after, len(suffix))

        for _ in range(2):
            starts = self._edges(start, 0, end - 1, within_word(prefix, passage))
            start = min([at for at in starts if _suits(text[at], passage[0])] or [start], key=misfit_from)
            ends = self._edges(end, start + 1, len(text), within_word(passage, suffix))
            end = min([at for at in ends if _suits(text[at - 1], passage[-1])] or [end], key=misfit_to)
        return Span(start, end)

    def _edges(self, near: int, lowest: int, highest: int, in_words: bool) -> list[int]:
        """Where a passage may begin or end, nearest first."""
        text, reach = self.folded, range(max(lowest, near - REACH), min(highest, near + REACH) + 1)
        edges = [at for at in reach if in_words or not within_word(*context(text, at, at, 2))]
        return sorted(edges, key=lambda at: abs(at - near))


def _suits(character: str, model: str) -> bool:
    """Whether a passage that had the model at its edge may now have this: no space or comma for a letter."""
    if model.isalnum():
        return unicodedata.category(character)[0] not in "ZPC"
    return character.isspace() == model.isspace()


def _is_match(passage: str, words: float, has_witness: bool) -> bool:
    if len(passage) < TINY:
        return words == 1.0 and has_witness
    if has_witness or len(passage) >= LONG:
        return words >= NEAR
    return words >= VERY_NEAR and len(passage) >= DISTINCTIVE


def _samples(passage: str) -> Iterator[tuple[int, str]]:
    last = len(passage) - SHINGLE
    for offset in range(0, last + 1, max(1, last // SAMPLES)):
        yield offset, passage[offset : offset + SHINGLE]


def _shingle_places(text: str, wanted: set[str]) -> dict[str, list[int]]:
    """Where each wanted shingle stands, without those that stand all over the text."""
    places: dict[str, list[int]] = {shingle: [] for shingle in wanted}
    for at in range(len(text) - SHINGLE + 1) if wanted else ():
        found = places.get(text[at : at + SHINGLE])
        if found is not None and len(found) <= COMMON:
            found.append(at)
    return {shingle: found for shingle, found in places.items() if len(found) <= COMMON}
