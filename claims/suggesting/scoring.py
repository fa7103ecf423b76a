"""Scores suggestions against attributions that people annotated.

A quotation is an attribution whose content has words in quotation marks. A suggested content meets an annotated one if
they share at least half of the shorter one. Contents are the same if their first and last letters or digits are: marks
at the edges and a leading “that” are set aside. A content in several parts counts from its first to its last.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from claims.suggesting.attribution import Span
from claims.suggesting.quotations import paragraphs, quotations
from claims.suggesting.suggestions import Suggestion

EDGE = re.compile(r"\W*(?:that\s+)?", re.IGNORECASE)
ENTITY = re.compile(r"(T\d+)\t(\w[\w-]*) ([\d ;]+)\t")
EVENT = re.compile(r"E\d+\t(.+)")


@dataclass(frozen=True)
class Annotated:
    content: Span
    speakers: list[Span]


@dataclass
class Score:
    """Counts over any number of articles. `met` are quotations of either side that one of the other meets."""

    suggested: int = 0
    suggested_met: int = 0
    annotated: int = 0
    annotated_met: int = 0
    speaker_right: int = 0
    contents: int = 0  # of both sides
    same_contents: int = 0

    @property
    def precision(self) -> float:
        return self.suggested_met / (self.suggested or 1)

    @property
    def recall(self) -> float:
        return self.annotated_met / (self.annotated or 1)

    @property
    def speaker(self) -> float:
        """Of the quotations found."""
        return self.speaker_right / (self.annotated_met or 1)

    @property
    def quotation_and_speaker(self) -> float:
        """Of all annotated quotations: found, with the right speaker."""
        return self.speaker_right / (self.annotated or 1)

    @property
    def exact_content(self) -> float:
        """F1 over all attributions, quoted or not."""
        return 2 * self.same_contents / (self.contents or 1)

    def add(self, text: str, suggestions: list[Suggestion], annotated: list[Annotated]) -> None:
        offered = list(_flat(suggestions))
        quoted = [span for start, end in paragraphs(text) for span in quotations(text, start, end)]

        def is_quotation(content: Span) -> bool:
            return any(_shared(content, (each.start, each.end)) for each in quoted)

        suggested = [each for each in offered if is_quotation((each.start, each.end))]
        self.suggested += len(suggested)
        self.suggested_met += sum(any(_meet((s.start, s.end), a.content) for a in annotated) for s in suggested)
        for each in annotated:
            if is_quotation(each.content):
                meeting = [s for s in suggested if _meet((s.start, s.end), each.content)]
                self.annotated += 1
                self.annotated_met += bool(meeting)
                self.speaker_right += any(_same_speaker(s, each) for s in meeting)
        theirs = {_core(text, each.content) for each in annotated}
        ours = {_core(text, (each.start, each.end)) for each in offered}
        self.contents += len(theirs) + len(ours)
        self.same_contents += len(theirs & ours)


def read_brat(annotations: str) -> list[Annotated]:
    """The events of a brat standoff file that have a Content; Source may be missing. https://brat.nlplab.org/standoff.html

    Raises ValueError, which names the line.
    """
    spans = {match[1]: _spans(match[0], match[3]) for match in map(ENTITY.match, annotations.splitlines()) if match}
    events = [_event(match[1], spans) for match in map(EVENT.match, annotations.splitlines()) if match]
    return [
        Annotated((min(each["Content"])[0], max(end for _, end in each["Content"])), each.get("Source", []))
        for each in events
        if each.get("Content")
    ]


def _spans(line: str, offsets: str) -> list[Span]:
    try:
        return [(int(start), int(end)) for start, end in (part.split() for part in offsets.split(";"))]
    except ValueError as error:
        raise ValueError(f"two offsets are wanted: {line!r:.100}") from error


def _event(roles: str, spans: dict[str, list[Span]]) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for part in roles.split():
        role, _, name = part.partition(":")
        found.setdefault(role.rstrip("0123456789"), []).extend(spans.get(name, []))
    return found


def _flat(suggestions: Iterable[Suggestion]) -> Iterator[Suggestion]:
    for each in suggestions:
        yield each
        yield from _flat(each.nested)


def _shared(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def _meet(one: Span, other: Span) -> bool:
    return 2 * _shared(one, other) >= min(one[1] - one[0], other[1] - other[0])


def _same_speaker(suggestion: Suggestion, annotated: Annotated) -> bool:
    if suggestion.speaker is None or not annotated.speakers:
        return suggestion.speaker is None and not annotated.speakers
    return any(_shared((suggestion.speaker.start, suggestion.speaker.end), each) for each in annotated.speakers)


def _core(text: str, content: Span) -> Span:
    start, end = content
    edge = EDGE.match(text, start, end)
    start = edge.end() if edge else start
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return start, end
