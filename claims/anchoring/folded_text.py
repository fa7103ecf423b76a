"""A text as a reader sees it, with an index of short pieces of it, so that many passages are found in one scan.

Pure text, no Django. Offsets are Unicode code points of the folded text.
"""

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

import regex

from claims.anchoring.quotes import WITHIN_WORD, IndexedText, Span, occurrences

SHINGLE_LENGTH, MAX_SHINGLES = 5, 64  # code points; shingles per passage
MAX_SHINGLE_OFFSETS = 64  # a shingle that occurs more often is no clue
BLOCK = 512  # code points whose word borders are found at once
LETTERS = regex.compile(r"[\p{L}\p{N}]{2,}")  # no offset within is a border, and most of a text is such
QUOTATION_MARKS = dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛′", "'")  # noqa: RUF001


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    category = unicodedata.category(character)
    if character == "\u200d" or "\U000e0020" <= character <= "\U000e007f":  # parts of an emoji
        return character
    if character == "\r" or category == "Cf":  # CRLF is LF; soft hyphens and direction marks are invisible
        return ""
    if character.isspace():
        return " "
    if category == "Pd":
        return "-"
    return QUOTATION_MARKS.get(character) or unicodedata.normalize("NFKD", character)


def fold(text: str) -> str:
    """The text as a reader sees it, so that a changed encoding is not a changed word."""
    if text.isascii() and text.isprintable():  # most passages: each of these is its own fold
        return text
    return text.translate({ord(each): _fold_character(each) for each in set(text)})


def sample_shingles(passage: str) -> list[tuple[int, str]]:
    """(offset, shingle), in their order."""
    last = len(passage) - SHINGLE_LENGTH
    offsets = range(0, last + 1, max(1, last // MAX_SHINGLES))
    return [(offset, passage[offset : offset + SHINGLE_LENGTH]) for offset in offsets]


class FoldedText:
    def __init__(self, text: str, shingles: set[str]) -> None:
        """`shingles` are those whose offsets will be asked for."""
        self.text = IndexedText(fold(text))
        self.origins = _origins(text)
        self.borders: dict[int, list[int]] = {}
        self.shingle_offsets = _shingle_offsets(self.text, shingles)

    def origin(self, span: Span) -> Span:
        """The same span in the text that was folded."""
        return Span(self.origins[span.start], self.origins[span.end - 1] + 1)

    def occurrences(self, needle: str) -> Iterator[int]:
        """By the needle's first shingle, if it is indexed; otherwise the text is searched."""
        places = self.shingle_offsets.get(needle[:SHINGLE_LENGTH])
        if places is None:
            return occurrences(self.text, needle)
        return (at for at in places if self.text.startswith(needle, at))

    def borders_between(self, first: int, last: int) -> Sequence[int]:
        """The offsets from `first` to `last` that split no word. The text is read as far as somebody asks."""
        found: list[int] = []
        for block in range(first // BLOCK, last // BLOCK + 1):
            if block not in self.borders:
                self.borders[block] = word_borders(self.text, block * BLOCK, (block + 1) * BLOCK)
            borders = self.borders[block]
            found += borders[bisect_left(borders, first) : bisect_right(borders, last)]
        return found


def _origins(text: str) -> Sequence[int]:
    """For each code point of the folded text, the offset of the one it came from."""
    widths = {each: len(_fold_character(each)) for each in set(text)}
    if set(widths.values()) <= {1}:
        return range(len(text))
    return [at for at, each in enumerate(text) for _ in range(widths[each])]


def word_borders(text: str, start: int, end: int) -> list[int]:
    """Each offset from `start` to before `end` that splits no word (see splits_word)."""
    runs = LETTERS.finditer(text, max(0, start - 1), end)
    inside = {at for run in runs for at in range(run.start() + 1, run.end())}
    possible = (at for at in range(start, min(end, len(text) + 1)) if at not in inside)
    return [at for at in possible if not WITHIN_WORD.match(text, at)]


def _shingle_offsets(text: str, shingles: set[str]) -> dict[str, list[int]]:
    """Where each shingle occurs, without those that occur all over the text."""
    offsets: dict[str, list[int]] = {shingle: [] for shingle in shingles if len(shingle) == SHINGLE_LENGTH}
    for at in range(len(text) - SHINGLE_LENGTH + 1):
        found = offsets.get(text[at : at + SHINGLE_LENGTH])
        if found is not None and len(found) <= MAX_SHINGLE_OFFSETS:
            found.append(at)
    return {shingle: found for shingle, found in offsets.items() if len(found) <= MAX_SHINGLE_OFFSETS}
