"""Merkle trees as in RFC 9162, section 2.1, of which only some hashes are stored.

A subtree is (level, index): the complete one over the leaves from index * 2**level, 2**level of them. Stored are the
leaves' hashes (level 0) and those of the subtrees at levels 8, 16, 24 …; all others are made of at most 256 of them.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce

STEP = 8  # levels between two stored ones
Subtree = tuple[int, int]
Range = tuple[int, int, int]  # a stored level, the first index, and the index after the last
Read = Callable[[Sequence[Range]], Mapping[Subtree, bytes]]
Span = tuple[int, int]  # leaves: the first position, and the position after the last


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def inclusion_path(position: int, size: int, read: Read) -> list[bytes]:
    """The hashes that lead from the leaf to the root of the tree of that size. `position` is below `size`."""
    first, stop, siblings = 0, size, []
    while stop - first > 1:
        middle = first + _split(stop - first)
        if position < middle:
            siblings.append((middle, stop))
            stop = middle
        else:
            siblings.append((first, middle))
            first = middle
    return _span_hashes(siblings[::-1], read)


def consistency_path(old: int, size: int, read: Read) -> list[bytes]:
    """The hashes that lead from the tree of size `old` to the one of `size`, where 0 < old <= size."""
    first, stop, parts = 0, size, []
    while old != stop:
        middle = first + _split(stop - first)
        if old <= middle:
            parts.append((middle, stop))
            stop = middle
        else:
            parts.append((first, middle))
            first = middle
    if first:  # otherwise it is the old root, which the reader has
        parts.append((first, stop))
    return _span_hashes(parts[::-1], read)


class Growing:
    """A tree of which only the hashes along its right edge are kept: enough to add leaves and to know the root."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)

    def add(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Returns the subtrees that the leaf completes at stored levels above 0, as (level, index, hash)."""
        self.size += 1
        self.peaks.append(leaf)
        completed, level = [], 0
        while not self.size >> level & 1:
            right, left = self.peaks.pop(), self.peaks.pop()
            self.peaks.append(node_hash(left, right))
            level += 1
            if level % STEP == 0:
                completed.append((level, (self.size >> level) - 1, self.peaks[-1]))
        return completed

    @property
    def root(self) -> bytes:
        return _join(self.peaks) if self.peaks else hashlib.sha256().digest()


def grown(size: int, read: Read) -> Growing:
    """The tree of that size, to go on from."""
    subtrees = list(_subtrees(0, size))
    stored = read([_base(subtree) for subtree in subtrees])
    return Growing(size, [_subtree_hash(subtree, stored) for subtree in subtrees])


def _split(width: int) -> int:
    """The largest power of two below it."""
    return 1 << (width - 1).bit_length() - 1


def _span_hashes(spans: Sequence[Span], read: Read) -> list[bytes]:
    """All in one read: a proof costs a fixed number of queries."""
    parts = [list(_subtrees(*span)) for span in spans]
    stored = read([_base(subtree) for span in parts for subtree in span])
    return [_join([_subtree_hash(subtree, stored) for subtree in span]) for span in parts]


def _subtrees(first: int, stop: int) -> Iterator[Subtree]:
    """The complete subtrees that a span of the tree is made of, from the left: the largest is first."""
    while first < stop:
        level = (stop - first).bit_length() - 1
        yield level, first >> level
        first += 1 << level


def _base(subtree: Subtree) -> Range:
    """The stored hashes that it is made of."""
    level, index = subtree
    width = 1 << level % STEP
    return level - level % STEP, index * width, (index + 1) * width


def _subtree_hash(subtree: Subtree, stored: Mapping[Subtree, bytes]) -> bytes:
    level, first, stop = _base(subtree)
    return _fold([stored[level, index] for index in range(first, stop)])


def _fold(row: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def _join(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, each smaller than the one before."""
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes))
