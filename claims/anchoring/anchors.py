"""Finds a passage in an article's text, and finds it again after the text was edited.

Pure text, no Django. Offsets are Unicode code points, 0-based, end-exclusive: Python's own string indices.

Re-anchoring follows one rule: a statement moves by itself only onto exactly the same code points, and only if no
other occurrence can be the right one. A person settles every doubt (`needs_review`, with a candidate).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, NamedTuple

from claims.anchoring.near_matches import MAX_SHIFT, NearMatches
from claims.anchoring.quotes import (
    CONTEXT_LENGTH,
    DISTINCTIVE_LENGTH,
    HALF_CONTEXT,
    MIN_LEAD,
    MIN_LIKENESS,
    SAME_CONTEXT,
    IndexedText,
    Selector,
    Span,
    common_length,
    comparable_occurrences,
    context,
    context_likeness,
    keeps_word_ends,
    likeness,
    occurrences,
    span_at,
)

MAX_CANDIDATES = 20
WIDTHS = (HALF_CONTEXT, CONTEXT_LENGTH, 128, 512, 2048)  # of the context compared, until a passage is unique


@dataclass(frozen=True)
class Candidate:
    start: int
    end: int
    prefix: str
    suffix: str
    text: str


@dataclass(frozen=True)
class Reanchored:
    """`score` (0..1, only with needs_review) is the likeness of the words. 1.0 means that the place is in doubt, or
    that only their encoding, quotation marks, dashes or white space changed."""

    state: Literal["anchored", "moved", "needs_review", "orphaned"]
    start: int | None = None
    end: int | None = None
    text: str | None = None
    score: float | None = None


class PassageNotFound(LookupError):
    """`places` are those that fit best, all equally well, in the order of the text; `score` their likeness."""

    def __init__(self, places: Sequence[Candidate] = (), score: float | None = None) -> None:
        super().__init__("The passage does not occur in the text.")
        self.places, self.score = places, score


class PassageAmbiguous(LookupError):
    """`candidates` are the first MAX_CANDIDATES occurrences, `total` counts all."""

    def __init__(self, candidates: list[Candidate], total: int) -> None:
        super().__init__(f"The passage occurs {total} times in the text.")
        self.candidates, self.total = candidates, total


def find_passage(text: str, passage: str, prefix: str = "", suffix: str = "") -> Span:
    """The only occurrence of `passage` directly between `prefix` and `suffix`.

    If there is none, then the only one in the whole text, unless it is a part of longer words.

    Raises ValueError (empty passage), PassageNotFound, PassageAmbiguous.
    """
    if not passage:
        raise ValueError("A passage needs at least one code point.")
    found = occurrences(text, prefix + passage + suffix)
    first = [span_at(at + len(prefix), passage) for at in islice(found, MAX_CANDIDATES)]
    if len(first) == 1:
        return first[0]
    if first:
        total = len(first) + sum(1 for _ in found)
        raise PassageAmbiguous([_candidate(text, span) for span in first], total)
    anywhere = _first_two(text, passage)
    if len(anywhere) == 1 and keeps_word_ends(text, anywhere[0], passage, prefix, suffix):
        return span_at(anywhere[0], passage)
    selector = Selector(passage, prefix, suffix, start=None)
    if places := _best_occurrences(text, selector):
        raise PassageNotFound([_candidate(text, span) for span in places[:MAX_CANDIDATES]], score=1.0)
    spans, score = NearMatches(text, [selector]).all_best(selector)
    raise PassageNotFound([_candidate(text, span) for span in spans[:MAX_CANDIDATES]], score)


def reanchor(old_text: str, new_text: str, selectors: Sequence[Selector]) -> list[Reanchored]:
    """The new state of each selector, in their order.

    A selector that `old_text` does not hold at its `start` (it was in doubt before) is found by its own prefix and
    suffix. Raises ValueError for an empty passage.
    """
    edit = _Edit.between(IndexedText(old_text), IndexedText(new_text))
    located = [_located(edit.old, selector) for selector in selectors]
    starts = [_new_start(edit, each) for each in located]
    near = NearMatches(new_text, [each for each, start in zip(located, starts, strict=True) if start is None])
    results = []
    for selector, each, start in zip(selectors, located, starts, strict=True):
        if start is not None:
            state: Literal["anchored", "moved"] = "anchored" if start == selector.start else "moved"
            results.append(Reanchored(state, *span_at(start, each.text), each.text))
        elif match := near.best(each):
            span, score = match
            results.append(Reanchored("needs_review", *span, new_text[slice(*span)], score))
        else:
            results.append(Reanchored("orphaned"))
    return results


def _first_two(text: str, needle: str) -> list[int]:
    return list(islice(occurrences(text, needle), 2))


def _best_occurrences(text: str, selector: Selector) -> list[Span]:
    """Of the occurrences as whole words, those whose context is most like the selector's."""
    passage, known = selector.text, (selector.prefix, selector.suffix)
    spans = [span_at(at, passage) for at in comparable_occurrences(text, passage, *known)]
    scores = [context_likeness(known, context(text, *span)) for span in spans]
    return [span for span, score in zip(spans, scores, strict=True) if score == max(scores)]


def _candidate(text: str, span: Span) -> Candidate:
    return Candidate(*span, *context(text, *span), text[slice(*span)])


def _located(old: str, selector: Selector) -> Selector:
    """The selector with its context in the old text; `start` is None if that text cannot tell where it was."""
    text, start = selector.text, selector.start
    if not text:
        raise ValueError("A passage needs at least one code point.")
    if start is None or start < 0 or not old.startswith(text, start):
        found = _first_two(old, selector.prefix + text + selector.suffix)
        start = found[0] + len(selector.prefix) if len(found) == 1 else None
    if start is None:
        return replace(selector, start=None)
    return Selector(text, *context(old, *span_at(start, text)), start)


def _old_contexts(old: str, selector: Selector, widths: Sequence[int]) -> list[tuple[str, str]]:
    """(prefix, suffix) of each width; only the selector's own if the old text cannot tell where it was."""
    if selector.start is None:
        return [(selector.prefix, selector.suffix)]
    return [context(old, *span_at(selector.start, selector.text), width) for width in widths]


class _Edit(NamedTuple):
    """Two texts, and how many code points at their beginning and at their end are the same."""

    old: str
    new: str
    same_head: int
    same_tail: int

    @classmethod
    def between(cls, old: str, new: str) -> "_Edit":
        return cls(old, new, common_length(old, new), common_length(old[::-1], new[::-1]))


def _new_start(edit: _Edit, selector: Selector) -> int | None:
    """The one offset that can be right, or None."""
    old, new, *_ = edit
    start = _outside_the_edit(edit, selector)
    if start is None and not _first_two(new, selector.text):
        return None
    if start is None:
        start = _in_same_paragraph(old, new, selector)
    if start is None:
        start = _in_same_context(old, new, selector)
    if start is not None or _rewritten_in_place(new, selector):
        return start
    start = _in_similar_context(old, new, selector)
    return _unique_start(old, new, selector, "", "") if start is None else start


def _outside_the_edit(edit: _Edit, selector: Selector) -> int | None:
    """By the unchanged beginning or end of the text, unless these contradict each other, as they do when one of
    many identical paragraphs was deleted."""
    old, new, same_head, same_tail = edit
    if selector.start is None or old == new:
        return selector.start
    shift = len(new) - len(old)
    is_in_head = selector.start + len(selector.text) + WIDTHS[-1] <= same_head
    is_in_tail = selector.start - WIDTHS[-1] >= len(old) - same_tail
    if is_in_head and is_in_tail:
        return None
    return selector.start if is_in_head else selector.start + shift if is_in_tail else None


def _in_same_paragraph(old: str, new: str, selector: Selector) -> int | None:
    """By a paragraph that did not change at all."""
    if selector.start is None:
        return None
    return _unique_start(old, new, selector, *_rest_of_paragraph(old, span_at(selector.start, selector.text)))


def _rest_of_paragraph(text: str, span: Span) -> tuple[str, str]:
    """The (prefix, suffix) that complete the passage to a whole paragraph."""
    prefix, suffix = context(text, *span, WIDTHS[-1])
    return prefix.rpartition("\n")[2], suffix.partition("\n")[0]


def _in_same_context(old: str, new: str, selector: Selector) -> int | None:
    """By a context that did not change at all, unless a duplicate of the passage fits it as well."""
    for prefix, suffix in _old_contexts(old, selector, WIDTHS):
        if not _first_two(new, prefix + selector.text + suffix):
            return None  # nor is a wider context
        start = _unique_start(old, new, selector, prefix, suffix)
        if start is not None:
            return None if _is_contested(old, new, selector, start) else start
    return None


def _unique_start(old: str, new: str, selector: Selector, prefix: str, suffix: str) -> int | None:
    """Where the passage occurs in this context, if it does once in the new text and did once in the old one: of two
    duplicates the right one may be the one that was deleted."""
    needle = prefix + selector.text + suffix
    if len(needle) < DISTINCTIVE_LENGTH:
        return None
    starts = [at + len(prefix) for at in _first_two(new, needle)]
    if len(starts) != 1 or not keeps_word_ends(new, starts[0], selector.text, selector.prefix, selector.suffix):
        return None
    return None if selector.start is not None and len(_first_two(old, needle)) > 1 else starts[0]


def _is_contested(old: str, new: str, selector: Selector, start: int) -> bool:
    """Whether a duplicate has more context in common on one side. Delete the second of "A said no. B said no. C"
    and the first stands before "C", as the second did."""
    if selector.start is None:
        return False
    prefix, suffix = context(new, *span_at(start, selector.text), WIDTHS[-1])

    def common(old_start: int) -> tuple[int, int]:
        before, after = context(old, *span_at(old_start, selector.text), WIDTHS[-1])
        return common_length(before[::-1], prefix[::-1]), common_length(after, suffix)

    before, after = common(selector.start)
    rivals = [common(at) for at in _duplicates(old, new, selector, start)]
    return any(rival_before > before or rival_after > after for rival_before, rival_after in rivals)


def _rewritten_in_place(new: str, selector: Selector) -> bool:
    """Whether other words now stand exactly where the passage stood. The same words elsewhere are then not the
    passage, unless they are so many, and the new words so different, that it must have been moved."""
    length = len(selector.text)
    found = occurrences(new, selector.prefix) if selector.prefix and selector.suffix else ()
    for start in (at + len(selector.prefix) for at in islice(found, MAX_CANDIDATES)):
        end = new.find(selector.suffix, start, start + 2 * length + MAX_SHIFT)
        now = new[start : max(start, end)].strip()
        if not now or selector.text in now:
            continue
        if length < DISTINCTIVE_LENGTH or likeness(selector.text, now) >= MIN_LIKENESS:
            return True
    return False


def _in_similar_context(old: str, new: str, selector: Selector) -> int | None:
    """By a context like the old one, if the old and the new occurrence are clearly each other's best match. A wider
    context may decide what a narrow one leaves open, but not overrule it."""
    starts = comparable_occurrences(new, selector.text, selector.prefix, selector.suffix)
    widths = WIDTHS[1:3]
    for known, width in zip(_old_contexts(old, selector, widths), widths, strict=False) if starts else ():
        scored = [(context_likeness(known, context(new, *span_at(at, selector.text), width)), at) for at in starts]
        score, best = max(scored)
        rivals = [other for other, at in scored if at != best] + _rival_scores(old, new, selector, best, width)
        lead = score - max(rivals, default=0.0)
        if score >= SAME_CONTEXT and lead >= MIN_LEAD:
            return best
        if lead < 0:
            return None
    return None


def _rival_scores(old: str, new: str, selector: Selector, start: int, width: int) -> list[float]:
    """How well the passage's duplicates in the old text fit that occurrence in the new one: perfectly, if the whole
    paragraph was theirs."""
    span = span_at(start, selector.text)
    duplicates = [span_at(at, selector.text) for at in _duplicates(old, new, selector, start)]
    new_context, paragraph = context(new, *span, width), _rest_of_paragraph(new, span)
    return [
        1.0 if _rest_of_paragraph(old, each) == paragraph else context_likeness(context(old, *each, width), new_context)
        for each in duplicates
    ]


def _duplicates(old: str, new: str, selector: Selector, start: int) -> list[int]:
    """The passage's other occurrences in the old text that can have become the one at `start` in the new text."""
    if selector.start is None:
        return []
    beside = context(new, *span_at(start, selector.text))
    return [at for at in comparable_occurrences(old, selector.text, *beside) if at != selector.start]
