"""Speaker labels of transcripts: `NAME: …`, `Q. …` and `A. …`, `>> NAME: …`."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from claims.suggesting.attribution import Span

LABEL = re.compile(
    r"[^\S\n]*(?P<arrows>>>+[^\S\n]*)?(?:-[^\S\n]*)?"
    r"(?:(?P<letter>[QA])[.:]|(?P<name>[\w@][\w.,’'&\- ]{0,58}?(?:[^\S\n]*\([^()\n]{1,40}\))?):)(?=[^\S\n]+\S)"
)
NOT_NAMES = frozenset(
    (
        "update",
        "updated",
        "note",
        "correction",
        "clarification",
        "watch",
        "read",
        "more",
        "related",
        "photo",
        "video",
        "breaking",
        "exclusive",
        "opinion",
        "analysis",
        "source",
        "sources",
        "fact",
        "verdict",
        "claim",
        "warning",
        "live",
        "copyright",
        "editor",
        "summary",
        "key",
        "topics",
        "tags",
        "subject",
        "date",
        "from",
        "to",
        "question",
        "answer",
    )
)
MAX_WORDS = 7
VOICE = re.compile(r"[^\s:].{0,99}: ")
NEW_TURN = re.compile(r"[^\S\n]*(?:>>|-[^\S\n]?[^\W\d_])")
STAGE = re.compile(r"\s*(?:\([^()\n]*\)|\[[^\[\]\n]*\])\s*$")


class Label(NamedTuple):
    """What is said begins at `end`."""

    speaker: Span
    end: int


def voices(text: str, cues: Iterable[Span]) -> tuple[Label, ...]:
    """The labels that stand before captions, whose words are at `cues`: they were written for a voice of WebVTT."""
    found, last = [], 0
    for start, end in cues:
        line = text.rfind("\n", 0, start) + 1
        if last <= line and VOICE.fullmatch(text, line, start):
            found.append(Label((line, start - len(": ")), start))
        last = end
    return tuple(found)


def labels(text: str, paragraphs: list[Span]) -> dict[int, Label]:
    """By the start of their paragraph. What stands behind `>>` counts by itself, `Q.` beside an `A.`, capitals if there
    are more labels; any other name if most of the text is labelled, and it has two words or comes again."""
    found = {}
    for start, end in paragraphs:
        match = LABEL.match(text, start, end)
        if match and _may_be_a_name(match):
            found[start] = match
    names = Counter(match["name"] or match["letter"] for match in found.values())
    mostly = 2 * len(found) > len(paragraphs)
    return {start: _label(match) for start, match in found.items() if _counts(match, names, mostly)}


def goes_on(labelled: dict[int, Label], paragraphs: list[Span]) -> bool:
    """Is the text a transcript throughout, so that a paragraph without a label goes on with the speaker before?"""
    early = any(start in labelled for start, _ in paragraphs[:5])
    return early and (3 * len(labelled) >= len(paragraphs) or len(labelled) >= 3)


def begins_turn(text: str, paragraph: int) -> bool:
    """Without a name: “>> No.”, “- No.”"""
    return NEW_TURN.match(text, paragraph) is not None


def is_stage_direction(words: str) -> bool:
    """(APPLAUSE), [crosstalk]"""
    return STAGE.match(words) is not None


def _may_be_a_name(match: re.Match[str]) -> bool:
    name = match["name"]
    if name is None:
        return True
    words = name.replace("(", " ").split()
    return (
        (name[0].isupper() or name[0] == "@")
        and len(words) <= MAX_WORDS
        and re.sub(r"[’']s$", "", words[0].lower()) not in NOT_NAMES
    )


def _counts(match: re.Match[str], names: Counter[str], mostly: bool) -> bool:
    if match["arrows"]:
        return True
    if match["letter"]:
        return bool(names["Q"] and names["A"])
    name = match["name"].partition("(")[0]
    if name.isupper():
        return len(name) > 1 and (mostly or sum(names[each] for each in names if each.isupper()) > 1)
    is_name = name.istitle() and " " in name.strip()
    return mostly and (names[match["name"]] > 1 or (names.total() > 1 and is_name))


def _label(match: re.Match[str]) -> Label:
    group = "name" if match["name"] else "letter"
    return Label(match.span(group), match.end())
