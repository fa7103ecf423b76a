"""The statements that are most like each of many texts, as the suggestions of a page: as many queries as for one text.

As `claims/matches.py`, by their words alone. Less is looked at of each text, since they are many.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from claims.matches import (
    COUNT_ALL,
    COUNTS,
    MAX_ROWS_COUNTED,
    ROWS,
    TABLE,
    Match,
    best_first,
    shares,
    telling_terms,
    with_common_rows,
    words_of_each,
)
from claims.matching.cleaning import IN_DATE
from claims.matching.scoring import Likeness, Query, Recorded
from claims.matching.selection import Reach, lookups
from claims.models import Statement
from factcheck.postgres.prepared import execute_prepared
from factcheck.postgres.snapshot_cache import Rows

REACH = Reach(rare=200, paired=10_000, words=4)
MAX_CHOSEN_FROM = 1_000  # statements; only of words that are all common there are more
COMPARED = 10  # of those, the ones that are compared word for word
NEAR = 0.3  # below this score two texts have little to do with each other
WEIGHED = 12  # words by which those are chosen
MAX_COUNTED_WORDS = 1_000  # of all texts, whose statements are counted

BEST = f"""
SELECT nth, statement, words::text
FROM (
    SELECT nth, lookup::tsquery AS rare, lookups, weights FROM unnest(%s::integer[], %s::text[]) text(nth, lookup)
    JOIN (
        SELECT nth, array_agg(lookup::tsquery) AS lookups, array_agg(weight) AS weights
        FROM unnest(%s::integer[], %s::text[], %s::float[]) term(nth, lookup, weight) GROUP BY nth
    ) terms USING (nth)
) text, LATERAL (
    SELECT statement, words FROM (
        SELECT statement, words FROM {TABLE} WHERE words @@ rare
            AND statement NOT IN (SELECT id FROM claims_statement WHERE article = %s) LIMIT {MAX_CHOSEN_FROM}
    ) found
    ORDER BY (SELECT sum(weight) FROM unnest(lookups, weights) t(lookup, weight) WHERE words @@ lookup) DESC, statement
    LIMIT {COMPARED}
) best ORDER BY nth
"""  # noqa: S608


@dataclass(frozen=True)
class RowMatch(Match):
    statement: Statement


def matches_of_each(texts: Sequence[str], *, outside: int, size: int) -> list[list[RowMatch]]:
    """For each text the best of the statements that are not of the article `outside`, best first."""
    if not texts:
        return []
    queries = _queries(texts)
    found: list[dict[int, Likeness]] = [{} for _ in texts]
    for nth, statement, words in _best(queries, outside):
        found[nth][statement] = Likeness(queries[nth], Recorded.read(words))
    best = [[match for match in best_first(each) if match.likely or match.score >= NEAR][:size] for each in found]
    rows = Statement.objects.for_reading().select_related("article").defer("article__text").in_bulk(
        {match.statement_id for each in best for match in each}
    )  # fmt: skip
    return [
        [RowMatch(**vars(match), statement=rows[match.statement_id]) for match in each if match.statement_id in rows]
        for each in best
    ]


def _queries(texts: Sequence[str]) -> list[Query]:
    """The words of each text, and how many statements have each of those by which it is compared."""
    shares.refresh()
    statements = shares.rows if shares.rows >= MAX_ROWS_COUNTED else execute_prepared(ROWS, [])[0][0]
    words = words_of_each(texts)
    known = [[with_common_rows(term, statements) for term in telling_terms(each)] for each in words]
    unknown = list({term.lookup: None for each in known for term in each if not term.rows})[:MAX_COUNTED_WORDS]
    counted = [rows for (rows,) in execute_prepared(COUNTS.format(count=COUNT_ALL), [unknown])]
    counts = dict(zip(unknown, counted, strict=True))
    terms = [[replace(term, rows=term.rows or counts.get(term.lookup, 0)) for term in each] for each in known]
    return [
        Query(frozenset(word for word, *_ in all_words), tuple(term for term in each if term.rows), statements)
        for all_words, each in zip(words, terms, strict=True)
    ]


def _best(queries: Sequence[Query], outside: int) -> Rows:
    """Those that share most of the rarest words, of the statements that the first lookup of a text finds."""
    found = [(nth, first) for nth, query in enumerate(queries) for first in lookups(query, REACH)[:1]]
    terms = [(nth, *term) for nth, query in enumerate(queries) for term in _weighed(query)]
    return execute_prepared(BEST, [*_columns(found, 2), *_columns(terms, 3), outside])


def _weighed(query: Query) -> list[tuple[str, float]]:
    """The rarest words, and what each tells."""
    terms = sorted((term for term in query.terms if term.weight > IN_DATE), key=attrgetter("rows"))[:WEIGHED]
    return [(term.lookup, query.weight(term)) for term in terms]


def _columns(rows: Sequence[Sequence[Any]], count: int) -> list[list[Any]]:
    return [[row[n] for row in rows] for n in range(count)]
