"""A speaker before the cue, and the content behind it: S said (that) …; S, who said …; S is said to have said …"""

from dataclasses import dataclass

from claims.suggesting import contents, speakers
from claims.suggesting.attribution import Attribution, Rule, Span, content_span, whole_span
from claims.suggesting.bare_clauses import MIN_WORDS
from claims.suggesting.cues import (
    Cue,
    has_hearsay_adverb,
    is_hypothetical,
    is_noun,
    is_participle,
    is_passive,
    reported,
)
from claims.suggesting.grammar import Grammar
from claims.suggesting.noun_phrases import Phrase
from claims.suggesting.tokens import QUOTE, WORD, Token, Tokens


@dataclass(frozen=True)
class Found:
    """What one cue gives: its attribution, if it stands for itself; `inner` may hold others, which `speaker` relays;
    `end` is the token index behind it all."""

    outer: Attribution | None
    speaker: Span | None
    inner: Tokens
    end: int


def led(tokens: Tokens, low: int, cue: Cue, grammar: Grammar, nested: bool, earlier: list[Attribution]) -> Found | None:
    subject = speakers.before(tokens, low, cue.first, grammar)
    hearsay = has_hearsay_adverb(tokens, low, cue, grammar)
    if is_passive(tokens, cue, grammar):
        behind = reported(tokens, cue, grammar)
        if behind is None:
            return None
        cue, hearsay = behind, True
    elif is_noun(tokens, cue, subject, grammar) or is_hypothetical(tokens, low, cue, subject, grammar):
        return None
    if subject is None and grammar.has("verb_second"):
        subject = speakers.after(tokens, cue.last, grammar)
    if nested and subject and is_pronoun(tokens, subject, grammar):
        return None
    speaker = _speaker(tokens, low, cue, subject, grammar, earlier)
    return _found(tokens, low, cue, subject, speaker, hearsay, grammar) if speaker else None


def is_pronoun(tokens: Tokens, subject: Phrase, grammar: Grammar) -> bool:
    """Nested, a pronoun most often stands for the outer speaker: she said she believed …"""
    return subject.last - subject.first == 1 and grammar.is_a("pronouns", tokens[subject.first].lower)


def _found(
    tokens: Tokens, low: int, cue: Cue, subject: Phrase | None, speaker: Span, hearsay: bool, grammar: Grammar
) -> Found | None:
    behind = max(cue.last, subject.last) if subject else cue.last
    start = contents.begins(tokens, behind, cue.kind, cue.verb, grammar)
    if start is None and subject and _is_as_clause(tokens, cue, subject, grammar):
        start = cue.last + 1
    if start is None:
        return _described_before(tokens, low, cue, subject, grammar) if subject else None
    end = contents.ends(tokens, start, grammar, in_commas=_is_relative(tokens, low, cue, grammar))
    whole = content_span(tokens[start:end])
    if whole is None or not _says_enough(tokens[start:end], grammar):
        return None
    is_act = "act" in cue.kind and start == behind and tokens[start].kind != QUOTE
    rule: Rule = "act" if is_act else "cue"
    cue_span = whole_span(tokens[cue.first : cue.last])
    outer = Attribution(whole, cue_span, speaker, rule, whole_span(tokens), hearsay=hearsay)
    inner = start + grammar.is_a("complementizers", tokens[start].lower)
    return Found(outer, speaker, tokens[inner:end], end)


def _is_as_clause(tokens: Tokens, cue: Cue, subject: Phrase, grammar: Grammar) -> bool:
    """As the Post observed, the bridge was closed."""
    led = subject.outer > 0 and grammar.is_a("as_lead", tokens[subject.outer - 1].lower)
    return led and cue.last < len(tokens) and tokens[cue.last].text == ","


def _says_enough(content: Tokens, grammar: Grammar) -> bool:
    """Three words, a quotation, a pronoun and its verb, or what somebody denies (these claims, wrongdoing)"""
    words = sum(token.kind == WORD for token in content)
    led = any(grammar.is_a(kind, content[0].lower) for kind in ("pronouns", "determiners") if words > 1)
    says = any(token.kind == QUOTE or grammar.is_a("denied_alone", token.lower) for token in content)
    return words >= MIN_WORDS or led or says


def _is_relative(tokens: Tokens, low: int, cue: Cue, grammar: Grammar) -> bool:
    at = speakers.skip_auxiliaries(tokens, low, cue.first, grammar) - 1
    return at > low and grammar.is_a("relatives", tokens[at].lower) and tokens[at - 1].text == ","


def _described_before(tokens: Tokens, low: int, cue: Cue, subject: Phrase, grammar: Grammar) -> Found | None:
    """discussions that an official characterized as heated: what is described stands before the speaker"""
    at = subject.outer - 1
    is_relative = at > low and (tokens[at].lower == "that" or grammar.is_a("relatives", tokens[at].lower))
    behind = tokens[cue.last].lower if cue.last < len(tokens) else ""
    if cue.kind != "describe" or not is_relative or not grammar.is_a("as", behind):
        return None
    first = at
    while first > low and not _precedes_noun(tokens[first - 1], grammar):
        first -= 1
    end = contents.ends(tokens, cue.last, grammar)
    whole = content_span(tokens[first:end])
    if whole is None:
        return None
    cue_span, speaker = whole_span(tokens[cue.first : cue.last]), speakers.span(tokens, subject)
    tag = (tokens[at].start, cue_span[1])
    return Found(Attribution(whole, cue_span, speaker, "cue", whole_span(tokens), tag=tag), speaker, [], end)


def _precedes_noun(token: Token, grammar: Grammar) -> bool:
    kinds = ("prepositions", "auxiliaries", "conjunctions")
    return token.kind != WORD or any(grammar.is_a(kind, token.lower) for kind in kinds)


def _speaker(
    tokens: Tokens, low: int, cue: Cue, subject: Phrase | None, grammar: Grammar, earlier: list[Attribution]
) -> Span | None:
    shared = None
    if subject is None or _is_participle_clause(tokens, cue, subject, grammar):
        shared = _shared_speaker(tokens, low, cue, grammar, earlier)
    return shared or (speakers.span(tokens, subject) if subject else None)


def _is_participle_clause(tokens: Tokens, cue: Cue, subject: Phrase, grammar: Grammar) -> bool:
    """emailed supporters saying …; not: had Biden warning …, is saying …"""
    object_of = subject.first > 0 and grammar.is_a("auxiliaries", tokens[subject.first - 1].lower)
    return is_participle(tokens, cue) and subject.last == cue.first and not object_of


def _shared_speaker(tokens: Tokens, low: int, cue: Cue, grammar: Grammar, earlier: list[Attribution]) -> Span | None:
    """“…, saying”, “… and called it”: the speaker before, else the subject that opens the sentence."""
    at = speakers.skip_auxiliaries(tokens, 0, cue.first, grammar)
    coordinated = at > 0 and (grammar.is_a("joins", tokens[at - 1].lower) or tokens[at - 1].lower in ("by", "in"))
    behind_relative = low > 0 and at == low + 1 and tokens[low].text == ","  # Smith, who denied it, said …
    if not (coordinated or behind_relative or (is_participle(tokens, cue) and at == cue.first)):
        return None
    if earlier:
        return earlier[-1].via[-1] if earlier[-1].via else earlier[-1].speaker
    return _opening_subject(tokens, low, cue.first, grammar)


def _opening_subject(tokens: Tokens, low: int, cue: int, grammar: Grammar) -> Span | None:
    first = low
    while first < cue and (grammar.is_a("opening", tokens[first].lower) or tokens[first].text == ","):
        first += 1
    unfit = ("prepositions", "not_speakers", "conjunctions")
    if first >= cue or any(grammar.is_a(kind, tokens[first].lower) for kind in unfit):
        return None
    if grammar.is_a("pronouns", tokens[first].lower):
        return tokens[first].start, tokens[first].end
    has_article = grammar.is_a("determiners", tokens[first].lower)
    last = first + 1
    while last < cue and (tokens[last].is_name or tokens[last].text == "." or (has_article and last == first + 1)):
        last += 1
    if last == first + 1 and not tokens[first].is_name:
        return None
    has_noun = has_article and tokens[last - 1].is_name and last < cue and tokens[last].kind == WORD
    return whole_span(tokens[first : last + has_noun])
