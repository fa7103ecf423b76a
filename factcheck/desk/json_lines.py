"""The line on which each value of a JSON text begins: errors have JSON pointers, but editors look for lines."""

import re
from bisect import bisect_right
from json import JSONDecoder

SPACE = re.compile(r"[ \t\n\r]*")
DECODER = JSONDecoder()


def lines_of(text: str) -> dict[str, int]:
    """Line numbers from 1, by JSON pointer as a URI fragment (RFC 6901) such as `#/statements/0/text`.

    The text must be valid JSON.
    """
    begins = [0, *(match.end() for match in re.finditer("\n", text))]
    lines: dict[str, int] = {}

    def value(at: int, pointer: str) -> int:
        at = _skip(text, at)
        lines[pointer] = bisect_right(begins, at)
        if text[at] == "{":
            return members(at + 1, pointer)
        if text[at] == "[":
            return items(at + 1, pointer)
        return DECODER.raw_decode(text, at)[1]

    def members(at: int, pointer: str) -> int:
        at = _skip(text, at)
        while text[at] != "}":
            name, at = DECODER.raw_decode(text, _skip(text, at))
            at = _skip(text, at) + 1  # the colon
            at = _after_comma(text, value(at, f"{pointer}/{_escaped(name)}"))
        return at + 1

    def items(at: int, pointer: str) -> int:
        at, index = _skip(text, at), 0
        while text[at] != "]":
            at = _after_comma(text, value(at, f"{pointer}/{index}"))
            index += 1
        return at + 1

    value(0, "#")
    return lines


def line_of(pointer: str, lines: dict[str, int]) -> int | None:
    """The line of the value; if the value is missing, that of the closest object or list around it."""
    while pointer not in lines and "/" in pointer:
        pointer = pointer.rpartition("/")[0]
    return lines.get(pointer)


def _skip(text: str, at: int) -> int:
    match = SPACE.match(text, at)
    return match.end() if match else at


def _after_comma(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
