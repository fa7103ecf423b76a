"""The noun phrase that names a speaker, before or after a cue, as token indices (end-exclusive)."""

from typing import NamedTuple

from claims.suggesting.grammar import Grammar
from claims.suggesting.tokens import MARK, QUOTE, WORD, Token, Tokens

MAX_PHRASE = 26
MAX_APPOSITION = 24
BREAKS = ",;:—–()?!…--[]"


class Phrase(NamedTuple):
    """`outer` is where its first apposition, or the noun that a name explains, begins."""

    first: int
    last: int
    outer: int


def before(tokens: Tokens, low: int, cue: int, grammar: Grammar) -> Phrase | None:
    """The phrase that ends where the cue’s verb begins, across auxiliaries, adverbs and an apposition."""
    end = skip_auxiliaries(tokens, low, cue, grammar)
    if end > low and grammar.is_a("relatives", tokens[end - 1].lower):
        end -= 1
        while end > low and tokens[end - 1].text == ",":
            end -= 1
        return _antecedent(tokens, low, end, grammar)
    if end <= low:
        return None
    if tokens[end - 1].text in ",—–)":
        return _with_apposition(tokens, low, end - 1, grammar)
    return phrase(tokens, low, end, grammar)


def _antecedent(tokens: Tokens, low: int, end: int, grammar: Grammar) -> Phrase | None:
    """He met Jane Doe, who said: the name, or the noun with its article, right before"""
    found = phrase(tokens, low, end, grammar, checks_verb=False)
    if found is None or (not _has_verb(tokens, found.first, end, grammar) and found.last - found.first < 6):
        return found
    first = end - 1
    if tokens[first].is_name:
        while first > found.first and tokens[first - 1].is_name:
            first -= 1
    else:
        while first > found.first and not grammar.is_a("determiners", tokens[first].lower):
            first -= 1
    return Phrase(first, end, first)


def skip_auxiliaries(tokens: Tokens, low: int, cue: int, grammar: Grammar) -> int:
    end = cue
    while end > low and is_auxiliary(tokens[end - 1], grammar):
        end -= 1
    return end


def is_auxiliary(token: Token, grammar: Grammar) -> bool:
    word = token.lower
    adverb = token.text.islower() and len(word) > 4 and word.endswith("ly")
    return adverb or any(grammar.is_a(kind, word) for kind in ("auxiliaries", "adverbs", "negations"))


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
    if is_name and not tokens[head.last - 1].is_name and tokens[opening].text != "(":
        return Phrase(opening + 1, closing, head.first)
    return head


def phrase(tokens: Tokens, low: int, end: int, grammar: Grammar, checks_verb: bool = True) -> Phrase | None:
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
    if first >= end or not _can_speak(tokens, first, end, grammar):
        return None
    return None if checks_verb and _has_verb(tokens, first, end, grammar) else Phrase(first, end, first)


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
    if token.lower == "and" or token.lower in ("und", "et", "y"):
        return at + 1 >= end or not (_joins_names(tokens, at) or _opens_the_clause(tokens, low, at, grammar))
    if grammar.is_a("relatives", token.lower):
        return at + 1 >= end
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


def _joins_names(tokens: Tokens, at: int) -> bool:
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
        if _is_date(tokens[at], grammar):
            break
        at -= 1
    if at < end - 1 and not _is_preposition(tokens[at], grammar):
        starts_name = at + 1
        if grammar.is_a("determiners", tokens[at].lower):
            starts_name = at
        return starts_name if starts_name > first + 1 else end
    while at > first + 1 and not grammar.is_a("determiners", tokens[at].lower):
        if _is_preposition(tokens[at], grammar):
            return end
        at -= 1
    return at if at > first + 2 else end


def _is_date(token: Token, grammar: Grammar) -> bool:
    return token.lower in grammar.dates["weekdays"] or token.lower in grammar.dates["months"]


def _is_preposition(token: Token, grammar: Grammar) -> bool:
    return grammar.is_a("prepositions", token.lower)


def _can_speak(tokens: Tokens, first: int, end: int, grammar: Grammar) -> bool:
    head, last = tokens[first], tokens[end - 1]
    if last.kind != WORD or _is_preposition(last, grammar) or grammar.is_a("determiners", last.lower):
        return False
    if last.lower in ("i", "we", "you", "’ll"):
        return False
    if end - first == 1 and (grammar.is_a("not_speakers", head.lower) or _is_date(head, grammar)):
        return False
    return not grammar.is_a("conjunctions", last.lower) and last.lower not in ("’s", "’")


def _has_verb(tokens: Tokens, first: int, end: int, grammar: Grammar) -> bool:
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


def after(tokens: Tokens, at: int, grammar: Grammar) -> Phrase | None:
    """The inverted subject: said Horne, a spokeswoman; fragte sie; a-t-il dit."""
    if at >= len(tokens) or not _may_begin(tokens[at], grammar):
        return None
    end = at
    while end < len(tokens) and end - at < MAX_PHRASE and not _ends_inverted(tokens, at, end, grammar):
        end += 1
    while end > at and (tokens[end - 1].kind == MARK or _is_preposition(tokens[end - 1], grammar)):
        end -= 1
    speaks = end > at and _can_speak(tokens, at, end, grammar) and not _has_verb(tokens, at, end, grammar)
    return Phrase(at, end, at) if speaks else None


def _may_begin(token: Token, grammar: Grammar) -> bool:
    if token.kind != WORD or _is_date(token, grammar) or is_auxiliary(token, grammar):
        return False
    kinds = ("prepositions", "conjunctions", "complementizers", "not_speakers")
    return token.is_name or not any(grammar.is_a(kind, token.lower) for kind in kinds)


def _ends_inverted(tokens: Tokens, at: int, end: int, grammar: Grammar) -> bool:
    token = tokens[end]
    if token.kind == QUOTE or token.text in BREAKS or (token.text == "." and end == len(tokens) - 1):
        return True
    if end == at:
        return False
    if grammar.is_a("pronouns", tokens[at].lower.lstrip("-t")) or _is_date(token, grammar):
        return not grammar.is_a("auxiliaries", token.lower)
    if _is_preposition(token, grammar) and not token.is_name:
        return not (grammar.is_a("after_name", token.lower) and end + 1 < len(tokens))
    boundary = grammar.is_a("conjunctions", token.lower) or grammar.is_a("relatives", token.lower)
    joins = token.lower in ("and", "und", "et", "y") and end + 1 < len(tokens) and _joins_names(tokens, end)
    return boundary and not joins
