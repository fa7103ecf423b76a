"""How much a recorded text says the same as another one: BM25 over the words that they share, and how near they are by
their vectors. Then whether it is worth a look, which depends on how far it stands out from the others.

A word is a lexeme of PostgreSQL: as it is written, or its stem with a language, such as `sack_en`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from heapq import nlargest
from math import log

K1 = 2.0  # how much a word counts that occurs again
B = 0.75  # how much a text counts less for being longer than usual
USUAL_LENGTH = 40  # words
SAME_FORM = 0.4  # of the weight of a word, besides, if it is written alike and not only has the same stem
# A newsroom that has just begun cannot tell which words are rare. So it is taken for having this many statements
# besides, and each word for being in some of them.
ASSUMED = 1_000
ASSUMED_WITH_WORD = 3
SCALE = 6.3  # a score divided by this and ln N is alike for any number of statements N
FAINT = 0.3  # nearness of two texts without a word in common, below which they only happen to be near
SAME_MEANING = 0.7  # nearness from which on two texts are likely to say the same, in whatever words
SAME_WORDS = (
    0.8  # of all words of the two; from here on they are likely to say the same, however common their words are
)
LEXEME = re.compile(r"'((?:[^']|'')+)':([0-9A-D,]+)")
STEM = re.compile(r"_[a-z]{2,8}$")


@dataclass(frozen=True)
class Rule:
    """The log odds that a statement is worth a look, as a logistic regression has found them."""

    words: float  # for its score by words
    nearness: float
    common: float  # for the logarithm of how many words it has in common with the text
    alike: float  # for how many of all words of the two are in both
    others: float  # for the score that the fifth best statement has
    constant: float


# docs/performance.md says how these were found. A subject that is often written about has many statements that are as
# near as the best one, however many there are in all: the score of the fifth best tells that.
BY_WORDS = Rule(words=8.0, nearness=0, common=1.0, alike=5.8, others=-12.7, constant=-2.6)
WITH_NEARNESS = Rule(words=4.15, nearness=11.7, common=0.85, alike=2.45, others=-15, constant=-4.9)
FIFTH = 5
USUAL_OF_OTHERS = 0.35  # where fewer are found: few statements are no sign that a match is a good one
LEAST_OF_OTHERS = 0.3
MOST_OF_OTHERS = 0.6  # so that what was recorded five times is still found


def score_of_others(scores: Iterable[float]) -> float:
    """The fifth best of these scores, within limits."""
    best = nlargest(FIFTH, scores)
    return min(max(best[-1], LEAST_OF_OTHERS), MOST_OF_OTHERS) if len(best) == FIFTH else USUAL_OF_OTHERS


def nearness(product: float, unrelated: float) -> float:
    """By the product of two texts' vectors, and what it is for texts that have nothing to do with each other."""
    return max(0.0, (product - unrelated) / (1 - unrelated))


@dataclass(frozen=True)
class Term:
    """A word of a text, and other forms of it. Words with the same stem are one term."""

    words: tuple[str, ...]
    stems: tuple[str, ...]
    weight: float  # of the part of the text that it is in
    rows: float = 0  # statements that have it

    stems_find_all: bool = False  # every statement with one of the words is known to have a stem of it

    @cached_property
    def forms(self) -> tuple[str, ...]:
        return (*self.words, *self.stems)

    @property
    def lookup(self) -> str:
        """A query of PostgreSQL (tsquery) for the statements that have it."""
        return " | ".join(self.stems if self.stems_find_all else self.forms)


@dataclass(frozen=True)
class Query:
    words: frozenset[str]  # all of them, also those that are no terms
    terms: tuple[Term, ...]
    statements: float  # in all

    @cached_property
    def weighted(self) -> list[tuple[Term, float]]:
        return [(term, self.weight(term)) for term in self.terms]

    def weight(self, term: Term) -> float:
        """How much it tells that a statement has the word: the less, the more of them have it."""
        having = term.rows + ASSUMED_WITH_WORD
        others = max(0.0, self.statements + ASSUMED - having)
        return term.weight * log(1 + (others + 0.5) / (having + 0.5))


@dataclass(frozen=True)
class Recorded:
    """The words of a statement: how often each occurs in its passage (A), paraphrase (B) and titles of evidence (C)."""

    counts: dict[str, int]
    passage: frozenset[str]
    length: int

    @cached_property
    def said(self) -> frozenset[str]:
        """The words of the passage without stems."""
        return frozenset(lexeme for lexeme in self.passage if not STEM.search(lexeme))

    @classmethod
    def read(cls, vector: str) -> "Recorded":
        """From the text of a tsvector. What it holds besides, such as the reason of the tag, has no letter."""
        counts: dict[str, int] = {}
        passage, length = set(), 0
        for lexeme, places in LEXEME.findall(vector):
            own = [place for place in places.split(",") if place[-1] > "9"]
            if own:
                counts[lexeme] = len(own)
                length = max(length, int(own[-1][:-1]))
                if own[0][-1] == "A":
                    passage.add(lexeme)
        return cls(counts, frozenset(passage), length)


@dataclass(frozen=True)
class Likeness:
    query: Query
    recorded: Recorded
    nearness: float | None = None  # by their vectors, if there are some: 0 for unrelated texts, 1 for the same

    @cached_property
    def by_words(self) -> float:
        return sum(self._score(*each) for each in self.query.weighted) / (SCALE * log(self.query.statements + ASSUMED))

    @property
    def score(self) -> float:
        """0 for nothing in common. Two texts that say the same have about 1."""
        return self.by_words if self.nearness is None else (self.by_words + self.nearness) / 2

    @property
    def is_alike(self) -> bool:
        """Whether it has anything in common with the query."""
        return self.by_words > 0 or (self.nearness or 0) >= FAINT

    def odds(self, others: float) -> float:
        """That it is worth a look, as a logarithm: likely from 0 on. `others`: by score_of_others()."""
        rule = BY_WORDS if self.nearness is None else WITH_NEARNESS
        near, said = self.nearness or 0.0, self.recorded.said
        alike = len(self.query.words & said) / (len(self.query.words | said) or 1)
        odds = rule.words * self.by_words + rule.nearness * near + rule.common * log(1 + len(self.words))
        odds += rule.alike * alike + rule.others * others + rule.constant
        return max(odds, 0.0) if near >= SAME_MEANING or alike >= SAME_WORDS else odds

    @property
    def words(self) -> list[str]:
        """Those of the query that the statement has, in the query's order."""
        return [term.words[0] for term in self.query.terms if self._count(term.forms)]

    def _score(self, term: Term, weight: float) -> float:
        if not (count := self._count(term.forms)):
            return 0.0
        norm = K1 * (1 - B + B * self.recorded.length / USUAL_LENGTH)
        alike = SAME_FORM if self._count(term.words) else 0.0
        return weight * (count * (K1 + 1) / (count + norm) + alike)

    def _count(self, forms: Iterable[str]) -> int:
        counts = self.recorded.counts
        return max([counts.get(form, 0) for form in forms], default=0)
