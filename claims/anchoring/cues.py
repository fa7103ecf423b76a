"""The cues of captions in a text, and where they are after the text was edited.

Pure text, no Django. Offsets are Unicode code points, 0-based, end-exclusive: Python's own string indices.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from claims.anchoring.quotes import WORD, Span

MAX_COMPARISONS = 2 * 10**10  # of words: some seconds. Of more words, only whole paragraphs keep their cues.
PARAGRAPH = re.compile(r"[^\n]+")


class Cue(NamedTuple):
    """The code points [start, end) are spoken in the milliseconds [begins, ends) of the recording.

    The cues of a text are in its order and do not overlap there; their times may be in any order.
    """

    start: int
    end: int
    begins: int
    ends: int


def fit(cues: Sequence[Cue], text: str) -> bool:
    """Whether they are ranges of the text, in its order."""
    ends = [0, *(cue.end for cue in cues)]
    ranges = zip(ends, cues, strict=False)
    in_order = all(end <= cue.start < cue.end and 0 <= cue.begins <= cue.ends for end, cue in ranges)
    return in_order and ends[-1] <= len(text)


def spoken(cues: Sequence[Cue], start: int, end: int) -> tuple[float, float] | None:
    """The seconds in which the passage [start, end) is spoken, from its first cue to its last.

    None if no cue has a part of it.
    """
    found = [cue for cue in cues if cue.start < end and cue.end > start]
    if not found:
        return None
    return min(cue.begins for cue in found) / 1000, max(cue.ends for cue in found) / 1000


def moved(cues: Sequence[Cue], old: str, new: str) -> list[Cue]:
    """The cues in the new text. A cue stays with the words that are left of it, if these are half of it or more."""
    places = _new_places(old, new) if cues else {}
    starts = sorted(places)
    found = []
    for cue in cues:
        left: list[Span] = [places[at] for at in starts[bisect_left(starts, cue.start) : bisect_left(starts, cue.end)]]
        if 2 * sum(word.end - word.start for word in left) >= _length_of_words(old, cue):
            found.append(cue._replace(start=min(left).start, end=max(left).end))
    return list(_without_overlaps(found))


def _length_of_words(text: str, cue: Cue) -> int:
    return max(1, sum(len(word) for word in WORD.findall(text, cue.start, cue.end)))


def _without_overlaps(cues: Iterable[Cue]) -> Iterator[Cue]:
    """Words of a cue may have gone to two paragraphs that changed places."""
    end = 0
    for cue in sorted(cues):
        if cue.start >= end:
            yield cue
            end = cue.end


def _new_places(old: str, new: str) -> dict[int, Span]:
    """Each word that is left, by its old offset, with its place in the new text.

    A paragraph that stands once in both texts may have moved. The words of the others are compared in their order.
    """
    before, after = _paragraphs(old), _paragraphs(new)
    same = [each for each in before if len(before[each]) == len(after.get(each, ())) == 1]
    kept = _words(old, [before[each][0] for each in same]), _words(new, [after[each][0] for each in same])
    places = {word.start(): Span(*there.span()) for word, there in zip(*kept, strict=True)}
    others, theirs = _words(old, _other_places(before, same)), _words(new, _other_places(after, same))
    if len(others) * len(theirs) <= MAX_COMPARISONS:
        edit = Levenshtein.opcodes([word[0].casefold() for word in others], [word[0].casefold() for word in theirs])
        for block in edit.as_matching_blocks():
            pairs = zip(others[block.a : block.a + block.size], theirs[block.b : block.b + block.size], strict=True)
            places.update((word.start(), Span(*there.span())) for word, there in pairs)
    return places


def _paragraphs(text: str) -> dict[str, list[Span]]:
    """Each distinct paragraph with the places where it stands."""
    found = defaultdict(list)
    for paragraph in PARAGRAPH.finditer(text):
        found[paragraph[0]].append(Span(*paragraph.span()))
    return found


def _other_places(paragraphs: dict[str, list[Span]], same: Iterable[str]) -> list[Span]:
    return sorted(span for each in paragraphs.keys() - same for span in paragraphs[each])


def _words(text: str, spans: Iterable[Span]) -> list[re.Match[str]]:
    return [word for span in spans for word in WORD.finditer(text, *span)]
