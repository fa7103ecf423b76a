"""A passage out of an HTML form: pasted, selected, or chosen among several places."""

import re
from typing import Any

from rest_framework.utils.html import is_html_input

from claims.models import Article

CHOSEN = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")


# A comment, since a docstring would be inherited as a description in the schema:
# for serializers that take a passage. What a program sends as JSON stays as it is.
class PassageForm:
    def to_internal_value(self, data: Any) -> Any:
        if is_html_input(data) and data.get("text"):
            data = data.copy()
            if chosen := CHOSEN.fullmatch(data.get("span", "")):
                data["start"], data["end"] = chosen.groups()
            if self._is_unchanged(data["text"]):
                del data["text"]
            elif "\n" in data["text"] and (article := self._article(data)):
                data["text"] = passage_in(_searched(article.text, data), data["text"])
        return super().to_internal_value(data)  # type: ignore[misc]

    def _is_unchanged(self, typed: str) -> bool:
        """A form to correct a statement sends its passage along: no reason to look for it again."""
        passage = getattr(self.instance, "text", None)  # type: ignore[attr-defined]
        return passage is not None and from_form(typed, passage) == passage

    def _article(self, data: Any) -> Article | None:
        row_id = str(self.initial_data.get("article", ""))  # type: ignore[attr-defined]
        if row_id.isascii() and row_id.isdecimal() and len(row_id) < 19:
            return Article.objects.filter(pk=row_id).first()
        statement = self.context["view"].kwargs.get("pk")  # type: ignore[attr-defined]
        return Article.objects.filter(statements=statement).first()


def _searched(text: str, data: Any) -> str:
    start, end = data.get("start", ""), data.get("end", "")
    if all(offset.isascii() and offset.isdecimal() and len(offset) < 10 for offset in (start, end)):
        return text[int(start) : int(end)]
    return text


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
