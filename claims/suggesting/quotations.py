"""Quotations by their marks, whatever the language: “…”, "…", „…“, «…», »…«, ''…'', ‘…’, 「…」, 『…』.

One pass over the marks of a paragraph. A double quotation that nobody closes runs to the end of its paragraph, as in
speech that goes on in the next one. Single marks are apostrophes too, and count only where they hold some words.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

CLOSERS = {"“": "”\"“", "„": "“”\"", "«": "»", "»": "«", '"': '"”', "''": ("''",), "「": "」", "『": "』"}  # fmt: skip
MARK = re.compile(r"''|[“”„«»\"「」『』‘’']")
PARAGRAPH = re.compile(r"[^\n]+(?:\n(?=[^\S\n]*[a-zà-ÿ])[^\n]+)*")  # a line that goes on in lower case is wrapped
MIN_UNCLOSED = 25
MIN_SINGLE_WORDS = 2
SINGLE = {"‘": "’'", "'": "'’"}


class Quotation(NamedTuple):
    start: int
    end: int
    closed: bool


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in PARAGRAPH.finditer(text))


def quotations(text: str, start: int, end: int) -> list[Quotation]:
    """The outermost quotations of one paragraph, in order."""
    found: list[Quotation] = []
    opened: tuple[int, str] | None = None
    for match in MARK.finditer(text, start, end):
        mark, at = match[0], match.start()
        if opened is None or opened[1] in SINGLE:
            if (mark in CLOSERS and _opens(text, mark, at, start)) or (
                opened is None and mark in SINGLE and _opens(text, mark, at, start)
            ):
                opened = (at, mark)
            elif opened and mark in SINGLE[opened[1]] and _closes_single(text, opened[0], at, end):
                found.append(Quotation(opened[0], at + 1, True))
                opened = None
        elif mark in CLOSERS[opened[1]]:
            reopened = mark == opened[1] == "“"
            found.append(Quotation(opened[0], at if reopened else match.end(), not reopened))
            opened = (at, mark) if reopened else None
    if opened and opened[1] not in SINGLE and end - opened[0] > MIN_UNCLOSED:
        found.append(Quotation(opened[0], end, False))
    return found


def _opens(text: str, mark: str, at: int, start: int) -> bool:
    before = text[at - 1] if at > start else " "
    after = text[at + len(mark) : at + len(mark) + 1]
    if mark in SINGLE:
        return not before.isalnum() and before not in ".,!?…" and after.isalnum()
    if mark in "\"''":
        return not before.isalnum() and not after.isspace() and after != ""
    return mark != "»" or not before.isalnum()


def _closes_single(text: str, opened: int, at: int, end: int) -> bool:
    """Not an apostrophe: nothing of a word follows, and it is no plural’s genitive (“the voters’ choice”)."""
    after = text[at + 1 : min(at + 3, end)]
    if after[:1].isalnum() or (text[at - 1] == "s" and after[:1] == " " and after[1:].islower()):
        return False
    return text[at - 1] != " " and len(text[opened : min(at, opened + 200)].split()) >= MIN_SINGLE_WORDS
