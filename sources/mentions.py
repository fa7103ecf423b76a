"""Which sources a text may mean by the names that it has for people."""

import re
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from django.db import connection
from rapidfuzz.fuzz import ratio, token_sort_ratio

from sources.models import Source
from sources.names import plain

MAX_EXACT = 10
MAX_COMPARED = 50  # sources whose names are compared with one name
MIN_LIKENESS = 80  # of 100, of two words that may be one: Zelensky and Zelenskyy
MIN_LETTERS = 4  # of the longer of the two

# For each name the sources that are called so, then those that have its words, or nearly its last word. There may be
# more of these than are compared, so the own ones are looked at first.
MENTIONED = """
    WITH own AS MATERIALIZED (
        SELECT id, source_called(name, aliases) AS called, source_names(name, aliases) AS words
        FROM sources_source WHERE id = ANY(%(own)s::bigint[])
    ), t AS MATERIALIZED (
        SELECT *, ARRAY[search_name(name)] AS called, search_beginnings(name) AS words
        FROM unnest(%(names)s::text[], %(last)s::text[]) WITH ORDINALITY AS t(name, last, place)
    )
    SELECT t.place, found.id, found.is_exact FROM t, LATERAL (
        (SELECT o.id, o.called && t.called AS is_exact FROM own o WHERE o.called && t.called OR o.words @@ t.words)
        UNION ALL (SELECT s.id, true FROM sources_source s
            WHERE source_called(s.name, s.aliases) && t.called LIMIT %(exact)s)
        UNION ALL (SELECT s.id, false FROM sources_source s
            WHERE source_names(s.name, s.aliases) @@ t.words LIMIT %(most)s)
        UNION ALL (SELECT s.id, false FROM sources_source s
            WHERE source_spellings(s.name, s.aliases) && search_spellings(t.last) LIMIT %(most)s)
    ) found
"""


class Mentioned(NamedTuple):
    exact: list[Source]
    near: list[Source]


def mentioned_sources(
    names: Iterable[str], own: Collection[int] = (), nouns: Iterable[str] = ()
) -> dict[str, Mentioned]:
    """For each name the sources that are called so, and those that may be meant: with its words, or with the words that
    it ends in, each spelled so or, unless it is one of `nouns`, nearly so: a minister is no ministry. Those whose ids
    are in `own` come first. Two queries for any number."""
    words = {name: _words(name) for name in names}
    wanted = [name for name, found in words.items() if found]
    with connection.cursor() as cursor:
        last = [words[name][-1] for name in wanted]
        cursor.execute(
            MENTIONED, {"names": wanted, "last": last, "own": list(own), "exact": MAX_EXACT, "most": MAX_COMPARED}
        )
        found = cursor.fetchall()
    rows = Source.objects.in_bulk({row_id for _, row_id, _ in found})
    sources = {name: Mentioned([], []) for name in words}
    exact = {word for noun in nouns for word in _words(noun)}
    for place, row_id, is_exact in found:
        mentioned, row = sources[wanted[place - 1]], rows.get(row_id)
        if row and row not in mentioned.exact and row not in mentioned.near:
            (mentioned.exact if is_exact else mentioned.near).append(row)
    return {name: _ordered(name, words[name], each, own, exact) for name, each in sources.items()}


def _ordered(name: str, words: list[str], found: Mentioned, own: Collection[int], exact: Collection[str]) -> Mentioned:
    def order(row: Source) -> tuple[Any, ...]:
        likeness = max(token_sort_ratio(plain(name), plain(one)) for one in row.visible_names)
        return row.pk not in own, -likeness, row.pk

    near = [row for row in found.near if any(_may_be(words, _words(one), exact) for one in row.visible_names)]
    return Mentioned(sorted(found.exact, key=order), sorted(near, key=order))


def _may_be(mentioned: list[str], name: list[str], exact: Collection[str]) -> bool:
    """“Biden” may be Joe Biden, and “President Joe Biden” too; “a CNN reporter” is not CNN."""
    is_part = _holds(mentioned, name, exact) and _holds(mentioned[-1:], name[-1:], exact)
    return is_part or _holds(name, mentioned, exact)


def _holds(words: list[str], others: list[str], exact: Collection[str]) -> bool:
    return bool(others) and all(any(_alike(one, other, exact) for one in words) for other in others)


def _alike(one: str, other: str, exact: Collection[str]) -> bool:
    if one == other or one in exact or other in exact:
        return one == other
    return max(len(one), len(other)) >= MIN_LETTERS and ratio(one, other) >= MIN_LIKENESS


def _words(name: str) -> list[str]:
    return re.findall(r"\w+", plain(name))
