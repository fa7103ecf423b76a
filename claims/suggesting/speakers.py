"""The noun phrase that names a speaker, before or after a cue."""

from claims.suggesting.grammar import Grammar
from claims.suggesting.noun_phrases import (
    BREAKS,
    MAX_PHRASE,
    Phrase,
    can_speak,
    has_verb,
    is_auxiliary,
    is_date,
    is_preposition,
    joins_names,
    phrase,
)
from claims.suggesting.tokens import MARK, QUOTE, WORD, Token, Tokens

MAX_APPOSITION = 24


def span(tokens: Tokens, phrase: Phrase) -> tuple[int, int]:
    """As code points. A clitic pronoun (a-t-il) begins behind its hyphens."""
    first = tokens[phrase.first]
    hyphens = len(first.text) - len(first.text.lstrip("-t")) if first.text.startswith("-") else 0
    return first.start + hyphens, tokens[phrase.last - 1].end


def before(tokens: Tokens, low: int, cue: int, grammar: Grammar) -> Phrase | None:
    """The phrase that ends where the cue’s verb begins, across auxiliaries, adverbs and an apposition."""
    end = _before_day(tokens, low, skip_auxiliaries(tokens, low, cue, grammar), grammar)
    if end > low and grammar.is_a("relatives", tokens[end - 1].lower):
        end -= 1
        while end > low and tokens[end - 1].text == ",":
            end -= 1
        return _antecedent(tokens, low, end, grammar)
    if end <= low:
        return None
    if tokens[end - 1].text in ",—–)":
        return _with_apposition(tokens, low, end - 1, grammar)
    if tokens[end - 1].text == "." and end > low + 1:  # Acme Corp. said
        found = phrase(tokens, low, end - 1, grammar)
        return found._replace(last=end) if found else None
    return phrase(tokens, low, end, grammar)


def _antecedent(tokens: Tokens, low: int, end: int, grammar: Grammar) -> Phrase | None:
    """He met Jane Doe, who said: the name, or the noun with its article, right before"""
    found = phrase(tokens, low, end, grammar, checks_verb=False)
    if found is None or (not has_verb(tokens, found.first, end, grammar) and found.last - found.first < 6):
        return found
    first = end - 1
    if tokens[first].is_name:
        while first > found.first and tokens[first - 1].is_name:
            first -= 1
    else:
        while first > found.first and not grammar.is_a("determiners", tokens[first].lower):
            first -= 1
    return Phrase(first, end, first)


def _with_apposition(tokens: Tokens, low: int, closing: int, grammar: Grammar) -> Phrase | None:
    """Name, apposition, said; or: spokeswoman, Name, said."""
    opening = closing - 1
    while opening >= low and tokens[opening].text not in (",", "—", "–", "("):
        if tokens[opening].kind == QUOTE or closing - opening > MAX_APPOSITION:
            return None
        opening -= 1
    head = phrase(tokens, low, opening, grammar) if opening > low else None
    if head is None:
        return None
    inside = tokens[opening + 1 : closing]
    is_name = inside and len(inside) <= 4 and all(token.is_name for token in inside)
    described = not tokens[head.last - 1].is_name or (
        len(inside) > 1 and grammar.is_a("determiners", tokens[head.first].lower)
    )
    if is_name and described and tokens[opening].text != "(":
        return Phrase(opening + 1, closing, head.first)
    return head


def skip_auxiliaries(tokens: Tokens, low: int, cue: int, grammar: Grammar) -> int:
    end = cue
    while end > low and is_auxiliary(tokens[end - 1], grammar):
        end -= 1
    return end


def _before_day(tokens: Tokens, low: int, end: int, grammar: Grammar) -> int:
    """The White House on Monday said"""
    if end > low + 1 and tokens[end - 1].lower in grammar.dates["weekdays"]:
        return end - 1 - (end > low + 2 and is_preposition(tokens[end - 2], grammar))
    return end


def after(tokens: Tokens, at: int, grammar: Grammar) -> Phrase | None:
    """The inverted subject: said Horne, a spokeswoman; fragte sie; a-t-il dit."""
    if at >= len(tokens) or not _may_begin(tokens[at], grammar):
        return None
    end = at
    while end < len(tokens) and end - at < MAX_PHRASE and not _ends_inverted(tokens, at, end, grammar):
        end += 1
    while end > at + 1 and (tokens[end - 1].kind == MARK or _is_no_end(tokens[end - 1], grammar)):
        end -= 1
    is_object = end == at + 1 and grammar.is_a("objects", tokens[at].lower)  # asked him
    speaks = (
        not is_object and end > at and can_speak(tokens, at, end, grammar) and not has_verb(tokens, at, end, grammar)
    )
    return Phrase(at, end, at) if speaks else None


def _is_no_end(token: Token, grammar: Grammar) -> bool:
    kinds = ("prepositions", "determiners", "adverbs")
    return not token.is_name and any(grammar.is_a(kind, token.lower) for kind in kinds)


def _may_begin(token: Token, grammar: Grammar) -> bool:
    if token.kind != WORD or is_date(token, grammar) or is_auxiliary(token, grammar):
        return False
    kinds = ("prepositions", "conjunctions", "complementizers", "not_speakers")
    return token.is_name or not any(grammar.is_a(kind, token.lower) for kind in kinds)


def _ends_inverted(tokens: Tokens, at: int, end: int, grammar: Grammar) -> bool:
    token = tokens[end]
    if token.kind == QUOTE or token.text in BREAKS or (token.text == "." and end == len(tokens) - 1):
        return True
    if end == at:
        return False
    if grammar.is_a("pronouns", tokens[at].lower) or is_date(token, grammar):
        return not grammar.is_a("auxiliaries", token.lower)
    if is_preposition(token, grammar) and not token.is_name:
        return not (grammar.is_a("after_name", token.lower) and end + 1 < len(tokens))
    boundary = grammar.is_a("conjunctions", token.lower) or grammar.is_a("relatives", token.lower)
    joins = grammar.is_a("joins", token.lower) and end + 1 < len(tokens) and joins_names(tokens, end)
    return boundary and not joins
