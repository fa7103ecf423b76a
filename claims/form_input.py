"""HTML forms: a passage, pasted, selected or chosen among several places; suggestions, accepted or dismissed."""

import re
from typing import Any

from rest_framework.utils.html import is_html_input

from claims.models import Article
from factcheck.api.named_references import is_number
from factcheck.api.strict_json import loads

SPAN = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
MAX_SOURCE = 5_000  # characters of JSON
LINE_END = re.compile(r"\r\n|\r|\n")


# For serializers that take a passage; JSON stays as it is. No docstring: serializers would inherit it, and it
# would become their description in the schema.
class PassageForm:
    def to_internal_value(self, data: Any) -> Any:
        if is_html_input(data) and data.get("text"):
            data = data.copy()
            if chosen := SPAN.fullmatch(data.get("span", "")):
                data["start"], data["end"] = chosen.groups()
            if self._is_unchanged(data["text"]):
                del data["text"]
            elif "\n" in data["text"] and (article := self._article(data)):
                data["text"] = passage_in(_searched(article.text, data), data["text"])
        return super().to_internal_value(data)  # type: ignore[misc]

    def _is_unchanged(self, typed: str) -> bool:
        """The form to correct a statement also sends the passage; unchanged, it need not be looked for again."""
        passage = getattr(self.instance, "text", None)  # type: ignore[attr-defined]
        return passage is not None and from_form(typed, passage) == passage

    def _article(self, data: Any) -> Article | None:
        row_id = str(self.initial_data.get("article", ""))  # type: ignore[attr-defined]
        if is_number(row_id):
            return Article.objects.filter(pk=row_id).first()
        statement = self.context["view"].kwargs.get("pk")  # type: ignore[attr-defined]
        return Article.objects.filter(statements=statement).first()


def _searched(text: str, data: Any) -> str:
    start, end = data.get("start", ""), data.get("end", "")
    return text[int(start) : int(end)] if is_number(start) and is_number(end) else text


def from_form(typed: str, before: str = "") -> str:
    """The typed text with the line ends of `before`, since browsers send every line end as CRLF.

    If only the line ends differ, it is `before` itself.
    """
    lines = LINE_END.split(typed)
    if lines == LINE_END.split(before):
        return before
    ends = LINE_END.findall(before)
    return ("\r\n" if ends and all(end == "\r\n" for end in ends) else "\n").join(lines)


def passage_in(text: str, typed: str) -> str:
    """The passage with the line ends that it has in the text; as it was typed if the text does not contain it."""
    found = re.search(r"(?:\r\n|\r|\n)".join(re.escape(line) for line in LINE_END.split(typed)), text)
    return found[0] if found else typed


def accepted_by_form(form: Any) -> list[dict[str, Any]]:
    """What the form of one suggestion accepts: its `key`, and by the button `all` also those in `same_speaker`.

    A field `source` or `via` holds the JSON that an API client sends; empty, it is as it was suggested.
    """
    chosen = {"source": _json(form["source"])} if form.get("source") else {}
    chain = {"via": [_json(text) for text in form.getlist("via")]} if all(form.getlist("via") or [""]) else {}
    disputed = [text for text in form.getlist("dispute") if text][-1:]  # of the matches, or then of all statements
    dispute = {"dispute": {"statement": _json(disputed[0])}} if disputed else {}
    others = form.getlist("same_speaker") if "all" in form else []
    return [{"key": form.get("key"), **chosen, **chain, **dispute}, *({"key": key, **chosen} for key in others)]


def dismissed_by_form(form: Any) -> list[dict[str, Any]]:
    return [{"key": form.get("key"), "dismissed": form.get("dismissed") != "false"}]


def _json(text: str) -> Any:
    """The text itself if it is no JSON; the field refuses it."""
    try:
        return loads(text) if len(text) <= MAX_SOURCE else text
    except (ValueError, RecursionError):
        return text
