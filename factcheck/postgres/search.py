"""What somebody types to search, as an expression for PostgreSQL.

Text and query go through the same SQL functions, which `sources/search_functions.py` explains. So both are cut
into words alike, in every cluster, whatever its locale.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQueryField
from django.db import connection
from django.db.models import BigIntegerField, BooleanField, F, Func, Model, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.lookups import Exact
from django.db.models.sql import Query

from factcheck.postgres.bounded_page import ExistsPerRow, IndexOrRowFilter

MAX_TERMS = 30  # of one query; the rest is not searched for
QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″＂", '"'))  # noqa: RUF001
TERM = re.compile(r'(-?)(?:"([^"]*)(?:"|$)|([^\s"]+))')
POSSESSIVE = re.compile(r"(?<=\w)['’ʼ]s$", re.IGNORECASE)  # noqa: RUF001

Expression = Any  # Django's own types do not say which of its objects can be part of a query


@dataclass(frozen=True)
class Term:
    """A word, or the words between two quotation marks: those are matched as they are written, side by side."""

    text: str
    is_exact: bool = False
    is_excluded: bool = False

    def query(self, languages: Sequence[str] = ()) -> Expression:
        """The words as they are written and, unless asked for exactly, their stems in these languages."""
        codes = [] if self.is_exact else list(languages)
        return _query("search_query", Value(self.text), Value(codes, output_field=ArrayField(TextField())))


def terms_of(words: str) -> list[list[Term]]:
    """Alternatives, of each of which all terms are wanted. `or` stands between two of them."""
    found: list[list[Term]] = [[]]
    seen = 0
    for minus, quoted, word in TERM.findall(words.translate(QUOTES)):
        if word.lower() == "or" and not minus and found[-1]:
            found.append([])
            continue
        term = Term(quoted or POSSESSIVE.sub("", word), is_exact=bool(quoted), is_excluded=bool(minus))
        if any(map(str.isalnum, term.text)) and term not in found[-1] and seen < MAX_TERMS:
            found[-1].append(term)
            seen += 1
    return [alternative for alternative in found if alternative]


def query_of(alternatives: Iterable[Sequence[Term]], query: Callable[[Term], Expression]) -> Expression:
    """`query` makes that of one term."""
    combined = [
        both(*(_excluded(query(term)) if term.is_excluded else query(term) for term in terms)) for terms in alternatives
    ]
    return either(*(combined or [Term("").query()]))


def rarest(model: type[Model], terms: Sequence[Term], count: int) -> list[Term]:
    """As PostgreSQL estimates it by its statistics, without reading rows."""
    if len(terms) <= count:
        return list(terms)
    return sorted(terms, key=lambda term: _estimated_rows(model, term))[:count]


def _estimated_rows(model: type[Model], term: Term) -> float:
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"EXPLAIN (FORMAT JSON) SELECT FROM {table} WHERE words @@ search_query(%s, '{{}}')",
            [term.text],
        )
        return cursor.fetchone()[0][0]["Plan"]["Plan Rows"]


def either(*queries: Expression) -> Expression:
    return _operator("(%(expressions)s)", " || ", queries)


def both(*queries: Expression) -> Expression:
    return _operator("(%(expressions)s)", " && ", queries)


def phrase(text: str) -> Expression:
    """The words of a text as they are written, side by side; nothing in it is an operator."""
    return Term(text).query()


def computed_once(query: Expression) -> Expression:
    """As a subquery that refers to no row. PostgreSQL does not know the words then, and takes them for rare."""
    return _operator("(SELECT %(expressions)s)", "", [query])


def beginnings(text: str) -> Expression:
    """Each word is the beginning of a word."""
    return _query("search_beginnings", Value(text))


def matches(vector: Expression, query: Expression) -> Func:
    return Func(vector, query, template="(%(expressions)s)", arg_joiner=" @@ ", output_field=BooleanField())


def read_queries(*queries: Expression) -> list[str]:
    """Each as PostgreSQL reads it."""
    compiler = Query(None).get_compiler(connection=connection)
    compiled = [compiler.compile(query) for query in queries]
    columns = ", ".join(f"({sql})::text" for sql, _ in compiled)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", [value for _, values in compiled for value in values])
        return list(cursor.fetchone())


def as_read(text: str) -> Expression:
    """A query that was read before."""
    return Func(Value(text), template="%(expressions)s::tsquery", output_field=SearchQueryField())


def in_words(model: type[Model], query: Expression) -> IndexOrRowFilter:
    """Whether the words of a row match, which `model` keeps under the id of the row."""
    found: QuerySet[Any] = model._default_manager.filter(matches("words", computed_once(query)))
    by_index, per_row = Q(pk__in=found.values("pk")), Q(ExistsPerRow(found.filter(pk=OuterRef("pk"))))
    return IndexOrRowFilter(by_index=by_index, per_row=per_row)


def folded_name(name: Expression) -> Func:
    """A name as it is compared: case, and how spaces, quotation marks and dashes look, are set aside."""
    return Func(name, function="search_name", output_field=TextField())


def same_name(field: str, text: str) -> Exact:
    return Exact(folded_name(F(field)), folded_name(Value(text)))


def refers_to(source_ids: Iterable[int]) -> Expression:
    """Rows that refer to one of these sources have this word."""
    return _query("search_sources", Value(list(source_ids), output_field=ArrayField(BigIntegerField())))


def _excluded(query: Expression) -> Expression:
    return _operator("(!! %(expressions)s)", "", [query])


def _query(function: str, *arguments: Expression) -> Func:
    return Func(*arguments, function=function, output_field=SearchQueryField())


def _operator(template: str, joiner: str, queries: Sequence[Expression]) -> Func:
    return Func(*queries, template=template, arg_joiner=joiner, output_field=SearchQueryField())
