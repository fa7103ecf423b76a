"""Scores matching on texts of which people said which claims they repeat, as in the CheckThat! tasks of CLEF.

MAP@5 is the mean over the texts of the average precision of the first five statements. A text is shown if a right one
of these five is likely. It is shown wrongly if, the right ones taken out of all statements, one of the first five is.
Both are also told for other odds than 0, from which on a statement is likely.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from heapq import nlargest
from math import inf
from typing import Any

from claims.matching.scoring import Likeness, Query, Recorded, Term, score_of_others

DEPTH = 5
NEAR = 200  # claims without a common word that are compared too, where texts have vectors
CLAIM = ("vclaim", "subtitle", "title")  # what they become: passage, paraphrase, title of evidence


@dataclass(frozen=True)
class Ranked:
    key: str  # of the claim
    score: float
    odds: Callable[[float], float]  # that it is worth a look, by the score of others


@dataclass
class Scores:
    precisions: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))  # by depth
    right: list[float] = field(default_factory=list)  # the best odds of a right statement for each text
    wrong: list[float] = field(default_factory=list)  # and of any other one

    def add(self, ranking: Sequence[Ranked], right: Collection[str]) -> None:
        for depth in (1, 3, DEPTH):
            self.precisions[depth].append(average_precision([each.key for each in ranking], right, depth))
        others = [each for each in ranking if each.key not in right]
        self.right.append(_best_odds([each for each in ranking[:DEPTH] if each.key in right], ranking))
        self.wrong.append(_best_odds(others[:DEPTH], others))

    @property
    def texts(self) -> int:
        return len(self.precisions[DEPTH])

    def shares_from(self, limit: float) -> tuple[float, float]:
        """Of the texts, how many a limit of the odds would show, and how many wrongly."""
        right, wrong = (sum(odds >= limit for odds in each) for each in (self.right, self.wrong))
        return right / (self.texts or 1), wrong / (self.texts or 1)

    def mean(self, depth: int) -> float:
        return sum(self.precisions[depth]) / (self.texts or 1)


def _best_odds(shown: Sequence[Ranked], ranking: Sequence[Ranked]) -> float:
    others = score_of_others(each.score for each in ranking)
    return max((each.odds(others) for each in shown), default=-inf)


def average_precision(ranking: Sequence[str], right: Collection[str], depth: int) -> float:
    hits, total = 0, 0.0
    for place, key in enumerate(ranking[:depth], 1):
        if key in right:
            hits += 1
            total += hits / place
    return total / (min(len(right), depth) or 1)


def read_texts(lines: Iterable[str]) -> dict[str, str]:
    """By id, from tab-separated lines: the id, the text."""
    rows = (line.rstrip("\r\n").partition("\t") for line in lines)
    return {key: text for key, _, text in rows if text}


def read_right(lines: Iterable[str]) -> dict[str, set[str]]:
    """The ids of the claims that a text repeats, from lines of TREC: text, 0, claim, 1."""
    right: dict[str, set[str]] = defaultdict(set)
    for row in csv.reader(lines, delimiter="\t"):
        if len(row) == 4 and row[3].strip() != "0":
            right[row[0]].add(row[2])
    return right


def read_claims(lines: Iterable[str]) -> dict[str, list[str]]:
    """The three texts of each claim by its id, from lines of JSON. Raises ValueError, which names the line."""
    claims: dict[str, list[str]] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                claim = json.loads(line)
                key, *texts = claim["vclaim_id"], *(claim.get(name) or "" for name in CLAIM)
            except json.JSONDecodeError as error:
                raise ValueError(f"line {number} is no JSON: {error.msg}") from error
            except (TypeError, AttributeError, KeyError) as error:
                raise ValueError(f"line {number} is no object with a vclaim_id") from error
            if not all(isinstance(each, str) for each in (key, *texts)):
                raise ValueError(f"line {number}: vclaim_id, {', '.join(CLAIM)} are texts")
            claims[key] = texts
    if not claims:
        raise ValueError("there are no claims in it")
    return claims


class Pool:
    """Claims in memory. All that share a word with a text are compared with it, and those that are nearest to it."""

    def __init__(self, vectors: dict[str, str]):
        self.recorded = {key: Recorded.read(vector) for key, vector in vectors.items()}
        self.having: dict[str, set[str]] = defaultdict(set)  # the claims that have a form of a word
        for key, recorded in self.recorded.items():
            for form in recorded.counts:
                self.having[form].add(key)

    def rank(
        self, words: frozenset[str], terms: Iterable[Term], size: int, nearness: dict[str, float] | None = None
    ) -> list[Ranked]:
        """`nearness`: of the text and each claim, by their vectors."""
        found = {term: set().union(*(self.having.get(form, ()) for form in term.forms)) for term in terms}
        counted = tuple(replace(term, rows=len(keys)) for term, keys in found.items())
        query, near = Query(words, counted, len(self.recorded)), nearness or {}
        compared = set(nlargest(NEAR, near, key=near.__getitem__)).union(*found.values())
        likenesses: list[tuple[Any, Likeness]] = [
            (key, Likeness(query, self.recorded[key], near.get(key))) for key in sorted(compared)
        ]
        best = sorted(likenesses, key=lambda each: -each[1].score)[:size]
        return [Ranked(key, likeness.score, likeness.odds) for key, likeness in best]
