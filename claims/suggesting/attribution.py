"""One attribution: who is said, by which cue, to have put forward what."""

from dataclasses import dataclass
from typing import Literal

from claims.suggesting.tokens import QUOTE, Tokens

Span = tuple[int, int]
Rule = Literal["tag", "cue", "act", "according", "quotation", "carried", "label", "dash", "announced"]


@dataclass(frozen=True)
class Attribution:
    """`content` is the whole, a `tag` within it included; `via` the chain to the speaker, the nearest first; `sentence`
    what the attribution stands in: of one that is nested, the content around it."""

    content: Span
    cue: Span | None
    speaker: Span | None
    rule: Rule
    sentence: Span
    via: tuple[Span, ...] = ()
    hearsay: bool = False
    tag: Span | None = None
    in_quotation: bool = False


def content_span(tokens: Tokens) -> Span | None:
    """From the first to the last token, without punctuation at the edges; None if there is but a name."""
    first, last = 0, len(tokens)
    while first < last and tokens[first].text in ",;:—–.…-":
        first += 1
    while last > first and tokens[last - 1].text in ",;:—–.-)" and not _closes(tokens[first:last]):
        last -= 1
    kept = tokens[first:last]
    says = any(token.kind == QUOTE or token.text[0].islower() or not token.text.isascii() for token in kept)
    return whole_span(kept) if says else None


def whole_span(tokens: Tokens) -> Span:
    return tokens[0].start, tokens[-1].end


def name_span(tokens: Tokens) -> Span:
    return whole_span(tokens[:-1] if len(tokens) > 1 and tokens[-1].text == "." else tokens)


def _closes(tokens: Tokens) -> bool:
    return tokens[-1].text == ")" and any(token.text == "(" for token in tokens)
