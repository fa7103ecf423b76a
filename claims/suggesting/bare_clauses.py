"""A content that begins without a conjunction: said the bridge was closed; told CNN he was late; sagte, er komme."""

from claims.suggesting.grammar import Grammar
from claims.suggesting.tokens import QUOTE, WORD, Token, Tokens

TO_VERB = 14  # tokens from the first of a clause to the verb that tells it
TO_COMMA = 8
MIN_WORDS = 3


def begins_bare(tokens: Tokens, at: int, kind: str, verb: str, grammar: Grammar) -> int | None:
    if grammar.is_a("order", verb):
        behind = _behind_addressee(tokens, at, grammar)
        if behind == at:
            return None
        at = behind
    at = behind_day(tokens, at, grammar)
    if grammar.has("comma_clause"):
        return _behind_comma(tokens, at, grammar)
    if at + MIN_WORDS > len(tokens) or not _may_begin_clause(tokens[at], grammar):
        return None
    if tokens[at].lower in ("this", "so", "it", "that") and not grammar.is_a("auxiliaries", tokens[at + 1].lower):
        return None
    if kind == "clause" or grammar.is_a("pronouns", tokens[at].lower):
        return at
    for token in tokens[at + 1 : at + TO_VERB]:
        if token.text in ",;:" or grammar.is_a("relatives", token.lower):
            return None
        if grammar.is_a("auxiliaries", token.lower):
            return at
    return None


def _behind_comma(tokens: Tokens, at: int, grammar: Grammar) -> int | None:
    """Müller sagte am Montag, die Lage sei ernst"""
    for comma in range(at, min(at + TO_COMMA, len(tokens) - MIN_WORDS)):
        if tokens[comma].kind == QUOTE or tokens[comma].text in ";:":
            return None
        if tokens[comma].text == ",":
            first = tokens[comma + 1]
            kinds = ("determiners", "pronouns", "not_speakers")
            led = first.is_name or any(grammar.is_a(kind, first.lower) for kind in kinds)
            return comma + 1 if led else None
    return None


def _behind_addressee(tokens: Tokens, at: int, grammar: Grammar) -> int:
    """told CNN the deal was off; told reporters he was late"""
    names = at
    while names < len(tokens) and tokens[names].is_name:
        names += 1
    if names > at or at + 1 >= len(tokens) or tokens[at].kind != WORD:
        return names
    clause = tokens[at + 1].is_name or any(
        grammar.is_a(kind, tokens[at + 1].lower) for kind in ("determiners", "pronouns")
    )
    return at + 1 if clause and not grammar.is_a("determiners", tokens[at].lower) else at


def behind_day(tokens: Tokens, at: int, grammar: Grammar) -> int:
    days = grammar.dates["weekdays"] + grammar.dates["today"] + grammar.dates["yesterday"]
    led = any(grammar.is_a(kind, tokens[at].lower) for kind in ("prepositions", "determiners") if at < len(tokens))
    if led and at + 1 < len(tokens) and tokens[at + 1].lower in days:
        at += 1
    return at + 1 if at < len(tokens) and tokens[at].lower in days else at


def _may_begin_clause(token: Token, grammar: Grammar) -> bool:
    kinds = ("prepositions", "conjunctions", "infinitive", "negations")
    unfit = any(grammar.is_a(kind, token.lower) for kind in kinds) or token.lower in ("so", "it.")
    return token.kind == WORD and not unfit
