"""What changed between two texts, word by word. Takes time in proportion to their length, whatever they hold.

Words that stand once in both texts, together with those after them, hold the texts together: of these the longest
series that keeps its order (as in a patience diff). The longest common subsequence is sought only between them.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

# Scripts without spaces have a word for each character, with the marks that belong to it.
UNSPACED = r"\u0e00-\u0e7f\u3041-\u3098\u309b-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
MARKS = r"\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
SIGNS = r"!-/:-@\[-`{-~\u00a1-\u00bf\u2000-\u206f\u3000-\u303f\uff01-\uff0f"
WORD = re.compile(rf"[{UNSPACED}][{MARKS}]*|[^\s{UNSPACED}{SIGNS}]+|\s+|.", re.S)

RUN = 6  # words that must be the same in a row to hold the texts together
MAX_CELLS = 20_000_000  # of the table that compares the words between two places; 2.5 MB
CONTEXT = 20  # words and spaces around a change
MAX_WORDS = 300  # of what is gone or new in one change; of the rest only the number is shown


@dataclass(frozen=True)
class Part:
    kind: str  # "same", "gone" or "new"
    text: str
    more: int = 0  # code points that are left out at its end


@dataclass(frozen=True)
class WordDiff:
    hunks: list[list[Part]]  # each with the words around its changes
    more: int  # changes that are left out


Block = tuple[int, int, int]  # the place in the first text, that in the second, and how many words are the same


Change = tuple[int, int, int, int]  # [from, to) in the first text became [from, to) in the second


def word_diff(before: str, after: str, limit: int = 6_000) -> WordDiff:
    """`limit`: how many words are shown, or some hundred more."""
    old, new = WORD.findall(before), WORD.findall(after)
    changes = list(_changes(old, new))
    number = words = 0
    while number < len(changes) and words < limit:
        start, end, begin, finish = changes[number]
        words += 2 * CONTEXT + min(end - start, MAX_WORDS) + min(finish - begin, MAX_WORDS)
        number += 1
    return WordDiff([_shown(old, new, hunk) for hunk in _hunks(changes[:number])], len(changes) - number)


def _changes(old: list[str], new: list[str]) -> Iterator[Change]:
    """What stands between the blocks. A space between two changes belongs to them."""
    i = j = 0
    pending: Change | None = None
    for at, there, length in _blocks(old, new):
        if i < at or j < there:
            pending = (pending[0], at, pending[2], there) if pending else (i, at, j, there)
        if pending and not "".join(old[at : at + length]).isspace():
            yield pending
            pending = None
        i, j = at + length, there + length


def _blocks(old: list[str], new: list[str]) -> Iterator[Block]:
    """What is the same, in order. The last block is empty, and stands at both ends."""
    i = j = 0
    for at, there in [*_anchors(old, new), (len(old), len(new))]:
        if at < i or there < j:  # within the block before
            continue
        yield from _between(old, new, i, at, j, there)
        i, j = at, there
        while i < len(old) and j < len(new) and old[i] == new[j]:
            i, j = i + 1, j + 1
        yield at, there, i - at


def _anchors(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Where runs that stand once in each text begin in both: the longest series that keeps its order."""
    places = _places_of_runs(new)
    pairs = [(at, places[run]) for run, at in _places_of_runs(old).items() if places.get(run, -1) >= 0 and at >= 0]
    pairs.sort()
    ends: list[int] = []  # of the best series of each length, the last place in the second text
    last: list[int] = []  # and its index among the pairs
    previous: list[int] = []
    for index, (_, there) in enumerate(pairs):
        length = bisect_left(ends, there)
        previous.append(last[length - 1] if length else -1)
        ends[length : length + 1], last[length : length + 1] = [there], [index]
    series, index = [], last[-1] if last else -1
    while index >= 0:
        series.append(pairs[index])
        index = previous[index]
    return series[::-1]


def _places_of_runs(words: list[str]) -> dict[int, int]:
    """By the hash of the run; -1 if it stands there more than once."""
    places: dict[int, int] = {}
    for place, run in enumerate(map(hash, zip(*(words[n:] for n in range(RUN)), strict=False))):
        places[run] = -1 if run in places else place
    return places


def _between(old: list[str], new: list[str], i: int, at: int, j: int, there: int) -> Iterator[Block]:
    """The blocks within [i, at) and [j, there). Of too many words only what is the same at both ends."""
    start = i
    while i < at and j < there and old[i] == new[j]:
        i, j = i + 1, j + 1
    if start < i:
        yield start, j - (i - start), i - start
    end = at
    while i < at and j < there and old[at - 1] == new[there - 1]:
        at, there = at - 1, there - 1
    if (at - i) * (there - j) <= MAX_CELLS:
        for block in LCSseq.opcodes(old[i:at], new[j:there]).as_matching_blocks():
            if block.size:
                yield i + block.a, j + block.b, block.size
    if at < end:
        yield at, there, end - at


def _hunks(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Changes whose words around them touch belong together."""
    hunk: list[Change] = []
    for change in changes:
        if hunk and change[0] - hunk[-1][1] > 2 * CONTEXT:
            yield hunk
            hunk = []
        hunk.append(change)
    if hunk:
        yield hunk


def _shown(old: list[str], new: list[str], hunk: list[Change]) -> list[Part]:
    parts = []
    at = max(0, hunk[0][0] - CONTEXT)
    for start, end, begin, finish in hunk:
        parts += [Part("same", "".join(old[at:start])), _cut("gone", old[start:end]), _cut("new", new[begin:finish])]
        at = end
    parts.append(Part("same", "".join(old[at : at + CONTEXT])))
    return [part for part in parts if part.text]


def _cut(kind: str, words: list[str]) -> Part:
    return Part(kind, "".join(words[:MAX_WORDS]), sum(map(len, words[MAX_WORDS:])))
