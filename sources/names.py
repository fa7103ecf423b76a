"""How sources are found by their names."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

from django.db import connection, models
from django.db.models import BooleanField, Func, Value
from django.db.models.expressions import RawSQL
from rapidfuzz.fuzz import WRatio, token_sort_ratio

from factcheck.postgres.search import (
    Expression,
    Term,
    beginnings,
    both,
    computed_once,
    either,
    folded_name,
    phrase,
    query_of,
    terms_of,
)

MAX_NAMED = 300  # sources of one word whose statements are found by their names
MAX_COMPARED = 300  # rows whose names are compared with what was typed
MAX_WORDS = 10  # of a name; the others are not compared by their spelling
MIN_NEARNESS = 85  # of 100; “Joe Bidne” is as near to Joe Biden as 89, “Jill Biden” as 74
MAX_SHORT = 3  # letters of words that have no near spellings
MIN_LIKENESS = 60  # of 100; one word of a name with one letter changed has about 75
MIN_LIKENESS_BESIDE = 80  # where others have all words: Zelensky beside “Zelenskyy”, but no Jill beside “Joe Biden”


# For each text the sources that it names and, of very many, those that another of the texts names too.
NAMED = """
    SELECT t.place, found.id, EXISTS (SELECT FROM sources_sourceredirect d WHERE d.into_source = found.id)
    FROM unnest(%(texts)s::text[]) WITH ORDINALITY AS t(text, place), LATERAL (
        SELECT search_query(t.text, '{}') AS own, string_agg('(' || query::text || ')', ' | ')::tsquery AS others
        FROM unnest(%(texts)s::text[]) AS o(text), search_query(o.text, '{}') query
        WHERE o.text <> t.text AND query::text <> ''
    ) q, LATERAL (
        (SELECT s.id FROM sources_source s WHERE source_names(s.name, s.aliases) @@ q.own LIMIT %(most)s)
        UNION (
            SELECT s.id FROM sources_source s WHERE source_names(s.name, s.aliases) @@ (q.own && q.others)
            LIMIT %(most)s
        )
    ) found
"""


class NamedQuerySet(models.QuerySet[Any]):
    @property
    def _aliases(self) -> str:
        """The aliases to search in: of rows with_public_names(), those that anonymous readers may see."""
        return "public_aliases" if "public_aliases" in self.query.annotations else "aliases"

    def matching_names(self, names: Sequence[str], addresses: Sequence[str] = ()) -> Any:
        """Those with one of the names, as name or alias, or with one of the addresses in `same_as`.

        Each is looked up on its own: for many at once, the planner would read all sources instead.
        """
        ids = """
            SELECT s.id FROM unnest(%s::varchar[]) AS wanted(name) JOIN sources_source s ON s.name = wanted.name
            UNION SELECT s.id FROM unnest(%s::varchar[]) AS wanted(name)
            JOIN sources_source s ON s.aliases @> ARRAY[wanted.name]
            UNION SELECT s.id FROM unnest(%s::varchar[]) AS wanted(address)
            JOIN sources_source s ON s.same_as @> ARRAY[wanted.address]
            """
        return self.filter(pk__in=RawSQL(ids, [list(names), list(names), list(addresses)]))  # noqa: S611

    def search(self, words: str) -> Any:
        """Every word is the beginning of a word of the name or an alias. Words without letters or digits match only
        as a whole name or alias."""
        if not any(map(str.isalnum, words)):
            return self.with_exact_name(words).order_by()
        alternatives = terms_of(words)
        wanted = [[term for term in terms if not term.is_excluded] for terms in alternatives]
        rows = self.all()
        if all(wanted):  # the index knows names that an anonymous reader may not see, so it excludes nothing
            rows = rows._by("source_names", "aliases", "@@", query_of(wanted, _beginning))
        return rows._by("source_names", self._aliases, "@@", query_of(alternatives, _beginning))

    def with_exact_name(self, text: str) -> Any:
        """Those with this name or alias; case, and how spaces, quotation marks and dashes look, are ignored."""
        typed = Func(folded_name(Value(text)), template="ARRAY[%(expressions)s]")
        return self._by_both("source_called", "&&", typed).order_by("pk")

    def found_and_alike(self, text: str, limit: int) -> tuple[list[Any], list[Any]]:
        """What search() finds, and besides it those of spelled_like(); if it finds nothing, those of similar_to().

        Both in the order of similar_to().
        """
        named = self._with_all_words(text, limit)
        ranked = self._ranked(text, named, [self.spelled_like(text)] if named else self._like(text, ()))
        return [row for row in ranked if row in named][:limit], [row for row in ranked if row not in named][:limit]

    def similar_to(
        self, text: str, limit: int = 6, first: Collection[int] = (), recent: Collection[int] = ()
    ) -> list[Any]:
        """The sources with the most similar names, first the very name.

        Then those with all of the words, and any whose ids are in `first`: of these, who speaks for another comes after
        those who speak for themselves, then those of `first` go before others, and those of `recent` before the rest.
        Near spellings are last.
        """
        named = self._with_all_words(text, limit)
        return self._ranked(text, named, self._like(text, first), first, recent)[:limit]

    def _with_all_words(self, text: str, limit: int) -> set[Any]:
        rows = self.select_related("part_of")
        return {*rows.with_exact_name(text)[:limit], *rows.search(text)[:MAX_COMPARED]}

    def _ranked(
        self,
        text: str,
        named: set[Any],
        alike: Iterable[Any],
        first: Collection[int] = (),
        recent: Collection[int] = (),
    ) -> list[Any]:
        """Those that are `named` so, and those of the querysets `alike` that are like enough."""
        rows = self.select_related("part_of")
        pools = [pool.order_by().values("pk")[:MAX_COMPARED] for pool in alike]
        found = named.union(rows.filter(pk__in=pools[0].union(*pools[1:])))
        ranks = {row: _rank(row, text, row in named, row.pk in first, row.pk in recent) for row in found}
        least = MIN_LIKENESS_BESIDE if named else MIN_LIKENESS
        similar = (row for row, rank in ranks.items() if row in named or rank.likeness >= least)
        return sorted(similar, key=lambda row: (ranks[row].order, row.pk))

    def nearly_called(self, text: str, limit: int = 6) -> list[Any]:
        """Those that are called so, or so but for a letter or two, an accent, or the order of the words, or whose name
        ends so, as that of Volodymyr Zelensky in Zelensky."""
        rows = self.select_related("part_of")
        long_words = " ".join(word for word in text.split() if len(word) > MAX_SHORT)  # of others no spelling is near
        pools = rows.spelled_like(text), rows.spelled_like(long_words), rows._named(phrase(text))
        found = {*rows.with_exact_name(text)[:limit], *chain.from_iterable(pool[:MAX_COMPARED] for pool in pools)}
        typed = plain(text)
        likeness = {row: max(_nearness(typed, plain(name)) for name in row.visible_names) for row in found}
        near = (row for row in found if likeness[row] >= MIN_NEARNESS)
        return sorted(near, key=lambda row: (-likeness[row], row.pk))[:limit]

    def spelled_like(self, text: str) -> Any:
        """Those of whose names or aliases each word is spelled, or nearly spelled, like one of these."""
        words = [word for word in text.split() if any(map(str.isalnum, word))][:MAX_WORDS]
        rows = self if words else self.none()
        for word in words:
            rows = rows._nearly(word)
        return rows

    def named_by(self, texts: Sequence[str], *, public: bool = False, nearly: bool = False) -> list[set[int]]:
        """For each of the texts, the ids of sources that it names. Of very many, those that another text names too.

        `public`: by the names that anonymous readers may see. `nearly`: by near spellings too.
        """
        found: list[set[int]] = [set() for _ in texts]
        merged: list[set[int]] = [set() for _ in texts]
        with connection.cursor() as cursor:
            cursor.execute(NAMED, {"texts": list(texts), "most": MAX_NAMED})
            for place, row_id, is_merged in cursor.fetchall():
                (merged if is_merged and public else found)[place - 1].add(row_id)
        if not (nearly or any(merged)):
            return found
        rows = self.with_public_names() if public else self  # type: ignore[attr-defined]
        for text, own, hidden in zip(texts, found, merged, strict=True):
            if hidden:  # the source has names of others, which may not be public
                own.update(rows.filter(pk__in=hidden)._named(phrase(text)).values_list("pk", flat=True))
            if nearly:
                own.update(rows.spelled_like(text).values_list("pk", flat=True)[:MAX_NAMED])
        return found

    def _like(self, text: str, first: Collection[int]) -> Iterable[Any]:
        begun = [computed_once(beginnings(word[:3])) for word in text.split()[:MAX_WORDS]]
        nearly_any = self._nearly(text)
        yield self.spelled_like(text)
        yield self._named(both(*begun))
        yield nearly_any
        yield self._named(either(*begun))
        if first:
            yield nearly_any.filter(pk__in=first)

    def _named(self, query: Expression) -> Any:
        return self._by_both("source_names", "@@", query)

    def _nearly(self, words: str) -> Any:
        wanted = Func(Value(words), function="search_spellings", template="(SELECT %(function)s(%(expressions)s))")
        return self._by_both("source_spellings", "&&", wanted)  # by the index: they cost much to compute for a row

    def _by_both(self, function: str, operator: str, wanted: Expression) -> Any:
        """By the index of all names and, for anonymous readers, by those that they may see."""
        rows = self._by(function, "aliases", operator, wanted)
        return rows if self._aliases == "aliases" else rows._by(function, self._aliases, operator, wanted)

    def _by(self, function: str, aliases: str, operator: str, wanted: Expression) -> Any:
        names, joiner = Func("name", aliases, function=function), f" {operator} "
        return self.filter(
            Func(names, wanted, template="(%(expressions)s)", arg_joiner=joiner, output_field=BooleanField())
        )


class Rank(NamedTuple):
    likeness: float
    order: tuple[Any, ...]


def _rank(row: Any, text: str, has_all_words: bool, is_first: bool, is_recent: bool) -> Rank:
    typed, names = " ".join(text.split()).casefold(), [name.casefold() for name in row.visible_names]
    likeness = max(WRatio(plain(typed), plain(name)) for name in names)
    speaks_for_another = row.anonymous or getattr(row, "public_part_of", row.part_of_id) is not None
    own = (not is_first, not has_all_words)
    rest = (not is_recent, row.kind != "person", -likeness)
    if has_all_words or is_first:
        return Rank(likeness, (typed not in names, 0, speaks_for_another, *own, *rest))
    return Rank(likeness, (typed not in names, 1, -round(likeness, -1), speaks_for_another, *rest))


def _nearness(typed: str, name: str) -> float:
    return MIN_NEARNESS if name.endswith(f" {typed}") else token_sort_ratio(typed, name)


def plain(name: str) -> str:
    """Without case, accents and commas."""
    letters = (one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    return "".join(letters).casefold().replace(",", " ")


def _beginning(term: Term) -> Expression:
    return term.query() if term.is_exact else beginnings(term.text)
