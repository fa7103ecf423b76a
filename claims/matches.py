"""Statements that say the same as a text, by the words that they share (`claims/matching/`), and by their vectors where
there are some (`claims/vectors/`).

A few queries, however many statements there are: which words the text has, how rare they are, which statements have the
rarest of them, the best of those, and the nearest by their vectors.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from claims.matching.cleaning import parts_of, without_dates
from claims.matching.scoring import Likeness, Query, Recorded, Term, score_of_others
from claims.matching.selection import BESIDE_VECTORS, LOOKUPS, WORDS_ALONE, Reach, lookups
from claims.models import Statement
from claims.vectors.nearest import Vector, nearest, vector_of
from claims.vectors.table import table
from factcheck.postgres.prepared import execute_prepared
from factcheck.postgres.word_shares import WordShares

MAX_WORDS = 5_000  # of a text: the longest has more only in scripts without spaces, as pairs of characters
MAX_TERMS = 60  # the rarest of them
MAX_COUNTED = 1_000  # statements that are counted for a word of which PostgreSQL does not know how common it is
MAX_COUNTED_BY_ROW = 30  # of these that are looked at one by one, whether they are public: so many give nothing away
MAX_UNKNOWN = 100  # such words
MAX_ROWS_COUNTED = 10_000  # statements; beyond that PostgreSQL's estimate is good enough
COMPARED = 40  # statements that are compared word for word
MAX_CHOSEN_FROM = 5_000  # statements; only of words that are all common there are more
WEIGHED = 12  # words by which those are chosen
TABLE = "claims_statementwords"

Word = tuple[str, float, list[str | None]]  # with its weight, and its stem in each language

shares = WordShares(TABLE, "words")

# A stem is null where the word is so common in the language that its stemmer leaves it out. The letters from U+0E00 on
# are of scripts that no stemmer reads.
WORDS = """
SELECT nth, left(word, 100), max(weight),
    CASE WHEN ascii(word) < x'0E00'::integer THEN search_stems(left(own, 100),
        coalesce(%s::text[], ARRAY(SELECT code FROM claims_searchlanguage ORDER BY code))) ELSE '{}' END
FROM unnest(%s::integer[], %s::text[], %s::float[]) part(nth, text, weight), search_lettered(text) lettered,
    unnest(string_to_array(lettered, ' '), string_to_array(search_folded(lettered), ' '))
    WITH ORDINALITY AS w(own, word, place)
GROUP BY nth, word, own ORDER BY nth, max(weight) DESC, min(place), word
"""
ROWS = f"SELECT count(*) FROM (SELECT FROM {TABLE} LIMIT {MAX_ROWS_COUNTED}) counted"  # noqa: S608
COUNT = f"SELECT count(*) FROM (SELECT FROM {TABLE} WHERE words @@ lookup::tsquery {{also}} LIMIT {{limit}}) counted"  # noqa: S608
COUNT_ALL = COUNT.format(also="", limit=MAX_COUNTED)
COUNT_SOME = f"""
SELECT CASE WHEN own < {MAX_COUNTED_BY_ROW} THEN own ELSE ({COUNT_ALL}) END
FROM ({COUNT.format(also="{also}", limit=MAX_COUNTED_BY_ROW)}) o(own)
"""  # noqa: S608
COUNTS = "SELECT ({count}) FROM unnest(%s::text[]) WITH ORDINALITY AS l(lookup, place) ORDER BY place"
# The queries come from subqueries: PostgreSQL then does not look each word up in its statistics to plan, which takes
# longer than to find the rows. It expects far too many rows for them, but with set_config it plans no parallel workers,
# which take longer to start than the rows to find.
FOUND = " OR ".join(["words @@ (SELECT %s::tsquery)"] * LOOKUPS)
WEIGHT = " + ".join(["CASE WHEN words @@ %s::tsquery THEN %s ELSE 0 END"] * WEIGHED)
# The condition is judged from the best one down, until there are enough.
BEST = f"""
SELECT statement, words::text FROM (
    SELECT statement, words, {WEIGHT} AS weight FROM (
        SELECT statement, words FROM {TABLE}
        WHERE (SELECT set_config('max_parallel_workers_per_gather', '0', true)) = '0' AND ({FOUND})
        LIMIT {MAX_CHOSEN_FROM}
    ) found ORDER BY weight DESC, statement OFFSET 0
) {TABLE} WHERE true {{also}} ORDER BY weight DESC, statement LIMIT {COMPARED}
"""  # noqa: S608
# As claims/search_triggers.py makes them.
VECTORS = """
SELECT search_words_in_classes(%s, 'ABC', ARRAY[passage, paraphrase, title])::text
FROM unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY AS t(passage, paraphrase, title, place) ORDER BY place
"""


@dataclass(frozen=True)
class Match:
    """A recorded statement, and how it is like the text."""

    statement_id: int
    likeness: Likeness
    others: float  # by score_of_others()

    @property
    def odds(self) -> float:
        return self.likeness.odds(self.others)

    @property
    def score(self) -> float:
        return round(self.likeness.score, 3)

    @property
    def likely(self) -> bool:
        return self.odds >= 0

    @property
    def words(self) -> list[str]:
        return self.likeness.words


def best_first(likenesses: Mapping[int, Likeness]) -> list[Match]:
    """By statement; of equal ones the one recorded first."""
    others = score_of_others(likeness.score for likeness in likenesses.values())
    matches = [Match(statement, likeness, others) for statement, likeness in likenesses.items()]
    return sorted(matches, key=lambda match: (-match.score, match.statement_id))


@dataclass(frozen=True)
class Matches:
    found: list[Match]  # best first
    level: str  # by what they were found: lexical or semantic


def find_matches(text: str, *, among: QuerySet[Any], public: bool, size: int, statement: int | None = None) -> Matches:
    """The best of the statements `among`.

    `public`: only the words that few public statements have are counted in these alone. How many statements there are,
    and how common other words are, is of all of them.
    `statement`: the recorded one whose text it is.
    """
    vector = vector_of(without_dates(text), statement)
    query = read_query(text, _also(Statement.objects.public()) if public else NO_CONDITION)
    by_words = dict(_best(query, _also(among), BESIDE_VECTORS if vector else WORDS_ALONE))
    likenesses = _with_nearness(query, by_words, vector, among)
    found = [match for match in best_first(likenesses) if match.likeness.is_alike]  # others have the words elsewhere
    return Matches(found[:size], "semantic" if vector else "lexical")


def _with_nearness(
    query: Query, by_words: dict[int, Recorded], vector: Vector | None, among: QuerySet[Any]
) -> dict[int, Likeness]:
    """Also those that are near by their vectors, at the semantic level."""
    also = _also(among, table())
    near = nearest(vector, (also.sql, also.parameters), [*by_words]) if vector else []
    likenesses = {statement: Likeness(query, recorded) for statement, recorded in by_words.items()}
    for each in near:
        recorded = by_words.get(each.statement) or Recorded.read(each.words)
        likenesses[each.statement] = Likeness(query, recorded, each.nearness)
    return likenesses


@dataclass(frozen=True)
class Condition:
    """SQL on a row of the words, with its parameters."""

    sql: str = ""
    parameters: tuple[Any, ...] = ()


NO_CONDITION = Condition()


def _also(among: QuerySet[Any], table: str = TABLE) -> Condition:
    """That a row of the table belongs to one of these. Looked up for each candidate: these may be a million."""
    if not among.query.has_filters():
        return NO_CONDITION
    of_row = among.order_by().filter(pk=RawSQL(f"{table}.statement", [])).values("pk")  # noqa: S611  a constant
    sql, parameters = of_row.query.sql_with_params()
    return Condition(f"AND EXISTS({sql} OFFSET 0)", parameters)


def read_query(text: str, also: Condition) -> Query:
    """The words of a text, and how many statements have each."""
    words, terms = read_terms(text)
    shares.refresh()
    statements = shares.rows if shares.rows >= MAX_ROWS_COUNTED else execute_prepared(ROWS, [])[0][0]
    return Query(words, tuple(_counted(terms, statements, also)), statements)


def read_terms(text: str, languages: Sequence[str] | None = None) -> tuple[frozenset[str], list[Term]]:
    """All words of a text, and those of them by which it is compared. `languages`: as in words_of_each."""
    [words] = words_of_each([text], languages)
    return frozenset(word for word, *_ in words), telling_terms(words)


def words_of_each(texts: Sequence[str], languages: Sequence[str] | None = None) -> list[list[Word]]:
    """With stems in these languages, or in those of the recorded articles."""
    parts = [(nth, *part) for nth, text in enumerate(texts) for part in parts_of(text)]
    found: list[list[Word]] = [[] for _ in texts]
    for nth, *word in execute_prepared(WORDS, [languages, *([part[n] for part in parts] for n in range(3))]):
        if len(found[nth]) < MAX_WORDS:
            found[nth].append(tuple(word))
    return found


def vectors_of(texts: Mapping[str, Sequence[str]], language: str) -> dict[str, str]:
    """As for a statement: of passage, paraphrase and a title of evidence."""
    columns = zip(*texts.values(), strict=True)
    rows = execute_prepared(VECTORS, [language, *(list(column) for column in columns)])
    return dict(zip(texts, (vector for (vector,) in rows), strict=True))


def telling_terms(words: Sequence[Word]) -> list[Term]:
    """Words that tell something, what is said first and the date last; if there are none, all words."""
    languages = _languages_of(words)

    def tells(word: str, stems: Sequence[str | None]) -> bool:
        too_common = None in stems and languages.isdisjoint(_languages(stems))
        return not too_common and not _is_part(word)

    telling = [(word, weight, stems) for word, weight, stems in words if tells(word, stems)]
    terms: dict[Any, Term] = {}
    for word, weight, stems in telling or words:
        own = tuple(stem for stem in stems if stem)
        known = terms.get(own or word) or Term((), own, weight)
        terms[own or word] = replace(known, words=(*known.words, word))
    return list(terms.values())


def _languages_of(words: Sequence[Word]) -> set[str]:
    """Those that leave out most words of the text: it is in one of them. “Die” is left out in German."""
    languages = {language for _, _, stems in words for language in _languages(stems)}
    left_out = Counter(each for _, _, stems in words if None in stems for each in languages - _languages(stems))
    return {language for language, count in left_out.items() if count == max(left_out.values())}


def _languages(stems: Sequence[str | None]) -> set[str]:
    return {stem.rpartition("_")[2] for stem in stems if stem}


def _is_part(word: str) -> bool:
    """A single character of a script without spaces: its pairs say more."""
    return len(word) == 1 and word >= "\u0e00"


def _counted(terms: list[Term], statements: float, also: Condition) -> list[Term]:
    """The rarest of the terms that some statements have, with the number of these."""
    known = [with_common_rows(term, statements) for term in terms]
    unknown = [place for place, term in enumerate(known) if not term.rows][:MAX_UNKNOWN]
    count = COUNT_SOME.format(also=also.sql) if also.sql else COUNT_ALL
    counts = execute_prepared(COUNTS.format(count=count), [*also.parameters, [known[n].lookup for n in unknown]])
    for place, (rows,) in zip(unknown, counts, strict=True):
        known[place] = replace(known[place], rows=rows)
    rarest = set(sorted((term for term in known if term.rows), key=attrgetter("rows"))[:MAX_TERMS])
    return [term for term in known if term in rarest]


def with_common_rows(term: Term, statements: float) -> Term:
    """With the number of its statements, if it is one of the common words. A statement is in one language."""
    words = max(shares.shares.get(word, 0.0) for word in term.words)
    by_language: dict[str, float] = defaultdict(float)
    for stem in term.stems:
        language = stem.rpartition("_")[2]
        by_language[language] = max(by_language[language], shares.shares.get(stem, 0.0))
    stems = sum(by_language.values())
    return replace(term, rows=min(1.0, max(words, stems)) * statements, stems_find_all=stems >= words > 0)


def _best(query: Query, also: Condition, reach: Reach) -> list[tuple[int, Recorded]]:
    """Those statements that share most of the rarest words."""
    queries = lookups(query, reach)
    if not queries:
        return []
    rarest = sorted(query.terms, key=lambda term: term.rows)[:WEIGHED]
    weights = [part for term in rarest for part in (term.lookup, query.weight(term))]
    rows = execute_prepared(
        BEST.format(also=also.sql),
        [
            *weights, *["", 0.0] * (WEIGHED - len(rarest)),
            *queries, *[""] * (LOOKUPS - len(queries)), *also.parameters,
        ],
    )  # fmt: skip
    return [(statement, Recorded.read(vector)) for statement, vector in rows]
