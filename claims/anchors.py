"""Finds a passage in an article's text, and finds it again after the text was edited.

Pure text, no Django. Offsets are code points, 0-based, end-exclusive: Python's own string indices.

Re-anchoring follows one rule: a statement moves by itself only onto exactly the same code points, and only
where nothing else can be meant. Every doubt is a person's to settle (`needs_review`, with a candidate).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from statistics import median_low
from typing import Literal, NamedTuple

from rapidfuzz.distance import Indel

CONTEXT_LENGTH = 32
MAX_CANDIDATES = 20
# Thresholds, measured on 24 Wikinews articles. Unrelated neighbours are alike to 0.37 in the median, to 0.56
# at most in 999 of 1000; with one side kept and one rewritten to 0.64, and in 999 of 1000 to 0.57 at least.
SAME_NEIGHBOURS, CLEARLY_BETTER = 0.6, 0.15
# One word in five replaced leaves a likeness of 0.78 in 9 of 10 passages of 100 code points or more. Foreign
# articles reach 0.7 for 5 passages in 100 of 30 code points, 2 of 40, none of 60, and 0.87 for none of 30: so
# shorter ones than LONG need familiar neighbours, or to be very near.
NEAR, VERY_NEAR, LONG = 0.7, 0.87, 48
# Exactly the same words stand in a given foreign article too: 1 in 400 of 12 code points, 1 in 10,000 of 20.
DISTINCTIVE = 20
TINY = 8  # of fewer code points, only the very same words count, never similar ones
HALF = CONTEXT_LENGTH // 2
WIDTHS = (HALF, CONTEXT_LENGTH, 128, 512, 2048)  # neighbours looked at, until a passage has no doubles
WORD = re.compile(r"\w{1,8}|[^\w\s]")  # pieces of words, for scripts that write without spaces
MAX_PLACES = 200  # occurrences compared by neighbours; of more, only those beside half of the old neighbours
SHINGLE, SAMPLES, COMMON = 5, 64, 64  # code points; shingles per passage; places from which one is no clue
EDGE, REACH = 256, 48  # code points of a near match that decide where an end is; how far that may be shifted
BY_WORDS = 2_000  # passages longer than this are scored by words, not code points
QUOTATION_MARKS = dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛′", "'")  # noqa: RUF001


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


@dataclass(frozen=True)
class Candidate:
    start: int
    end: int
    prefix: str
    suffix: str
    text: str


@dataclass(frozen=True)
class Reanchored:
    """`score` (0..1, only with needs_review) is the likeness of the words. 1.0: the place is in doubt, or
    only their encoding, quotation marks, dashes or white space changed."""

    state: Literal["anchored", "moved", "needs_review", "orphaned"]
    start: int | None = None
    end: int | None = None
    text: str | None = None
    score: float | None = None


class PassageNotFound(LookupError):
    def __init__(self, nearest: Candidate | None = None, score: float | None = None) -> None:
        super().__init__("The passage does not occur in the text.")
        self.nearest, self.score = nearest, score


class PassageAmbiguous(LookupError):
    """`candidates` are the first MAX_CANDIDATES occurrences, `total` counts all."""

    def __init__(self, candidates: list[Candidate], total: int) -> None:
        super().__init__(f"The passage occurs {total} times in the text.")
        self.candidates, self.total = candidates, total


def context(text: str, start: int, end: int, width: int = CONTEXT_LENGTH) -> tuple[str, str]:
    return text[max(0, start - width) : start], text[end : end + width]


def find_passage(text: str, passage: str, prefix: str = "", suffix: str = "") -> Span:
    """The only place where `passage` stands directly between `prefix` and `suffix`.

    Raises ValueError (empty passage), PassageNotFound, PassageAmbiguous.
    """
    if not passage:
        raise ValueError("A passage needs at least one code point.")
    places = occurrences(text, prefix + passage + suffix)
    first = [_span(at + len(prefix), passage) for at in islice(places, MAX_CANDIDATES)]
    if len(first) == 1:
        return first[0]
    if first:
        total = len(first) + sum(1 for _ in places)
        raise PassageAmbiguous([_candidate(text, span) for span in first], total)
    near = _NearMatches(text, [passage]).best(Selector(passage, prefix, suffix, start=None))
    if near is None:
        raise PassageNotFound
    raise PassageNotFound(_candidate(text, near[0]), score=near[1])


def reanchor(old_text: str, new_text: str, selectors: Sequence[Selector]) -> list[Reanchored]:
    """The new state of each selector, in their order. One that `old_text` does not hold at its `start` (it
    was in doubt before) is judged by its own prefix and suffix. Raises ValueError (empty passage)."""
    sought = [_at_home(old_text, selector) for selector in selectors]
    edit = _Edit.between(old_text, new_text)
    places = [_settle(edit, each) for each in sought]
    near = _NearMatches(new_text, [each.text for each, at in zip(sought, places, strict=True) if at is None])
    results = []
    for selector, each, at in zip(selectors, sought, places, strict=True):
        if at is not None:
            state: Literal["anchored", "moved"] = "anchored" if at == selector.start else "moved"
            results.append(Reanchored(state, *_span(at, each.text), each.text))
        elif found := near.best(each):
            span, score = found
            results.append(Reanchored("needs_review", *span, new_text[slice(*span)], score))
        else:
            results.append(Reanchored("orphaned"))
    return results


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
            run_end = following + _agreement(text, text, at, following)
            run = range(following, run_end - len(needle) + 1, period)
            yield from run
            following = text.find(needle, run[-1] + 1)
        at = following


def _agreement(left: str, right: str, at: int = 0, other: int = 0) -> int:
    """How many code points are the same in `left` from `at` on as in `right` from `other` on."""
    length, size = 0, 64
    while size:
        mine, theirs = left[at + length : at + length + size], right[other + length : other + length + size]
        if mine == theirs and len(mine) == size:
            length, size = length + size, size * 2
        else:
            size //= 2
    return length


def _first_two(text: str, needle: str) -> list[int]:
    return list(islice(occurrences(text, needle), 2))


def _span(start: int, passage: str) -> Span:
    return Span(start, start + len(passage))


def _candidate(text: str, span: Span) -> Candidate:
    return Candidate(*span, *context(text, *span), text[slice(*span)])


def _at_home(old: str, selector: Selector) -> Selector:
    """The selector as the old text has it; `start` is None when that cannot tell where it stood."""
    text, home = selector.text, selector.start
    if not text:
        raise ValueError("A passage needs at least one code point.")
    if home is None or home < 0 or not old.startswith(text, home):
        places = _first_two(old, selector.prefix + text + selector.suffix)
        home = places[0] + len(selector.prefix) if len(places) == 1 else None
    if home is None:
        return replace(selector, start=None)
    return Selector(text, *context(old, *_span(home, text)), home)


def _neighbours(old: str, sought: Selector, widths: Sequence[int]) -> list[tuple[str, str]]:
    """(prefix, suffix) of each width; of the first only where the old text cannot tell."""
    if sought.start is None:
        return [(sought.prefix, sought.suffix)]
    return [context(old, *_span(sought.start, sought.text), width) for width in widths]


class _Edit(NamedTuple):
    """Two texts, and how many code points at their beginning and at their end are the same."""

    old: str
    new: str
    before: int
    after: int

    @classmethod
    def between(cls, old: str, new: str) -> "_Edit":
        return cls(old, new, _agreement(old, new), _agreement(old[::-1], new[::-1]))


def _settle(edit: _Edit, sought: Selector) -> int | None:
    """The one place that can be meant, else None."""
    old, new, *_ = edit
    place = _far_from_the_edit(edit, sought)
    if place is None:
        place = _in_same_paragraph(old, new, sought)
    if place is None:
        place = _beside_same_words(old, new, sought)
    if place is not None or _rewritten_in_place(new, sought):
        return place
    place = _beside_similar_words(old, new, sought)
    return _only_place(old, new, sought, "", "") if place is None else place


def _far_from_the_edit(edit: _Edit, sought: Selector) -> int | None:
    """By the unchanged beginning or end of the text, unless they contradict each other, as they do when one
    of many identical paragraphs was deleted."""
    old, new, before, after = edit
    if sought.start is None or old == new:
        return sought.start
    shift = len(new) - len(old)
    follows = sought.start + len(sought.text) + WIDTHS[-1] <= before
    precedes = sought.start - WIDTHS[-1] >= len(old) - after
    if follows and precedes and shift:
        return None
    return sought.start if follows else sought.start + shift if precedes else None


def _in_same_paragraph(old: str, new: str, sought: Selector) -> int | None:
    """By a paragraph kept to the letter."""
    if sought.start is None:
        return None
    return _only_place(old, new, sought, *_paragraph(old, _span(sought.start, sought.text)))


def _paragraph(text: str, span: Span) -> tuple[str, str]:
    """The (prefix, suffix) that make the passage a whole paragraph."""
    prefix, suffix = context(text, *span, WIDTHS[-1])
    return prefix.rpartition("\n")[2], suffix.partition("\n")[0]


def _beside_same_words(old: str, new: str, sought: Selector) -> int | None:
    """By neighbours kept to the letter, unless one of the passage's doubles has as good a claim."""
    for prefix, suffix in _neighbours(old, sought, WIDTHS):
        place = _only_place(old, new, sought, prefix, suffix)
        if place is not None:
            return None if _is_contested(old, new, sought, place) else place
    return None


def _only_place(old: str, new: str, sought: Selector, prefix: str, suffix: str) -> int | None:
    """Where these neighbours stand, if they are unique in the new text and were so in the old one: of two
    doubles the meant one may be the one that was deleted."""
    needle = prefix + sought.text + suffix
    if len(needle) < DISTINCTIVE or (sought.start is not None and len(_first_two(old, needle)) > 1):
        return None
    places = [at + len(prefix) for at in _first_two(new, needle)]
    if len(places) != 1 or not _is_whole(new, places[0], sought.text, sought.prefix, sought.suffix):
        return None
    return places[0]


def _is_contested(old: str, new: str, sought: Selector, place: int) -> bool:
    """Whether a double shares more with the place on one side. Delete the second of "A said no. B said no. C"
    and the first stands before "C", as the second did."""
    if sought.start is None:
        return False
    prefix, suffix = context(new, *_span(place, sought.text), WIDTHS[-1])

    def shared(at: int) -> tuple[int, int]:
        before, after = context(old, *_span(at, sought.text), WIDTHS[-1])
        return _agreement(before[::-1], prefix[::-1]), _agreement(after, suffix)

    before, after = shared(sought.start)
    claims = [shared(at) for at in _doubles(old, new, sought, place)]
    return any(left > before or right > after for left, right in claims)


def _rewritten_in_place(new: str, sought: Selector) -> bool:
    """Whether other words now stand just where the passage stood: then the same words elsewhere are not it,
    unless they are so many, and what stands there so different, that it must have been moved."""
    length = len(sought.text)
    places = occurrences(new, sought.prefix) if sought.prefix and sought.suffix else ()
    for start in (at + len(sought.prefix) for at in islice(places, MAX_CANDIDATES)):
        end = new.find(sought.suffix, start, start + 2 * length + REACH)
        now = new[start : max(start, end)].strip()
        if now and sought.text not in now and (length < DISTINCTIVE or _likeness(sought.text, now) >= NEAR):
            return True
    return False


def _beside_similar_words(old: str, new: str, sought: Selector) -> int | None:
    """By neighbours that resemble the old ones, if old and new place are clearly each other's best match. Far
    neighbours may tell apart what near ones leave open, but not overrule them."""
    places, widths = _places(new, sought.text, sought.prefix, sought.suffix), WIDTHS[1:3]
    for mine, width in zip(_neighbours(old, sought, widths), widths, strict=False) if places else ():
        scored = [(_alike(mine, context(new, *_span(at, sought.text), width)), at) for at in places]
        score, best = max(scored)
        rivals = [other for other, at in scored if at != best] + _claims(old, new, sought, best, width)
        lead = score - max(rivals, default=0.0)
        if score >= SAME_NEIGHBOURS and lead >= CLEARLY_BETTER:
            return best
        if lead < 0:
            return None
    return None


def _claims(old: str, new: str, sought: Selector, place: int, width: int) -> list[float]:
    """How well the passage's doubles in the old text fit that place in the new one: perfectly, if the whole
    paragraph was theirs."""
    there = _span(place, sought.text)
    doubles = [_span(at, sought.text) for at in _doubles(old, new, sought, place)]
    theirs, paragraph = context(new, *there, width), _paragraph(new, there)
    return [
        1.0 if _paragraph(old, span) == paragraph else _alike(context(old, *span, width), theirs) for span in doubles
    ]


def _doubles(old: str, new: str, sought: Selector, place: int) -> list[int]:
    """The passage's other occurrences in the old text, as far as they can have come to that place."""
    if sought.start is None:
        return []
    beside = context(new, *_span(place, sought.text))
    return [at for at in _places(old, sought.text, *beside) if at != sought.start]


def _places(text: str, passage: str, prefix: str, suffix: str) -> list[int]:
    """Occurrences worth comparing: all, or of too many those that keep half the neighbours on one side."""
    places = set(islice(occurrences(text, passage), MAX_PLACES + 1))
    if len(places) > MAX_PLACES:
        before, after = prefix[-HALF:], suffix[:HALF]
        places = {at + len(before) for at in islice(occurrences(text, before + passage), MAX_PLACES)}
        places.update(islice(occurrences(text, passage + after), MAX_PLACES))
    return sorted(at for at in places if _is_whole(text, at, passage, prefix, suffix))


def _is_whole(text: str, at: int, passage: str, prefix: str, suffix: str) -> bool:
    """False where a passage of whole words is now part of others: "costs 12" in "costs 120"."""
    before, after = context(text, *_span(at, passage), 2)
    return (_within_word(prefix, passage) or not _within_word(before, passage)) and (
        _within_word(passage, suffix) or not _within_word(passage, after)
    )


def _within_word(left: str, right: str) -> bool:
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


def _alike(mine: tuple[str, str], theirs: tuple[str, str]) -> float:
    """Likeness (0..1) of two (prefix, suffix) pairs, as far as `mine` reach."""
    (prefix, suffix), (before, after) = mine, theirs
    before, after = before[max(0, len(before) - len(prefix)) :], after[: len(suffix)]
    length = len(prefix) + len(before) + len(suffix) + len(after)
    return 1 - (Indel.distance(prefix, before) + Indel.distance(suffix, after)) / length if length else 0.0


def _likeness(left: str, right: str) -> float:
    """Likeness (0..1) of two passages; 0.0 for anything less than NEAR."""
    if max(len(left), len(right)) <= BY_WORDS:
        return Indel.normalized_similarity(left, right, score_cutoff=NEAR)
    return Indel.normalized_similarity(WORD.findall(left), WORD.findall(right), score_cutoff=NEAR)


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


class _NearMatches:
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
            words = _likeness(passage, self.folded[slice(*span)])
            neighbours = _alike((prefix, suffix), context(self.folded, *span))
            has_witness = neighbours >= SAME_NEIGHBOURS or not prefix + suffix
            if _is_match(passage, words, has_witness):
                ranked.append((words + neighbours, -abs(span.start - home), span, words))
        if not ranked:
            return None
        *_, (start, end), words = max(ranked)
        return Span(self.origins[start], self.origins[end - 1] + 1), words

    def _spans(self, passage: str, prefix: str, suffix: str, home: int) -> set[Span]:
        same = {_span(at, passage) for at in _places(self.folded, passage, prefix, suffix)}
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
            starts = self._edges(start, 0, end - 1, _within_word(prefix, passage))
            start = min([at for at in starts if _suits(text[at], passage[0])] or [start], key=misfit_from)
            ends = self._edges(end, start + 1, len(text), _within_word(passage, suffix))
            end = min([at for at in ends if _suits(text[at - 1], passage[-1])] or [end], key=misfit_to)
        return Span(start, end)

    def _edges(self, near: int, lowest: int, highest: int, in_words: bool) -> list[int]:
        """Where a passage may begin or end, nearest first."""
        text, reach = self.folded, range(max(lowest, near - REACH), min(highest, near + REACH) + 1)
        edges = [at for at in reach if in_words or not _within_word(*context(text, at, at, 2))]
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
