"""Which charsets texts may be in."""

import codecs

# Python decodes these too. No text is in them, and five megabytes of punycode would take a quarter of an hour.
NOT_OF_TEXT = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})


def is_of_text(encoding: str) -> bool:
    """Whether texts may be in it, and Python knows it."""
    try:
        bytes(4).decode(encoding)  # also refuses those that are of bytes, such as zlib
        return codecs.lookup(encoding).name not in NOT_OF_TEXT
    except (LookupError, ValueError):  # the latter for `undefined`, and for a name with a NUL
        return False
