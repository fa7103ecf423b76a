"""Whether this server was told to end, and only finishes what it is still sent."""

from mmap import mmap

_begun = mmap(-1, 1)  # shared with every process that is forked from this one


def begin() -> None:
    _begun[0] = 1


def has_begun() -> bool:
    return bool(_begun[0])
