"""The noun phrase that ends at a token, as token indices (end-exclusive)."""

from typing import NamedTuple

from claims.suggesting.grammar import Grammar
from claims.suggesting.tokens import QUOTE, WORD, Token, Tokens

MAX_PHRASE = 26
BREAKS = ",;:—–()?!…--[]"


class Phrase(NamedTuple):
    """`outer` is where its first apposition, or the noun that a name explains, begins."""

    first: int
    last: int
    outer: int


def phrase(tokens: Tokens, low: int, end: int, grammar: Grammar, checks_verb: bool = True) -> Phrase | None:
    if tokens[end - 1].text.startswith("-") and tokens[end - 1].text.lstrip("-t"):
        return Phrase(end - 1, end, end - 1)  # a-t-il dit
    first = end
    while first > low and end - first < MAX_PHRASE and not _stops(tokens, low, first - 1, end, grammar):
        first -= 1
    first = _without_opening(tokens, first, end, grammar)
    while first < end and tokens[first].text == ".":
        first += 1
    first = _behind_agent(tokens, first, end)
    if end - first > 1 and tokens[end - 1].text in ("he", "she", "they"):
        first = end - 1  # after the call he
    if first > low and first < end and tokens[first - 1].lower == "that" and _starts_clause(tokens, low, first - 1):
        first -= 1
    if first >= end or not can_speak(tokens, first, end, grammar):
        return None
    return None if checks_verb and has_verb(tokens, first, end, grammar) else Phrase(first, end, first)


def is_auxiliary(token: Token, grammar: Grammar) -> bool:
    word = token.lower
    adverb = token.text.islower() and len(word) > 4 and word.endswith("ly")
    return adverb or any(grammar.is_a(kind, word) for kind in ("auxiliaries", "adverbs", "negations"))


def _behind_agent(tokens: Tokens, first: int, end: int) -> int:
    """related by an official"""
    by = next((at for at in range(first, end) if tokens[at].lower == "by"), None)
    return by + 1 if by is not None and by > first and tokens[by - 1].lower.endswith("ed") else first


def _starts_clause(tokens: Tokens, low: int, at: int) -> bool:
    """“that official said”, where “that” is no conjunction"""
    return at == low or tokens[at - 1].text in ",;:"


def _stops(tokens: Tokens, low: int, at: int, end: int, grammar: Grammar) -> bool:
    token = tokens[at]
    if token.kind == QUOTE and at > low and len(token.text) < 40 and not token.final:
        return not grammar.is_a("determiners", tokens[at - 1].lower)  # the “History” section
    if token.kind == QUOTE or (token.text in BREAKS and not _parts_adjectives(tokens, low, at, grammar)):
        return True
    if grammar.is_a("joins", token.lower):
        return at + 1 >= end or not (joins_names(tokens, at) or _opens_the_clause(tokens, low, at, grammar))
    if grammar.is_a("relatives", token.lower):
        return at + 1 >= end
    if grammar.is_a("auxiliaries", token.lower) and token.lower != "’s" and tokens[at + 1].is_name:
        return all(each.is_name for each in tokens[at + 1 : end])  # he had Smith warning that …
    return grammar.is_a("conjunctions", token.lower) and (at == low or not token.is_name)


def _parts_adjectives(tokens: Tokens, low: int, at: int, grammar: Grammar) -> bool:
    """the bespectacled, 71-year-old diplomat"""
    return (
        tokens[at].text == ","
        and at >= low + 2
        and grammar.is_a("determiners", tokens[at - 2].lower)
        and tokens[at - 1].text.islower()
        and (at == low + 2 or tokens[at - 3].kind == QUOTE or tokens[at - 3].text == ",")
    )


def joins_names(tokens: Tokens, at: int) -> bool:
    return tokens[at - 1].is_name and tokens[at + 1].is_name


def _opens_the_clause(tokens: Tokens, low: int, at: int, grammar: Grammar) -> bool:
    lead = tokens[low:at]
    return 0 < len(lead) <= 3 and all(token.kind == WORD and not is_auxiliary(token, grammar) for token in lead)


def _without_opening(tokens: Tokens, first: int, end: int, grammar: Grammar) -> int:
    """Behind “Still”, “On Tuesday”, “In a statement”."""
    while first < end and grammar.is_a("opening", tokens[first].lower):
        first += 1
    if tokens[first + 1 : first + 2] and tokens[first + 1].lower in ("least", "most"):
        return first
    if first < end and grammar.is_a("prepositions", tokens[first].lower):
        return _last_noun_phrase(tokens, first, end, grammar)
    return first


def _last_noun_phrase(tokens: Tokens, first: int, end: int, grammar: Grammar) -> int:
    """Where the pronoun, the name or the noun with its article begins that ends the phrase; `end` if none is apart."""
    at = end - 1
    if grammar.is_a("pronouns", tokens[at].lower):
        return at
    while at > first and (tokens[at].is_name or tokens[at].text == "."):
        if is_date(tokens[at], grammar):
            break
        at -= 1
    if at < end - 1 and not is_preposition(tokens[at], grammar):
        starts_name = at + 1
        if grammar.is_a("determiners", tokens[at].lower):
            starts_name = at
        return starts_name if starts_name > first + 1 else end
    while at > first + 1 and not grammar.is_a("determiners", tokens[at].lower):
        if is_preposition(tokens[at], grammar):
            return end
        at -= 1
    return at if at > first + 2 else end


def can_speak(tokens: Tokens, first: int, end: int, grammar: Grammar) -> bool:
    head, last = tokens[first], tokens[end - 1]
    if last.kind == QUOTE:
        return end - first == 2 and grammar.is_a("determiners", head.lower)  # die „Zeit“
    if last.kind != WORD or is_preposition(last, grammar) or grammar.is_a("determiners", last.lower):
        return False
    if last.lower in ("i", "we", "you", "’ll"):
        return False
    if end - first == 1 and (grammar.is_a("not_speakers", head.lower) or is_date(head, grammar)):
        return False
    return not grammar.is_a("conjunctions", last.lower) and last.lower not in ("’s", "’")


def has_verb(tokens: Tokens, first: int, end: int, grammar: Grammar) -> bool:
    """“disagreed with the CNN” names nobody; in “people who have lost” the verb is in a relative clause."""
    if tokens[first].lower in grammar.cues and tokens[first].lower.endswith("ing"):
        return True
    for token in tokens[first:end]:
        if grammar.is_a("relatives", token.lower):
            return False
        cue = token.lower in grammar.cues and not token.is_name and not grammar.is_a("nouns", token.lower)
        if (cue and not token.lower.endswith("ing")) or (
            grammar.is_a("auxiliaries", token.lower) and token.lower != "’s"
        ):
            return True
    return False


def is_date(token: Token, grammar: Grammar) -> bool:
    return token.lower in grammar.dates["weekdays"] or token.lower in grammar.dates["months"]


def is_preposition(token: Token, grammar: Grammar) -> bool:
    return grammar.is_a("prepositions", token.lower)
