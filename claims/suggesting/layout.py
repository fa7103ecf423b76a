"""Attributions by layout: “…” — Name; Name: “…”; X said:"""

from typing import NamedTuple

from claims.suggesting import speakers
from claims.suggesting.attribution import Attribution, Span, content_span, name_span
from claims.suggesting.grammar import Grammar
from claims.suggesting.tokens import QUOTE, WORD, Tokens

DASHES = ("—", "–", "―", "--")
MAX_SIGNATURE = 12  # tokens
MAX_ANNOUNCED = 6  # tokens from a cue to the full stop before its quotation
MAX_HEADLINE_NAME = 6


class Announcement(NamedTuple):
    speaker: Span
    cue: Span
    end: int


def signature(tokens: Tokens) -> Span | None:
    """— Name"""
    dash, *name = tokens
    if dash.text not in DASHES or not 1 <= len(name) < MAX_SIGNATURE or not name[0].is_name:
        return None
    return name_span(name) if all(token.kind == WORD or token.text in ".," for token in name) else None


def signed(tokens: Tokens) -> list[Attribution]:
    """“…” — Name, on one line"""
    speaker = signature(tokens[1:]) if tokens[0].kind == QUOTE and len(tokens) > 1 else None
    if speaker is None:
        return []
    whole = (tokens[0].start, tokens[0].end)
    return [Attribution(whole, (tokens[1].start, tokens[1].end), speaker, "dash", whole)]


def headline(tokens: Tokens, grammar: Grammar) -> list[Attribution]:
    """Khans: Trump stirs ‘ugliness’"""
    colon = next((at for at, token in enumerate(tokens[:MAX_HEADLINE_NAME]) if token.text == ":"), None)
    if not colon or colon + 3 > len(tokens) or not all(token.is_name for token in tokens[:colon]):
        return []
    content = content_span(tokens[colon + 1 :])
    if content is None or not any(token.kind == QUOTE for token in tokens[colon + 1 :]):
        return []
    return [Attribution(content, (tokens[colon].start, tokens[colon].end), name_span(tokens[:colon]), "cue", content)]


def announcement(tokens: Tokens, got: list[Attribution], grammar: Grammar) -> Announcement | None:
    """“X disagreed:”, “X said in a statement.” before a quotation"""
    if tokens[-1].text != ":" and (got or tokens[-1].text != "."):
        return None
    reach = 0 if tokens[-1].text == ":" else max(0, len(tokens) - MAX_ANNOUNCED)
    for at in range(len(tokens) - 2, reach - 1, -1):
        if tokens[at].kind == WORD and tokens[at].lower in grammar.cues:
            subject = speakers.before(tokens, 0, at, grammar) or speakers.after(tokens, at + 1, grammar)
            if subject:
                cue = (tokens[at].start, tokens[at].end)
                return Announcement(speakers.span(tokens, subject), cue, tokens[-1].end)
    return None
