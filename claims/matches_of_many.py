"""The statements that are most like each of many texts, as the suggestions of a page: as many queries as for one text.

As `claims/matches.py`, by their words alone. Less is looked at of each text, since they are many.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from operator import attrgetter

from claims.matches import (
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
from claims.models import Statement
from factcheck.postgres.prepared import execute_prepared
from factcheck.postgres.snapshot_cache import Rows

MAX_FOUND = 200  # statements with one of the rarest words of a text
COMPARED = 10  # of those, the ones that are compared word for word
NEAR = 0.3  # below this score two texts have little to do with each other
WEIGHED = 12  # words by which those are chosen
MAX_COUNTED_WORDS = 1_000  # of all texts, whose statements are counted

BEST = f"""
SELECT nth, statement, words::text
FROM (
    SELECT nth, string_agg(lookup, '|') FILTER (WHERE is_rare)::tsquery AS rare,
        array_agg(lookup::tsquery) AS lookups, array_agg(weight) AS weights
    FROM unnest(%s::integer[], %s::text[], %s::float[], %s::boolean[]) term(nth, lookup, weight, is_rare) GROUP BY nth
) text, LATERAL (
    SELECT statement, words FROM {TABLE} WHERE words @@ rare
        AND statement NOT IN (SELECT id FROM claims_statement WHERE article = %s)
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
    counted = [rows for (rows,) in execute_prepared(COUNTS.format(also=""), [unknown])]
    counts = dict(zip(unknown, counted, strict=True))
    terms = [[replace(term, rows=term.rows or counts.get(term.lookup, 0)) for term in each] for each in known]
    return [
        Query(frozenset(word for word, *_ in all_words), tuple(term for term in each if term.rows), statements)
        for all_words, each in zip(words, terms, strict=True)
    ]


def _best(queries: Sequence[Query], outside: int) -> Rows:
    terms = [(nth, *row) for nth, query in enumerate(queries) for row in _lookups(query)]
    return execute_prepared(BEST, [*([term[n] for term in terms] for n in range(4)), outside])


def _lookups(query: Query) -> list[tuple[str, float, bool]]:
    """The rarest words, what each tells, and whether statements are looked up by it."""
    terms = sorted((term for term in query.terms if term.weight > IN_DATE), key=attrgetter("rows"))[:WEIGHED]
    found = accumulate(term.rows for term in terms)
    return [
        (term.lookup, query.weight(term), not place or rows <= MAX_FOUND)
        for place, (term, rows) in enumerate(zip(terms, found, strict=True))
    ]
