"""What an editor is offered: one card for each attribution that an article makes."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from claims.suggesting.articles import article_attributions
from claims.suggesting.attribution import Attribution, Span
from claims.suggesting.dates import said_on
from claims.suggesting.folding import Folded, folded
from claims.suggesting.grammar import Grammar, grammar_of
from claims.suggesting.names import Names
from claims.suggesting.pronouns import Pronouns
from claims.suggesting.quotations import Quotation, paragraphs, quotations
from claims.suggesting.turns import Label

QuoteType = Literal["direct", "indirect", "mixed"]
DIRECT = 0.9  # of a passage without its tag: what is in quotation marks
MIN_QUOTED_WORDS = 6


@dataclass(frozen=True)
class Mention:
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Speaker(Mention):
    """As written at `start`. `name` is the fuller name that the article has for a pronoun or a surname, if clear."""

    name: str | None = None


@dataclass(frozen=True)
class Suggestion:
    """`via` is the chain from the speaker to the article, the nearest to the speaker first. `nested` are attributions
    within the passage that make other statements: a passage lies in no other of the same list. `said_on` is a day, a
    month or a year, as in `2021-03-04`, `2021-03`, `2021`."""

    text: str
    start: int
    end: int
    quote_type: QuoteType
    speaker: Speaker | None
    via: tuple[Speaker, ...]
    cue: Mention | None
    hearsay: bool
    denial: bool
    said_on: str | None
    nested: tuple["Suggestion", ...] = ()


def suggest(
    text: str, language: str = "en", published_on: date | None = None, voices: Iterable[Label] = ()
) -> list[Suggestion]:
    """In the order of the text. `language` is a BCP 47 tag; one without a list of cues gets its quotations alone.
    `voices` are the labels that are known; others are guessed."""
    grammar = grammar_of(language)
    found = article_attributions(text, grammar, voices) if grammar else list(_quoted_alone(text))
    cards = _Cards(text, grammar, published_on, found)
    return [cards.card(each) for each in folded(found)]


def _quoted_alone(text: str) -> Iterator[Attribution]:
    for quotation in _quotations(text):
        words = text[quotation.start : quotation.end]
        if len(words.split()) >= MIN_QUOTED_WORDS or (not words.isascii() and len(words) >= 2 * MIN_QUOTED_WORDS):
            whole = (quotation.start, quotation.end)
            yield Attribution(whole, None, None, "quotation", whole)


def _quotations(text: str) -> list[Quotation]:
    return [each for start, end in paragraphs(text) for each in quotations(text, start, end)]


class _Cards:
    """Makes cards of one article’s attributions."""

    def __init__(self, text: str, grammar: Grammar | None, published_on: date | None, found: list[Attribution]) -> None:
        self.text, self.grammar, self.published_on = text, grammar, published_on
        self.names = Names(text, grammar) if grammar else None
        self.pronouns = Pronouns(text, grammar, self.names, found) if grammar and self.names else None
        self.quotations = _quotations(text)
        self.starts, self.ends = [each.start for each in self.quotations], [each.end for each in self.quotations]

    def card(self, folded: Folded) -> Suggestion:
        grammar, found = self.grammar, folded.attribution
        return Suggestion(
            text=self.text[slice(*found.content)],
            start=found.content[0],
            end=found.content[1],
            quote_type=self._quote_type(found),
            speaker=self._speaker(found.speaker),
            via=tuple(filter(None, map(self._speaker, found.via))),
            cue=_mention(self.text, found.cue),
            hearsay=found.hearsay,
            denial=grammar is not None and self._is_denial(found, grammar),
            said_on=said_on(self.text, found, grammar, self.published_on) if grammar else None,
            nested=tuple(map(self.card, folded.nested)),
        )

    def _speaker(self, span: Span | None) -> Speaker | None:
        return Speaker(self.text[slice(*span)], *span, self._name(span)) if span else None

    def _name(self, span: Span) -> str | None:
        if self.names is None or self.pronouns is None:
            return None
        return (self.pronouns if self.pronouns.is_one(span) else self.names).name_of(span)

    def _quote_type(self, found: Attribution) -> QuoteType:
        if found.rule == "label":
            return "direct"
        start, end = found.content
        within = self.quotations[bisect_right(self.ends, start) : bisect_left(self.starts, end)]
        if found.via:  # words that somebody quotes are not therefore the speaker’s own
            within = [each for each in within if start <= each.start and each.end <= end]
        if not within:
            return "indirect"
        quoted = sum(self._letters(max(each.start, start), min(each.end, end)) for each in within)
        tag = self._letters(*found.tag) if found.tag else 0
        return "direct" if quoted >= DIRECT * (self._letters(start, end) - tag) else "mixed"

    def _letters(self, start: int, end: int) -> int:
        return sum(map(str.isalnum, self.text[start:end]))

    def _is_denial(self, found: Attribution, grammar: Grammar) -> bool:
        cue = self.text[slice(*found.cue)].lower() if found.cue else ""
        return grammar.is_a("denials", cue) or grammar.denial.search(self.text, *found.content) is not None


def _mention(text: str, span: Span | None) -> Mention | None:
    return Mention(text[slice(*span)], *span) if span else None
