"""Which passage of an article the caller means, and pinning a statement to it."""

from typing import Any, NoReturn

from django.utils.translation import gettext

from claims.anchoring import anchors
from claims.anchoring.cues import spoken
from claims.anchoring.quotes import CONTEXT_LENGTH, Span, context
from claims.models import Article, Statement
from factcheck.errors import FieldError, InvalidInput, Unprocessable

MAX_PASSAGE = 20_000  # code points; anything longer is no statement, and too long for the search index
# What is written when a statement is pinned to a passage, or its passage is lost.
PLACE = (
    "text", "start", "end", "prefix", "suffix", "media_start", "media_end", "revision", "anchor", "candidate",
)  # fmt: skip
PASSAGE_FIELDS = ("start", "end", "text", "prefix", "suffix")


def pop_passage(fields: dict[str, Any]) -> dict[str, Any]:
    """Takes the passage out of the fields, without what is None."""
    passage = {name: fields.pop(name, None) for name in PASSAGE_FIELDS}
    return {name: value for name, value in passage.items() if value is not None}


def find_span(article: Article, passage: dict[str, Any]) -> Span:
    """The span that the caller gave by `start` and `end`, or by `text` with `prefix` and `suffix`.

    Raises InvalidInput if it is longer than MAX_PASSAGE or the offsets are no range of the text, and Unprocessable
    if the text does not occur there, or more than once.
    """
    if len(passage.get("text") or "") > MAX_PASSAGE:  # before the search, which would take seconds
        raise _too_long()
    start, end = passage.get("start"), passage.get("end")
    if start is None and end is None:
        span = _search(article.text, passage)
    elif start is None or end is None:
        raise InvalidInput.field("start" if start is None else "end", "required", gettext("start and end go together."))
    else:
        span = _checked_span(article.text, start, end, passage.get("text"))
    if span.end - span.start > MAX_PASSAGE:
        raise _too_long()
    return span


def _too_long() -> InvalidInput:
    return InvalidInput.field(
        "text",
        "max_length",
        gettext("A passage has at most %(max_passage)s code points.") % {"max_passage": MAX_PASSAGE},
    )


def _search(article_text: str, passage: dict[str, Any]) -> Span:
    text = passage.get("text")
    if text is None:
        raise InvalidInput.field("text", "required", gettext("Give the passage: start and end, or text."))
    try:
        return anchors.find_passage(article_text, text, passage.get("prefix") or "", passage.get("suffix") or "")
    except anchors.PassageAmbiguous as error:
        _refuse_ambiguous(error)
    except anchors.PassageNotFound as error:
        _refuse_missing(text, error)


def _refuse_ambiguous(error: anchors.PassageAmbiguous) -> NoReturn:
    detail = gettext(
        "The passage occurs %(total)s times in the article. Add prefix or suffix, or send start and end."
    ) % {"total": error.total}
    candidates = [vars(candidate) for candidate in error.candidates]
    raise Unprocessable(detail, [FieldError("#/text", "ambiguous", detail)], candidates=candidates) from None


def _refuse_missing(passage: str, error: anchors.PassageNotFound) -> NoReturn:
    detail = gettext("The article does not hold this passage word for word.")
    if error.score == 1.0 and error.places[0].text == passage:
        detail = gettext("The article holds this passage more than once, but nowhere between this prefix and suffix.")
    members: dict[str, Any] = {"nearest": vars(error.places[0])} if error.places else {}
    if len(error.places) > 1:
        places = gettext("These places fit equally well: %(places)s.")
        places %= {"places": ", ".join(str(place.start) for place in error.places)}
        detail = f"{detail} {places}"
        members["candidates"] = [vars(place) for place in error.places]
    raise Unprocessable(detail, [FieldError("#/text", "not_found", detail)], **members) from None


def _checked_span(article_text: str, start: int, end: int, text: str | None) -> Span:
    if start >= end:
        raise InvalidInput.field("end", "range", gettext("end must be greater than start: it is exclusive."))
    if end > len(article_text):
        detail = gettext("The article ends at %(length)s. Offsets are Unicode code points.")
        detail %= {"length": len(article_text)}
        raise InvalidInput.field("end", "beyond_text", detail)
    if text is not None and article_text[start:end] != text:
        detail = gettext("From %(start)s to %(end)s the article says %(found)r.")
        detail %= {"start": start, "end": end, "found": article_text[start:end][:80]}
        raise Unprocessable(detail, [FieldError("#/text", "mismatch", detail)])
    return Span(start, end)


def context_note(statement: Statement, passage: dict[str, Any]) -> str:
    """What to tell the caller if the statement was pinned although prefix or suffix do not stand there; else nothing.

    Compares as much as the statement keeps of its context.
    """
    before, after = statement.prefix, statement.suffix
    has_prefix = _is_context(before[::-1], (passage.get("prefix") or "")[::-1])
    has_suffix = _is_context(after, passage.get("suffix") or "")
    if has_prefix and has_suffix:
        return ""
    wrong = " and ".join(name for name, holds in (("prefix", has_prefix), ("suffix", has_suffix)) if not holds)
    return f"The passage was taken where the text holds it, but not with this {wrong}."


def _is_context(kept: str, given: str) -> bool:
    """Whether the context that is kept of the text begins with the given one, as far as it is kept."""
    return kept.startswith(given) or (len(kept) == CONTEXT_LENGTH and given.startswith(kept))


def pin(statement: Statement, article: Article, span: Span) -> None:
    statement.start, statement.end = span
    statement.text = article.text[span.start : span.end]
    statement.prefix, statement.suffix = context(article.text, *span)
    statement.media_start, statement.media_end = spoken(article.cues, *span) or (None, None)
    statement.revision = article.revision


def pin_anchored(statement: Statement, article: Article, span: Span) -> bool:
    """Pins the statement to a span that is not in doubt. Returns whether that changes it."""
    before = (statement.start, statement.end, statement.revision, statement.anchor)
    if (*span, article.revision, Statement.Anchor.ANCHORED) == before:
        return False
    pin(statement, article, span)
    statement.anchor, statement.candidate = Statement.Anchor.ANCHORED, None
    return True
