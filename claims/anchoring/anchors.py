"""Finds a passage in an article's text, and finds it again after the text was edited.

Pure text, no Django. Offsets are code points, 0-based, end-exclusive: Python's own string indices.

Re-anchoring follows one rule: a statement moves by itself only onto exactly the same code points, and only
where nothing else can be meant. Every doubt is a person's to settle (`needs_review`, with a candidate).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, NamedTuple

from claims.anchoring.near_matches import REACH, NearMatches
from claims.anchoring.quotes import (
    CLEARLY_BETTER,
    CONTEXT_LENGTH,
    DISTINCTIVE,
    HALF,
    NEAR,
    SAME_NEIGHBOURS,
    Selector,
    Span,
    agreement,
    alike,
    comparable_places,
    context,
    is_whole,
    likeness,
    occurrences,
    span_of,
)

MAX_CANDIDATES = 20
WIDTHS = (HALF, CONTEXT_LENGTH, 128, 512, 2048)  # neighbours looked at, until a passage has no doubles


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


def find_passage(text: str, passage: str, prefix: str = "", suffix: str = "") -> Span:
    """The only place where `passage` stands directly between `prefix` and `suffix`.

    Raises ValueError (empty passage), PassageNotFound, PassageAmbiguous.
    """
    if not passage:
        raise ValueError("A passage needs at least one code point.")
    places = occurrences(text, prefix + passage + suffix)
    first = [span_of(at + len(prefix), passage) for at in islice(places, MAX_CANDIDATES)]
    if len(first) == 1:
        return first[0]
    if first:
        total = len(first) + sum(1 for _ in places)
        raise PassageAmbiguous([_candidate(text, span) for span in first], total)
    near = NearMatches(text, [passage]).best(Selector(passage, prefix, suffix, start=None))
    if near is None:
        raise PassageNotFound
    raise PassageNotFound(_candidate(text, near[0]), score=near[1])


def reanchor(old_text: str, new_text: str, selectors: Sequence[Selector]) -> list[Reanchored]:
    """The new state of each selector, in their order. One that `old_text` does not hold at its `start` (it
    was in doubt before) is judged by its own prefix and suffix. Raises ValueError (empty passage)."""
    sought = [_at_home(old_text, selector) for selector in selectors]
    edit = _Edit.between(old_text, new_text)
    places = [_settle(edit, each) for each in sought]
    near = NearMatches(new_text, [each.text for each, at in zip(sought, places, strict=True) if at is None])
    results = []
    for selector, each, at in zip(selectors, sought, places, strict=True):
        if at is not None:
            state: Literal["anchored", "moved"] = "anchored" if at == selector.start else "moved"
            results.append(Reanchored(state, *span_of(at, each.text), each.text))
        elif found := near.best(each):
            span, score = found
            results.append(Reanchored("needs_review", *span, new_text[slice(*span)], score))
        else:
            results.append(Reanchored("orphaned"))
    return results


def _first_two(text: str, needle: str) -> list[int]:
    return list(islice(occurrences(text, needle), 2))


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
    return Selector(text, *context(old, *span_of(home, text)), home)


def _neighbours(old: str, sought: Selector, widths: Sequence[int]) -> list[tuple[str, str]]:
    """(prefix, suffix) of each width; of the first only where the old text cannot tell."""
    if sought.start is None:
        return [(sought.prefix, sought.suffix)]
    return [context(old, *span_of(sought.start, sought.text), width) for width in widths]


class _Edit(NamedTuple):
    """Two texts, and how many code points at their beginning and at their end are the same."""

    old: str
    new: str
    before: int
    after: int

    @classmethod
    def between(cls, old: str, new: str) -> "_Edit":
        return cls(old, new, agreement(old, new), agreement(old[::-1], new[::-1]))


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
    return _only_place(old, new, sought, *_paragraph(old, span_of(sought.start, sought.text)))


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
    if len(places) != 1 or not is_whole(new, places[0], sought.text, sought.prefix, sought.suffix):
        return None
    return places[0]


def _is_contested(old: str, new: str, sought: Selector, place: int) -> bool:
    """Whether a double shares more with the place on one side. Delete the second of "A said no. B said no. C"
    and the first stands before "C", as the second did."""
    if sought.start is None:
        return False
    prefix, suffix = context(new, *span_of(place, sought.text), WIDTHS[-1])

    def shared(at: int) -> tuple[int, int]:
        before, after = context(old, *span_of(at, sought.text), WIDTHS[-1])
        return agreement(before[::-1], prefix[::-1]), agreement(after, suffix)

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
        if now and sought.text not in now and (length < DISTINCTIVE or likeness(sought.text, now) >= NEAR):
            return True
    return False


def _beside_similar_words(old: str, new: str, sought: Selector) -> int | None:
    """By neighbours that resemble the old ones, if old and new place are clearly each other's best match. Far
    neighbours may tell apart what near ones leave open, but not overrule them."""
    places, widths = comparable_places(new, sought.text, sought.prefix, sought.suffix), WIDTHS[1:3]
    for mine, width in zip(_neighbours(old, sought, widths), widths, strict=False) if places else ():
        scored = [(alike(mine, context(new, *span_of(at, sought.text), width)), at) for at in places]
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
    there = span_of(place, sought.text)
    doubles = [span_of(at, sought.text) for at in _doubles(old, new, sought, place)]
    theirs, paragraph = context(new, *there, width), _paragraph(new, there)
    return [
        1.0 if _paragraph(old, span) == paragraph else alike(context(old, *span, width), theirs) for span in doubles
    ]


def _doubles(old: str, new: str, sought: Selector, place: int) -> list[int]:
    """The passage's other occurrences in the old text, as far as they can have come to that place."""
    if sought.start is None:
        return []
    beside = context(new, *span_of(place, sought.text))
    return [at for at in comparable_places(old, sought.text, *beside) if at != sought.start]
