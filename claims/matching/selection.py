"""Which statements are looked at: all of a million would take too long, and most share only common words."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from claims.matching.cleaning import IN_DATE
from claims.matching.scoring import Query, Term

COMMON = 4  # words that must all be in a statement, where all are common
LOOKUPS = 7  # queries at most: one for the rare words, and one for each paired word with those after it


@dataclass(frozen=True)
class Reach:
    rare: int  # statements that the rarest words find together
    paired: int  # statements that have a word, of which two must be in one of them
    words: int = LOOKUPS  # that are paired


WORDS_ALONE = Reach(rare=300, paired=10_000)
BESIDE_VECTORS = Reach(rare=150, paired=10_000, words=6)  # these find most of what shares only common words


def lookups(query: Query, reach: Reach = WORDS_ALONE) -> list[str]:
    """Queries of PostgreSQL (tsquery) for statements with one of the rarest words, or with two of the next ones.

    If there are neither: with the rarest word or, where even that is too common to be paired, the rarest ones together.
    """
    terms = sorted((term for term in query.terms if term.rows and term.weight > IN_DATE), key=lambda term: term.rows)
    found = list(accumulate(term.rows for term in terms))
    rare = [term for term, rows in zip(terms, found, strict=True) if rows <= reach.rare]
    paired = [term for term in terms[len(rare) :] if term.rows <= reach.paired][: reach.words]
    queries = [_any(rare)] if rare else []
    queries += [f"{_any([term])} & {_any(paired[place:])}" for place, term in enumerate(paired[:-1], 1)]
    return queries or [" & ".join(_any([term]) for term in terms[: 1 if paired else COMMON])] if terms else []


def _any(terms: Iterable[Term]) -> str:
    return f"({' | '.join(term.lookup for term in terms)})"
