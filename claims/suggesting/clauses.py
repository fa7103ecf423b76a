"""The attributions within one sentence."""

from dataclasses import replace

from claims.suggesting import speakers
from claims.suggesting.attribution import Attribution, Span, content_span, whole_span
from claims.suggesting.cues import Cue, cue_at
from claims.suggesting.grammar import Grammar
from claims.suggesting.leads import Found, led
from claims.suggesting.tags import MIN_TAGGED, resumes, tagged
from claims.suggesting.tokens import MARK, QUOTE, WORD, Tokens

MAX_DEPTH = 3
TAG_GOES_ON = ("prepositions", "adverbs", "weekdays")
MAX_NAME = 5
MAX_SOURCE = 12
MAX_ADJECTIVES = 3  # tokens from the article of a source to its noun


def attributions(tokens: Tokens, grammar: Grammar, depth: int = 0) -> list[Attribution]:
    """Outer ones before those nested in them."""
    if len(tokens) < MIN_TAGGED - 1 or depth > MAX_DEPTH:
        return []
    found = _according(tokens, grammar) or _according_after(tokens, grammar)
    return _with_inner(found, grammar, depth) if found else _by_cues(tokens, grammar, depth)


def _with_inner(found: Found, grammar: Grammar, depth: int) -> list[Attribution]:
    inner = attributions(found.inner, grammar, depth + 1)
    relayed = [replace(each, via=(*each.via, found.speaker)) for each in inner if found.speaker]
    return [found.outer, *relayed] if found.outer else relayed


def _by_cues(tokens: Tokens, grammar: Grammar, depth: int) -> list[Attribution]:
    all_found, used = _relayed(tokens, grammar, depth)
    for at in range(len(tokens)):
        cue = cue_at(tokens, at, grammar) if at >= used else None
        if cue is None:
            continue
        found = tagged(tokens, used, cue, grammar, depth > 0)
        found = found or led(tokens, used, cue, grammar, depth > 0, all_found)
        if found:
            used = found.end
            all_found += _credited(_with_inner(found, grammar, depth), tokens, cue, used, grammar)
    return all_found


def _relayed(tokens: Tokens, grammar: Grammar, depth: int) -> tuple[list[Attribution], int]:
    """He said he would go, CNN reported: what CNN reports is all that stands before."""
    for at in range(len(tokens) - 1, MIN_TAGGED, -1):
        cue = cue_at(tokens, at, grammar) if grammar.is_a("relays", tokens[at].lower) else None
        found = tagged(tokens, 0, cue, grammar, depth > 0) if cue else None
        if cue and found and found.outer and not found.outer.tag and _is_whole(tokens, found.end, grammar):
            # “He” of “he said” is not who relays it, as “she” may be of “she said she believed”: so it is no deeper.
            return _credited(_with_inner(found, grammar, depth - 1), tokens, cue, found.end, grammar), found.end
    return [], 0


def _is_whole(tokens: Tokens, end: int, grammar: Grammar) -> bool:
    """Is a tag over at `end`: Jones reported on Monday; not: Jones wrote a letter"""
    behind = tokens[end : end + 1]
    return not behind or behind[0].kind == MARK or any(grammar.is_a(kind, behind[0].lower) for kind in TAG_GOES_ON)


def _credited(group: list[Attribution], tokens: Tokens, cue: Cue, at: int, grammar: Grammar) -> list[Attribution]:
    """CNN reported …, citing an official: the official spoke, and CNN relays it."""
    behind = tokens[at : at + 2]
    cites = len(behind) == 2 and behind[0].text == "," and grammar.is_a("relayed", behind[1].lower)
    source = speakers.after(tokens, at + 2, grammar) if cites and grammar.is_a("relays", cue.verb) else None
    if source is None or not group:
        return group
    named = speakers.span(tokens, source)
    outer, *inner = group
    relay = (outer.speaker,) if outer.speaker else ()
    first = replace(outer, speaker=named, via=(*relay, *outer.via))
    return [first, *(replace(each, via=(*each.via[:-1], named, each.via[-1])) for each in inner)]


# according to S


def _according(tokens: Tokens, grammar: Grammar) -> Found | None:
    for at in range(len(tokens)):
        for phrase in grammar.according:
            if tuple(token.lower for token in tokens[at : at + len(phrase)]) == phrase:
                return _according_at(tokens, at, at + len(phrase), grammar)
    return None


def _according_after(tokens: Tokens, grammar: Grammar) -> Found | None:
    """Der Polizei zufolge ist die Straße gesperrt."""
    at = next((n for n, token in enumerate(tokens[: MAX_NAME * 2]) if (token.lower,) in grammar.according_after), 0)
    whole = content_span(tokens[at + 1 :])
    if not at or whole is None or any(token.kind != WORD for token in tokens[:at]):
        return None
    speaker = whole_span(tokens[:at])
    cue = (tokens[at].start, tokens[at].end)
    return Found(Attribution(whole, cue, speaker, "according", whole_span(tokens)), speaker, tokens[at + 1 :], at + 1)


def _according_at(tokens: Tokens, at: int, behind: int, grammar: Grammar) -> Found | None:
    leads = at <= 2
    end = _end_of_source(tokens, behind, grammar)
    if leads and (end - behind > MAX_SOURCE or grammar.has("noun_capitals")):
        end = min(end, _end_of_name(tokens, behind, grammar))
    last = end - 1 if end == len(tokens) and tokens[-1].text in ".?!" else end
    if last <= behind:
        return None
    speaker: Span = whole_span(tokens[behind:last])
    if leads and (named := _named_behind(tokens, end)):
        speaker, end = whole_span(tokens[end + 1 : named]), named
    content = _attributed(tokens, at, end, grammar)
    whole = content_span(content)
    if whole is None or len(content) < MIN_TAGGED:
        return None
    cue = whole_span(tokens[at:behind])
    tag = (cue[0], speaker[1]) if whole[0] < cue[0] < whole[1] else None
    while content[0].text == ",":
        content = content[1:]
    return Found(Attribution(whole, cue, speaker, "according", whole_span(tokens), tag=tag), speaker, content, end)


def _end_of_source(tokens: Tokens, behind: int, grammar: Grammar) -> int:
    """At a mark, a quotation, or the verb: laut Polizei wurden …"""
    end = behind
    while end < len(tokens) and tokens[end].kind != QUOTE and tokens[end].text not in ",;:—–":
        if grammar.has("verb_second") and end > behind and grammar.is_a("auxiliaries", tokens[end].lower):
            break
        end += 1
    return end


def _end_of_name(tokens: Tokens, behind: int, grammar: Grammar) -> int:
    """According to the Interior Ministry over 300 people …, where the comma is missing"""
    end = behind
    while end < len(tokens) and not tokens[end].is_name and end - behind < MAX_ADJECTIVES:
        end += 1
    while end < len(tokens) and (tokens[end].is_name or grammar.is_a("after_name", tokens[end].lower)):
        end += 1
    return end


def _attributed(tokens: Tokens, at: int, end: int, grammar: Grammar) -> Tokens:
    if at <= 2 or _opens_a_clause(tokens, at, grammar):
        return tokens[end:]
    goes_on = tokens[at - 1].text == "," and len(tokens) - end > MIN_TAGGED
    if goes_on and resumes(tokens, at - 1, end + 1, grammar):
        return tokens[: at - 1] + tokens[end + 1 :]
    return tokens[:at]


def _named_behind(tokens: Tokens, comma: int) -> int | None:
    """According to the coach, Alireza Mehraban, they won: where the name ends"""
    end = comma + 1
    while end < len(tokens) and tokens[end].is_name:
        end += 1
    return end if comma + 1 < end < len(tokens) and tokens[end].text == "," and end - comma <= MAX_NAME else None


def _opens_a_clause(tokens: Tokens, at: int, grammar: Grammar) -> bool:
    """“… has learned that, according to a posting, …”"""
    before = tokens[at - 2].lower if tokens[at - 1].text == "," else tokens[at - 1].lower
    return grammar.is_a("complementizers", before) or grammar.is_a("relatives", before)
