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
ARROW = "-->"
SIGNATURE = re.compile(r"WEBVTT(?:[ \t].*)?$")
NO_CUE = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")
VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^\s<>][^<>]*)>")
# Of WebVTT and of SRT, no other: “3 < 5 and 7 > 2” is spoken.
TAG = re.compile(rf"</?(?:[bcisuv]|em|font|lang|rt|ruby|span|strong)(?:[.\s/][^<>\n]*)?>|<{TIME}>", re.IGNORECASE)
INNER_TIME = re.compile(rf"<{TIME}>")
DASH = re.compile(r"[-–—](?:\s|(?=[^\W\d_]|[¿¡“\"«]))")
NAME = re.compile(r"[^\W\d_][\w.,’'\- ]{1,40}:\s")
PAUSE = 3_000  # milliseconds of silence that begin a paragraph
SHOWN = 80  # code points of a line in an error
LONG = 600  # code points after which a paragraph ends with its sentence
N_ = str  # marks a text for `manage.py translations`


class NoCaptions(ValueError):
    """Why. `text` has places for the `values`, as `%` fills them: whoever shows it translates it before."""

    def __init__(self, text: str, **values: object):
        super().__init__(text % values)
        self.text, self.values = text, values


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
    first, *others = content.lstrip("\ufeff").strip().splitlines() or [""]
    if SIGNATURE.match(first):
        return first.strip() == "WEBVTT" or any(map(TIMING.match, others))
    return TIMING.match(first) is not None or (first.strip().isdigit() and ARROW in "".join(others[:1]))


def read_transcript(content: str) -> Transcript:
    """A paragraph for each turn. Raises NoCaptions for content without a cue, or with a line that is of none."""
    transcript, parts, length = Transcript(), list[str](), 0
    before: Caption | None = None
    paragraph = 0
    for caption in _captions(content):
        separator = _separator(before, caption, length - paragraph)
        paragraph = length + len(separator) if separator != " " else paragraph
        label = _label(before, caption)
        start = length + len(separator) + len(label)
        length = start + len(caption.text)
        parts += [separator, label, caption.text]
        transcript.cues.append(Cue(start, length, caption.begins, caption.ends))
        before = caption
    if before is None:
        raise NoCaptions(N_("There is no cue: a line such as “00:00:01,000 --> 00:00:04,000” with words below it."))
    transcript.text = "".join(parts)
    return transcript


def _label(before: Caption | None, caption: Caption) -> str:
    """That of a voice; behind one, whoever has none begins a turn too."""
    if not _is_new(before, caption):
        return ""
    return f"{caption.speaker}: " if caption.speaker else ">> " if before and not _begins_turn(caption.text) else ""


def _is_new(before: Caption | None, caption: Caption) -> bool:
    return before is None or before.speaker != caption.speaker


def _separator(before: Caption | None, caption: Caption, length: int) -> str:
    if before is None:
        return ""
    turn = _is_new(before, caption) or _begins_turn(caption.text)
    ended = before.text[-1] in '.?!…”"' and (length > LONG or caption.begins - before.ends >= PAUSE)
    return "\n\n" if turn or ended else " "


def _begins_turn(line: str) -> bool:
    """>> Ann: …; - No; ANN ROE: …"""
    name = NAME.match(line)
    return line.startswith(">>") or DASH.match(line) is not None or (name is not None and name[0].isupper())


def _captions(content: str) -> Iterator[Caption]:
    """One for each voice of a cue. Captions that roll up repeat the line before; that line is left out."""
    blocks = [(begins, ends, list(_voices(lines))) for begins, ends, lines in _blocks(content)]
    cues = [[line for _, lines in voices for line in lines] for *_, voices in blocks]
    rolls = INNER_TIME.search(content) is not None or _rolls_up(cues)
    last = ""
    for begins, ends, voices in blocks:
        for speaker, lines in voices:
            kept = [line for line in lines if not (rolls and line == last)]
            last = kept[-1] if kept else last
            for turn in _turns(kept):
                yield Caption(begins, max(begins, ends), turn, speaker)


def _voices(lines: list[str]) -> Iterator[tuple[str | None, list[str]]]:
    """Each voice with its lines; first those of none."""
    parts = [None, *VOICE.split("\n".join(lines))]
    for name, words in zip(parts[::2], parts[1::2], strict=True):
        yield " ".join(unescape(name).split()) if name else None, _words((words or "").split("\n"))


def _turns(lines: list[str]) -> Iterator[str]:
    """Where two speak in one cue, each begins a line."""
    first = 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or _begins_turn(lines[at]):
            yield " ".join(lines[first:at])
            first = at


def _words(lines: list[str]) -> list[str]:
    plain = (" ".join(unescape(TAG.sub("", line)).replace("\0", "").split()) for line in lines)
    return [line for line in plain if line]


def _rolls_up(cues: list[list[str]]) -> bool:
    """Whether most cues of several lines begin with the line that the cue before ended with."""
    pairs = [(before, cue) for before, cue in pairwise(filter(None, cues)) if len(cue) > 1]
    return 2 * sum(cue[0] == before[-1] for before, cue in pairs) > len(pairs)


def _blocks(content: str) -> Iterator[tuple[int, int, list[str]]]:
    """Each cue with its lines, those behind a blank line included, as they are nobody else’s."""
    cue: tuple[int, int] | None = None
    lines: list[tuple[int, str]] = []
    for number, words, times in _read_lines(content):
        if times is None:
            lines.append((number, words))
        elif cue:
            yield *cue, [line for _, line in lines]
            cue, lines = times, []
        elif lines:
            text = N_("Line %(number)d stands before the first cue: “%(line)s”")
            raise NoCaptions(text, number=lines[0][0], line=lines[0][1][:SHOWN])
        else:
            cue = times
    if cue:
        yield *cue, [line for _, line in lines]


def _read_lines(content: str) -> Iterator[tuple[int, str, tuple[int, int] | None]]:
    """Each line with its number, that is words or times. Left out are a file’s head, notes, styles, and the number or
    the name of a cue."""
    lines = [*content.lstrip("\ufeff").splitlines(), ""]
    is_webvtt = SIGNATURE.match(lines[0]) is not None
    skips, follows_blank = is_webvtt, True
    for number, line in enumerate(lines, 1):
        timing = TIMING.match(line)
        skips = not timing and (skips or (is_webvtt and follows_blank and NO_CUE.match(line) is not None))
        if timing:
            yield number, line, (_milliseconds(*timing.groups()[:4]), _milliseconds(*timing.groups()[4:]))
        elif ARROW in line and not skips:
            text = N_("Line %(number)d is no time as in “00:00:01,000 --> 00:00:04,000”: “%(line)s”")
            raise NoCaptions(text, number=number, line=line[:SHOWN].strip())
        elif not line.strip():
            skips = False
        elif not skips and not _names_cue(lines, number, is_webvtt and follows_blank):
            yield number, line, None
        follows_blank = not line.strip()


def _names_cue(lines: list[str], number: int, may_be_a_name: bool) -> bool:
    """Whether times follow, for a number also behind a blank line"""
    is_number = lines[number - 1].strip().isdigit()
    following = next((line for line in lines[number : number + 1 + is_number] if line.strip()), "")
    return (is_number or may_be_a_name) and ARROW in following


def _milliseconds(hours: str | None, minutes: str, seconds: str, fraction: str) -> int:
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(fraction.ljust(3, "0"))
