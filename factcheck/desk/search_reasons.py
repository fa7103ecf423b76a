"""Why a search found a row: which of its words it has, and in which field.

A regular expression finds what begins as a word of the query does. Which of these are that word, in whatever form,
PostgreSQL says by the same functions as for the search itself.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from claims.models import Evidence
from factcheck.postgres.search import terms_of

MAX_CHARACTERS = 20_000  # of a field, among which words are looked for
MAX_FORMS = 300  # different words that PostgreSQL judges
MAX_FIELDS = 3  # told of one row
MAX_EVIDENCE = 200  # pieces, of all rows together
AROUND = 45  # characters shown before the first word that was found, and after it
SHARED = 3  # letters that all forms of a word begin with
UNSPACED = "\u0e00"  # from this character on, scripts without spaces: any part of a run may be a word
# Each letter with an accent → the letter, so that a text keeps its length.
LETTERS = {
    code: base
    for code in range(sys.maxunicode >> 7)
    if len(base := unicodedata.normalize("NFD", chr(code))[:1]) and base != chr(code)
}
WORD = re.compile(r"\w+")
SAME_WORDS = """
    SELECT DISTINCT w.language, w.form FROM unnest(%s::text[], %s::text[]) AS w(language, form)
    WHERE search_words(w.language, w.form) @@ ({})
"""


class Field(NamedTuple):
    name: str
    text: str
    language: str = ""  # BCP 47; of a name none


class Reason(NamedTuple):
    name: str
    excerpt: SafeString


class Wanted:
    """The words of what somebody typed, without those that are to be missing."""

    def __init__(self, query: str, languages: Sequence[str]):
        """`languages`: those in whose stems the search looked for words."""
        self.languages = list(languages)
        terms = [term for terms in terms_of(query) for term in terms if not term.is_excluded]
        self.words = [(word, term.is_exact) for term in terms for word in WORD.findall(term.text)]
        parts = (_beginning(word) for word, _ in self.words)
        self.pattern = re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)

    def reasons(self, *kinds: dict[int, list[Field]]) -> list[dict[int, list[Reason]]]:
        """For each kind of rows, by row. One query, however many rows."""
        found = [
            {row: [(field, self._spans(field)) for field in own] for row, own in fields.items()} for fields in kinds
        ]
        every = (pair for rows in found for own in rows.values() for pair in own)
        same = self._same({(field.language, form) for field, spans in every for form in spans.values()})
        return [{row: [*self._reasons(own, same)][:MAX_FIELDS] for row, own in rows.items()} for rows in found]

    def reasons_of_names(self, fields: dict[int, list[Field]]) -> dict[int, list[Reason]]:
        """Of a name, the beginning of a word is enough."""
        begun = tuple(_folded(word).lower() for word, _ in self.words)

        def reason(field: Field) -> Iterable[Reason]:
            spans = self._spans(field)
            same = {("", form) for form in spans.values() if _folded(form).startswith(begun)}
            return self._reasons([(field, spans)], same)

        return {row: [each for field in own for each in reason(field)] for row, own in fields.items()}

    def _spans(self, field: Field) -> dict[tuple[int, int], str]:
        text = field.text[:MAX_CHARACTERS]
        return {match.span(): text[slice(*match.span())].lower() for match in self.pattern.finditer(_folded(text))}

    def _same(self, forms: set[tuple[str, str]]) -> set[tuple[str, str]]:
        if not forms:
            return set()
        queries = [[word, [] if is_exact else self.languages] for word, is_exact in self.words]
        some = sorted(forms)[:MAX_FORMS]
        with connection.cursor() as cursor:
            sql = SAME_WORDS.format(" || ".join(["search_query(%s, %s::text[])"] * len(queries)))
            cursor.execute(sql, [*map(list, zip(*some, strict=True)), *(part for query in queries for part in query)])
            return set(cursor.fetchall())

    @staticmethod
    def _reasons(own: list[Any], same: set[tuple[str, str]]) -> Iterable[Reason]:
        for field, spans in own:
            if hits := [span for span, form in spans.items() if (field.language, form) in same]:
                yield Reason(field.name, _excerpt(field.text, hits))


def _folded(text: str) -> str:
    return text.translate(LETTERS)


def _beginning(word: str) -> str:
    folded = _folded(word)
    if folded >= UNSPACED:
        return re.escape(folded)
    return rf"\b{re.escape(folded[:SHARED])}" + (r"\b" if len(folded) < SHARED else r"\w*")


def _excerpt(text: str, hits: list[tuple[int, int]]) -> SafeString:
    """The words around the first hit, with all hits among them set off."""
    begin, end = max(0, hits[0][0] - AROUND), hits[0][1] + AROUND
    if begin:
        begin = text.find(" ", begin, hits[0][0]) + 1 or begin  # at a word, where words are told apart
    pieces, at = ["…" if begin else ""], begin
    for start, stop in hits:
        if stop <= end:
            pieces += [escape(text[at:start]), "<b>", escape(text[start:stop]), "</b>"]
            at = stop
    pieces += [escape(text[at:end]), "…" if end < len(text) else ""]
    return mark_safe("".join(pieces))  # noqa: S308  every piece is escaped


def statement_fields(rows: Iterable[Any], *, public: bool) -> dict[int, list[Field]]:
    fields = {}
    for row in rows:
        language = row.article.language
        sources = [(gettext("source"), row.source), *((gettext("through"), source) for source in row.via)]
        fields[row.pk] = [
            Field(gettext("passage"), row.text, language),
            Field(gettext("in plain words"), row.paraphrase, language),
            Field(gettext("reason"), row.tag_reason, language),
            *(Field(name, _names(source, public=public)) for name, source in sources if source),
        ]
    evidence = Evidence.objects.filter(statement__in=fields).order_by("id")
    for piece in evidence.values_list("statement", "title", "excerpt", "statement__article__language")[:MAX_EVIDENCE]:
        fields[piece[0]] += [Field(gettext("evidence"), text, piece[3]) for text in piece[1:3]]
    return fields


def article_fields(rows: Iterable[Any], *, public: bool) -> dict[int, list[Field]]:
    """The rows must have been annotated with the `beginning` of their texts."""
    return {
        row.pk: [
            Field(gettext("title"), row.title, row.language),
            Field(gettext("byline"), row.byline, row.language),
            Field(gettext("publisher"), _names(row.publisher, public=public) if row.publisher else ""),
            Field(gettext("text"), row.beginning, row.language),
            Field(gettext("address"), row.url or "", row.language),
        ]
        for row in rows
    }


def source_fields(rows: Iterable[Any], *, public: bool) -> dict[int, list[Field]]:
    """Without the name, which the result shows."""
    return {row.pk: [] if public else [Field(gettext("also called"), alias) for alias in row.aliases] for row in rows}


def _names(source: Any, *, public: bool) -> str:
    """An anonymous reader may not see every alias."""
    return source.name if public else " / ".join([source.name, *source.aliases])
