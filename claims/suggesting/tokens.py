"""Words, punctuation marks and whole quotations of an article, by sentence.

A quotation is one token, so that nothing inside it ends a sentence or is taken for a cue.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from claims.suggesting.grammar import Grammar
from claims.suggesting.quotations import Quotation, paragraphs, quotations

MAX_SENTENCE = 250  # tokens; a longer one is cut there, which bounds the work of the rules
MAX_TAG, MAX_TO_CUE, MAX_REST = 16, 9, 7  # tokens of a tag behind a quotation, up to its cue, behind that
FINAL = ".?!…。！？"
# LONDON (Reuters) - ; WASHINGTON, Jan. 3 — before a capital
DATELINE = re.compile(
    r"[A-ZÀ-Þ][A-ZÀ-Þ .,/’'\-]{2,40}(?:[A-Z][a-z]{2,8}\.? \d{1,2})?(?:\s?\([^()\n]{2,40}\))?"
    r"\s?(?:--|[-–—])\s+(?=[A-ZÀ-Þ“\"])"
)
TAG_ENDS = FINAL + ":;"
QUOTE, WORD, MARK = "quote", "word", "mark"


class Token(NamedTuple):
    kind: str
    text: str
    lower: str
    start: int
    end: int
    final: str  # of a quotation: its last character before the closing mark, if that is a mark
    closed: bool

    @property
    def is_name(self) -> bool:
        return self.kind == WORD and (self.text[0].isupper() or self.text[0] == "@")


Tokens = list[Token]


CONTRACTION = r"[’'](?:s|ve|ll|d|re|m)\b"
NUMBER = r"[$€£]?\d+(?:[.,:]\d+)+"


@cache
def _token(clitics: str) -> re.Pattern[str]:
    """`clitics` are a language’s words that an apostrophe or a hyphen joins to the next or the one before."""
    apart = f"{CONTRACTION}|{clitics}" if clitics else CONTRACTION
    words = rf"[@#$€£]?\w+(?:(?!{apart})[’'\-–&.]\w+)*"
    return re.compile(rf"{apart}|{NUMBER}|{words}|--|([^\w\s])\1{{3,}}|[^\w\s]", re.IGNORECASE)


def tokenize(text: str, start: int, end: int, grammar: Grammar) -> Iterator[Token]:
    for match in _token(grammar.clitics).finditer(text, start, end):
        word = match[0]
        kind = WORD if word[-1].isalnum() or (len(word) > 1 and word != "--") else MARK
        yield Token(kind, word, word.lower().replace("'", "’"), match.start(), match.end(), "", True)


def quote_token(text: str, quotation: Quotation) -> Token:
    words = text[quotation.start : quotation.end]
    last = words.rstrip("”\"“»«'’」』 ")[-1:]
    final = last if last in FINAL or last == "," else ""
    return Token(QUOTE, words, words, quotation.start, quotation.end, final, quotation.closed)


def paragraph_tokens(text: str, start: int, end: int, grammar: Grammar) -> Tokens:
    found: Tokens = []
    at = start
    for quotation in quotations(text, start, end):
        found += tokenize(text, at, quotation.start, grammar)
        found.append(quote_token(text, quotation))
        at = quotation.end
    found += tokenize(text, at, end, grammar)
    return found


def paragraph_sentences(text: str, grammar: Grammar) -> Iterator[list[Tokens]]:
    """The sentences of each paragraph that has words."""
    for start, end in paragraphs(text):
        dateline = DATELINE.match(text, start, end)
        start = dateline.end() if dateline else start
        if tokens := paragraph_tokens(text, start, end, grammar):
            yield split_sentences(tokens, grammar)


def split_sentences(tokens: Tokens, grammar: Grammar) -> list[Tokens]:
    sentences, first = [], 0
    for at in range(len(tokens)):
        if at + 1 == len(tokens) or at + 1 - first >= MAX_SENTENCE or _ends(tokens, first, at, grammar):
            sentences.append(tokens[first : at + 1])
            first = at + 1
    return sentences


def _ends(tokens: Tokens, first: int, at: int, grammar: Grammar) -> bool:
    token, following = tokens[at], tokens[at + 1]
    if following.kind == MARK and following.text not in "([¿¡—–":
        return False
    if token.kind == QUOTE:
        ended = bool(token.final) and token.final in FINAL
        return ended and not _continues(tokens, at + 1, grammar, _is_led(tokens, first, at, grammar))
    if following.text[0].islower():
        return False
    if token.text in ")]" and at and tokens[at - 1].text in FINAL:
        return True
    if token.kind != MARK or token.text not in FINAL:
        return False
    return token.text != "." or not _is_abbreviation(tokens, at, grammar)


def _is_abbreviation(tokens: Tokens, dot: int, grammar: Grammar) -> bool:
    word, following = tokens[dot - 1], tokens[dot + 1]
    if not dot or word.kind != WORD or word.end != tokens[dot].start:
        return False
    if grammar.is_a("abbreviations", word.text):
        return True
    initials = (len(word.text) == 1 and word.text.isupper()) or re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", word.text)
    return bool(initials) and not grammar.is_a("sentence_openers", following.text)


def _is_led(tokens: Tokens, low: int, quote: int, grammar: Grammar) -> bool:
    """Does a quotation have its cue already: Smith said, “It is over.”"""
    lead = range(quote - 1, low - 1, -1)
    since = next((at for at in lead if tokens[at].kind == QUOTE), low)
    return any(tokens[at].lower in grammar.cues for at in range(since, quote))


def _continues(tokens: Tokens, after: int, grammar: Grammar, is_led: bool) -> bool:
    """Is what stands after a finished quotation its tag: “It is over.” Smith said."""
    first = tokens[after]
    if first.kind != WORD or first.text[0].islower():
        return first.kind == WORD
    if is_led or (grammar.has("inverts_tags") and first.lower not in grammar.cues):
        return False
    end = after
    while (
        end < len(tokens) and end - after < MAX_TAG and tokens[end].kind != QUOTE and tokens[end].text not in TAG_ENDS
    ):
        end += 1
    tag = tokens[after:end]
    cue = next((at for at, token in enumerate(tag[:MAX_TO_CUE]) if token.lower in grammar.cues), None)
    if cue is None or (grammar.is_a("sentence_openers", first.text) and cue > 4):
        return False
    rest = tag[cue + 1 :]
    leads_on = end < len(tokens) and (tokens[end].text == ":" or (tokens[end].kind == QUOTE and tag[-1].text != ","))
    own_clause = any(grammar.is_a("complementizers", token.lower) for token in rest) or _has_object(tag, cue, grammar)
    return len(tag) < MAX_TAG and len(rest) <= MAX_REST and not leads_on and not own_clause


def _has_object(tag: Tokens, cue: int, grammar: Grammar) -> bool:
    """Smith denied it; Smith said the deal was dead. Not: said a spokesman; Smith told the council."""
    rest = tag[cue + 1 :]
    kinds = ("determiners", "pronouns", "objects")
    if not cue or not rest or not (rest[0].is_name or any(grammar.is_a(kind, rest[0].lower) for kind in kinds)):
        return False
    verb = tag[cue].lower
    takes_it = grammar.is_a("denials", verb) or any(kind in ("act", "describe") for _, kind in grammar.cues[verb])
    return takes_it or any(grammar.is_a("auxiliaries", token.lower) for token in rest)
