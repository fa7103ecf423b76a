"""SRT and WebVTT files as plain text, with the times of their cues (captions, not the cues of attribution).

WebVTT: https://www.w3.org/TR/webvtt1/. SRT has no specification: numbered blocks with a decimal comma.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import NamedTuple

TIME = r"(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
TIMING = re.compile(rf"\s*{TIME}\s*-->\s*{TIME}(?:\s.*)?$")
VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^<>]+)>")
TAG = re.compile(r"<[^<>\n]*>")
INNER_TIME = re.compile(rf"<{TIME}>")
NEW_SPEAKER = re.compile(r"(?:>>|[-–—]\s|[A-ZÀ-Þ][A-ZÀ-Þ.,’'\- ]{1,40}:\s)")
PAUSE = 3.0  # seconds of silence that begin a paragraph
LONG = 600  # code points after which a paragraph ends with its sentence


class TimedSpan(NamedTuple):
    """The code points [start, end) of the text are spoken in the seconds [begins, ends) of the recording."""

    start: int
    end: int
    begins: float
    ends: float


class Caption(NamedTuple):
    begins: float
    ends: float
    text: str
    speaker: str | None


@dataclass
class Transcript:
    """`times` are in the order of the text."""

    text: str = ""
    times: list[TimedSpan] = field(default_factory=list)

    def seconds(self, start: int, end: int) -> tuple[float, float] | None:
        """When the passage [start, end) is spoken: from its first cue to its last. None if no cue has a part of it."""
        first = bisect_right([each.end for each in self.times], start)
        last = bisect_left([each.start for each in self.times], end)
        if first >= last:
            return None
        return self.times[first].begins, max(each.ends for each in self.times[first:last])


def is_transcript(content: str) -> bool:
    """Does it begin as a WebVTT or an SRT file?"""
    head = [line for line in content.lstrip("\ufeff").splitlines()[:6] if line.strip()]
    return bool(head) and (head[0].startswith("WEBVTT") or any(TIMING.match(line) for line in head[:2]))


def read_transcript(content: str) -> Transcript:
    """A paragraph for each turn. Raises ValueError for content without a single cue."""
    transcript, parts, length = Transcript(), list[str](), 0
    before: Caption | None = None
    paragraph = 0
    for caption in _captions(content):
        separator = _separator(before, caption, length - paragraph)
        paragraph = length + len(separator) if separator != " " else paragraph
        label = f"{caption.speaker}: " if caption.speaker and _is_new(before, caption) else ""
        start = length + len(separator) + len(label)
        length = start + len(caption.text)
        parts += [separator, label, caption.text]
        transcript.times.append(TimedSpan(start, length, caption.begins, caption.ends))
        before = caption
    if before is None:
        raise ValueError("There is no cue: a line such as “00:00:01,000 --> 00:00:04,000” with words below it.")
    transcript.text = "".join(parts)
    return transcript


def _is_new(before: Caption | None, caption: Caption) -> bool:
    return before is None or before.speaker != caption.speaker


def _separator(before: Caption | None, caption: Caption, length: int) -> str:
    if before is None:
        return ""
    turn = _is_new(before, caption) or NEW_SPEAKER.match(caption.text)
    ended = before.text[-1] in '.?!…”"' and (length > LONG or caption.begins - before.ends >= PAUSE)
    return "\n\n" if turn or ended else " "


def _captions(content: str) -> Iterator[Caption]:
    """One for each cue that has words. Captions that roll up repeat the line before; that line is left out."""
    rolls = INNER_TIME.search(content) is not None
    last = ""
    for begins, ends, lines in _blocks(content):
        voice = VOICE.search("\n".join(lines))
        words = [unescape(TAG.sub("", line)).replace("\0", "").split() for line in lines]
        kept = [line for line in map(" ".join, words) if line and not (rolls and line == last)]
        if kept:
            last = kept[-1]
            yield Caption(begins, ends, " ".join(kept), voice[1].strip() if voice else None)


def _blocks(content: str) -> Iterator[tuple[float, float, list[str]]]:
    times: tuple[float, float] | None = None
    lines: list[str] = []
    for line in [*content.lstrip("\ufeff").splitlines(), ""]:
        timing = TIMING.match(line)
        if times and (timing or not line.strip()):
            # Where the blank line is missing, the number of the next cue stands last.
            yield *times, lines[:-1] if timing and lines and lines[-1].strip().isdigit() else lines
            times, lines = None, []
        if timing:
            times = _seconds(timing.groups()[:4]), _seconds(timing.groups()[4:])
        elif times:
            lines.append(line)


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction}")
