"""Cues in a sentence: the verbs of attribution, where they are verbs and attribute."""

from typing import NamedTuple

from claims.suggesting import speakers
from claims.suggesting.grammar import Grammar
from claims.suggesting.noun_phrases import Phrase
from claims.suggesting.tokens import WORD, Tokens


class Cue(NamedTuple):
    """Token indices; `kind` is its class in the list of cues, `verb` its first word."""

    first: int
    last: int
    kind: str
    verb: str


def cue_at(tokens: Tokens, at: int, grammar: Grammar) -> Cue | None:
    token = tokens[at]
    if token.kind != WORD or (token.is_name and at > 0 and tokens[at - 1].is_name):
        return None
    cue = _match(tokens, at, grammar)
    return cue if cue and _attributes(tokens, at, grammar) else None


def is_participle(tokens: Tokens, cue: Cue) -> bool:
    return tokens[cue.first].lower.endswith("ing")


def is_passive(tokens: Tokens, cue: Cue, grammar: Grammar) -> bool:
    at = cue.first
    while at and (grammar.is_a("adverbs", tokens[at - 1].lower) or tokens[at - 1].lower.endswith("ly")):
        at -= 1
    return at > 0 and grammar.is_a("passive", tokens[at - 1].lower) and not is_participle(tokens, cue)


def reported(tokens: Tokens, cue: Cue, grammar: Grammar) -> Cue | None:
    """The cue behind “is said to have”, “is described as”."""
    if not grammar.is_a("hearsay", tokens[cue.first].lower):
        return None
    for link in grammar.hearsay_links:
        at = cue.last + len(link)
        if tuple(token.lower for token in tokens[cue.last : at]) == link and at < len(tokens):
            return _match(tokens, at, grammar)
    return None


def has_hearsay_adverb(tokens: Tokens, low: int, cue: Cue, grammar: Grammar) -> bool:
    return any(grammar.is_a("hearsay_adverbs", token.lower) for token in tokens[max(low, cue.first - 3) : cue.first])


def is_noun(tokens: Tokens, cue: Cue, subject: Phrase | None, grammar: Grammar) -> bool:
    """“such claims that”, “officials’ fears”, “a light show”: the form is a noun too, and its neighbours say so."""
    before, form = tokens[cue.first - 1] if cue.first else None, tokens[cue.first].lower
    if before is None or not grammar.adjective_endings or not grammar.is_a("nouns", form):
        return False
    if form.endswith("s") and subject and not _begins_phrase(tokens, subject.first, grammar):
        return True
    if not form.endswith(("s", "ed", "ing", "thought")) and not before.lower.endswith(grammar.plural_endings):
        return True
    return (before.text.islower() and before.lower.endswith(grammar.adjective_endings)) or before.text.endswith(
        ("’", "'")
    )


def is_hypothetical(tokens: Tokens, low: int, cue: Cue, subject: Phrase | None, grammar: Grammar) -> bool:
    """“if they thought”, “might blame”: nobody has said so"""
    auxiliaries = tokens[speakers.skip_auxiliaries(tokens, low, cue.first, grammar) : cue.first]
    if any(grammar.is_a("modals", token.lower) for token in auxiliaries):
        return True
    return subject is not None and subject.outer > 0 and grammar.is_a("hypothetical", tokens[subject.outer - 1].lower)


def _match(tokens: Tokens, at: int, grammar: Grammar) -> Cue | None:
    for words, kind in grammar.cues.get(tokens[at].lower, ()):
        last = at + len(words)
        if tuple(each.lower for each in tokens[at:last]) == words:
            return Cue(at, last, kind, words[0])
    return None


def _attributes(tokens: Tokens, at: int, grammar: Grammar) -> bool:
    """Not a noun (the report), an infinitive (to say) or denied (did not say)."""
    if at == 0:
        return True
    before, form = tokens[at - 1].lower, tokens[at].lower
    if grammar.is_a("determiners", before) or (before == "’s" and grammar.is_a("nouns", form)):
        return False
    if grammar.is_a("infinitive", before):
        return any(grammar.is_a("infinitive_leads", token.lower) for token in tokens[max(0, at - 3) : at - 1])
    if grammar.is_a("prepositions", before):
        return before in ("by", "in") and form.endswith("ing")
    if form.endswith("ing") and at > 1 and grammar.is_a("determiners", tokens[at - 2].lower):
        return False
    start = speakers.skip_auxiliaries(tokens, 0, at, grammar)
    return not any(grammar.is_a("negations", token.lower) for token in tokens[start:at])


def _begins_phrase(tokens: Tokens, at: int, grammar: Grammar) -> bool:
    word = tokens[at].lower
    return tokens[at].is_name or any(grammar.is_a(kind, word) for kind in ("determiners", "pronouns", "relatives"))
