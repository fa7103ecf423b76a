"""Text out of an HTML form, in which a browser has made a CRLF of every line end."""

import re

LINE_END = re.compile(r"\r\n|\r|\n")


def from_form(typed: str, before: str = "") -> str:
    """What the editor means: `before` itself where only its line ends differ, else the line ends that it has."""
    lines = LINE_END.split(typed)
    if lines == LINE_END.split(before):
        return before
    ends = LINE_END.findall(before)
    return ("\r\n" if ends and all(end == "\r\n" for end in ends) else "\n").join(lines)


def passage_in(text: str, typed: str) -> str:
    """The passage as the text has it, whatever its line ends there; as it was typed where it is not there."""
    found = re.search(r"(?:\r\n|\r|\n)".join(re.escape(line) for line in LINE_END.split(typed)), text)
    return found[0] if found else typed
