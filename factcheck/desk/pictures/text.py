"""Names on a picture: cut into lines by how wide they look, since a server cannot measure a reader's fonts."""

import unicodedata
from itertools import accumulate

JOINER = "\u200d"  # between the signs of one emoji
SKIN_TONES = range(0x1F3FB, 0x1F400)


def in_lines(text: str, width: int, count: int) -> list[str]:
    """At most `count` lines, each as wide as `width` Latin letters; an ellipsis stands for the rest."""
    words, lines = text.split(), list[str]()
    while words and len(lines) < count - 1:
        line = words.pop(0)
        while words and width_of(f"{line} {words[0]}") <= width:
            line = f"{line} {words.pop(0)}"
        if width_of(line) > width:  # a long word, or a script without spaces
            head = _cut(line, width)
            line, words = head, [line[len(head) :], *words]
        lines.append(line)
    return [*lines, shortened(" ".join(words), width)] if words else lines


def shortened(text: str, width: int) -> str:
    return text if width_of(text) <= width else _cut(text, width - 1).rstrip() + "…"


def width_of(text: str) -> int:
    return sum(_widths(text))


def _widths(text: str) -> list[int]:
    """Of each sign; those that belong to the one before them take no room."""
    return [
        0 if _extends(sign) or before == JOINER else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for before, sign in zip(" " + text, text, strict=False)
    ]


def _extends(sign: str) -> bool:
    """Whether it belongs to the sign before it."""
    return sign == JOINER or unicodedata.category(sign) in ("Mn", "Me", "Cf") or ord(sign) in SKIN_TONES


def _cut(text: str, width: int) -> str:
    """As many whole signs as fit, at least one."""
    widths = accumulate(_widths(text))
    end = next((place for place, wide in enumerate(widths) if wide > width), len(text) - 1)
    while end > 1 and (_extends(text[end]) or text[end - 1] == JOINER):
        end -= 1
    return text[: max(end, 1)]
