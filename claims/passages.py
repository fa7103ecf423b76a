"""Which passage of an article the caller means, and pinning a statement to it."""

from typing import Any

from claims.anchoring import anchors
from claims.models import Article, Statement
from factcheck.errors import FieldError, InvalidInput, Unprocessable

MAX_PASSAGE = 20_000  # code points; beyond that it is no statement, and too long for the search index
PASSAGE = ("start", "end", "text", "prefix", "suffix")


def span_of(article: Article, passage: dict[str, Any]) -> anchors.Span:
    """The span that the caller means, of MAX_PASSAGE code points at most (see _find_span)."""
    if len(passage.get("text") or "") > MAX_PASSAGE:  # before it is looked for, which would take seconds
        raise _too_long()
    span = _find_span(article, passage)
    if span.end - span.start > MAX_PASSAGE:
        raise _too_long()
    return span


def _too_long() -> InvalidInput:
    return InvalidInput.field("text", "max_length", f"A passage has at most {MAX_PASSAGE} code points.")


def _find_span(article: Article, passage: dict[str, Any]) -> anchors.Span:
    """The span that the caller means by start and end, or by text with its context.

    Raises InvalidInput for offsets that are no range of the text, Unprocessable when the text is not there or
    stands there more than once.
    """
    start, end, text = passage.get("start"), passage.get("end"), passage.get("text")
    if start is None and end is None and text is None:
        raise InvalidInput.field("text", "required", "Give the passage: start and end, or text.")
    if (start is None) != (end is None):
        missing = "end" if end is None else "start"
        raise InvalidInput.field(missing, "required", "start and end go together.")
    if start is not None and end is not None:
        return _checked_span(article.text, start, end, text)
    try:
        return anchors.find_passage(article.text, text or "", passage.get("prefix") or "", passage.get("suffix") or "")
    except anchors.PassageAmbiguous as several:
        detail = (
            f"The passage stands {several.total} times in the article. Add prefix or suffix, or send start and end."
        )
        raise Unprocessable(
            detail,
            [FieldError("#/text", "ambiguous", detail)],
            candidates=[vars(c) for c in several.candidates],
        ) from None
    except anchors.PassageNotFound as missing_passage:
        detail = "The article does not hold this passage word for word."
        near = missing_passage.nearest
        members = {"nearest": vars(near)} if near else {}
        raise Unprocessable(detail, [FieldError("#/text", "not_found", detail)], **members) from None


def _checked_span(article_text: str, start: int, end: int, text: str | None) -> anchors.Span:
    if start >= end:
        raise InvalidInput.field("end", "range", "end must be greater than start: it is exclusive.")
    if end > len(article_text):
        detail = f"The article ends at {len(article_text)}. Offsets are Unicode code points."
        raise InvalidInput.field("end", "beyond_text", detail)
    if text is not None and article_text[start:end] != text:
        detail = f"From {start} to {end} the article says {article_text[start:end][:80]!r}."
        raise Unprocessable(detail, [FieldError("#/text", "mismatch", detail)])
    return anchors.Span(start, end)


def confirm(statement: Statement, article: Article, span: anchors.Span) -> None:
    pin(statement, article, span)
    statement.anchor, statement.candidate = Statement.Anchor.ANCHORED, None


def pin(statement: Statement, article: Article, span: anchors.Span) -> None:
    statement.start, statement.end = span
    statement.text = article.text[span.start : span.end]
    statement.prefix, statement.suffix = anchors.context(article.text, *span)
    statement.revision = article.revision


def split_passage(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: fields.pop(name) for name in PASSAGE if fields.get(name) is not None or fields.pop(name, None)}
