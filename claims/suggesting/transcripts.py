"""SRT and WebVTT files as plain text, with the times of their cues (captions, not the cues of attribution).

WebVTT: https://www.w3.org/TR/webvtt1/. SRT has no specification: numbered blocks with a decimal comma.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from itertools import pairwise
from typing import NamedTuple

from claims.anchoring.cues import Cue

TIME = r"(?:(\d{1,2}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
TIMING = re.compile(rf"\s*{TIME}\s*-->\s*{TIME}(?:\s.*)?$")
VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^\s<>][^<>]*)>")
TAG = re.compile(r"<[^<>\n]*>")
INNER_TIME = re.compile(rf"<{TIME}>")
NEW_SPEAKER = re.compile(r"(?:>>|[-–—]\s|[A-ZÀ-Þ][A-ZÀ-Þ.,’'\- ]{1,40}:\s)")
PAUSE = 3_000  # milliseconds of silence that begin a paragraph
LONG = 600  # code points after which a paragraph ends with its sentence


class Caption(NamedTuple):
    """Times are milliseconds of the recording."""

    begins: int
    ends: int
    text: str
    speaker: str | None


@dataclass
class Transcript:
    """`cues` are in the order of the text."""

    text: str = ""
    cues: list[Cue] = field(default_factory=list)


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
        transcript.cues.append(Cue(start, length, caption.begins, caption.ends))
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
    blocks = [(begins, ends, lines, _words(lines)) for begins, ends, lines in _blocks(content)]
    rolls = INNER_TIME.search(content) is not None or _rolls_up([words for *_, words in blocks])
    last = ""
    for begins, ends, lines, words in blocks:
        voice = VOICE.search("\n".join(lines))
        kept = [line for line in words if not (rolls and line == last)]
        if kept:
            last = kept[-1]
            yield Caption(begins, max(begins, ends), " ".join(kept), voice[1].strip() if voice else None)


def _words(lines: list[str]) -> list[str]:
    plain = (" ".join(unescape(TAG.sub("", line)).replace("\0", "").split()) for line in lines)
    return [line for line in plain if line]


def _rolls_up(cues: list[list[str]]) -> bool:
    """Whether most cues of several lines begin with the line that the cue before ended with."""
    pairs = [(before, cue) for before, cue in pairwise(filter(None, cues)) if len(cue) > 1]
    return 2 * sum(cue[0] == before[-1] for before, cue in pairs) > len(pairs)


def _blocks(content: str) -> Iterator[tuple[int, int, list[str]]]:
    times: tuple[int, int] | None = None
    lines: list[str] = []
    for line in [*content.lstrip("\ufeff").splitlines(), ""]:
        timing = TIMING.match(line)
        if times and (timing or not line.strip()):
            # Where the blank line is missing, the number of the next cue stands last.
            yield *times, lines[:-1] if timing and lines and lines[-1].strip().isdigit() else lines
            times, lines = None, []
        if timing:
            times = _milliseconds(*timing.groups()[:4]), _milliseconds(*timing.groups()[4:])
        elif times:
            lines.append(line)


def _milliseconds(hours: str | None, minutes: str, seconds: str, fraction: str) -> int:
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(fraction.ljust(3, "0"))
