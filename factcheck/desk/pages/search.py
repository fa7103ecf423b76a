"""One search over articles, statements and sources. Each section leads to the list with all results."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Left

from claims.models import Article, Statement
from claims.models.article import SCAN_PAGES as ARTICLE_SCAN_PAGES
from claims.models.words import Search
from factcheck.desk.page_view import DeskView
from factcheck.desk.search_reasons import MAX_CHARACTERS, Wanted, article_fields, source_fields, statement_fields
from factcheck.postgres.bounded_page import newest
from factcheck.postgres.prepared import any_of, prepared
from factcheck.postgres.search import as_read, read_queries, terms_of
from sources.models import Source

MAX_RESULTS = 10  # in each section
MAX_COMPARED = 100  # of the newest results, among which those with the very words come first
STATEMENT_SCAN_PAGES = 15
MAX_QUERY_LENGTH = 200  # characters


@dataclass
class Section:
    """`nearest`: what has not all of the words; of sources, those whose names are spelled alike."""

    rows: Sequence[Any] = ()
    nearest: Sequence[Any] = ()

    @property
    def any(self) -> Sequence[Any]:
        return self.rows or self.nearest


class SearchPage(DeskView):
    template_name = "desk/pages/search.html"
    is_public = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.get("q", "").replace("\x00", "").strip()[:MAX_QUERY_LENGTH]
        results = self._results(query) if query else {}
        return super().get_context_data(search_query=query, max_results=MAX_RESULTS, **results, **kwargs)

    def _results(self, query: str) -> dict[str, Any]:
        # Read once for both sections. One word stands by no other.
        all_words = self._search(query)
        side_by_side = self._search(_as_phrase(query)) if len(query.split()) > 1 else None
        typed = query, read_queries(*(search.query for search in (all_words, side_by_side) if search))
        found = {
            "articles": self._section(Article.objects.all(), _articles, "title", *typed, ARTICLE_SCAN_PAGES),
            "statements": self._section(Statement.objects.all(), _statements, "text", *typed, STATEMENT_SCAN_PAGES),
            "sources": self._sources(query),
        }
        return {**found, **self._reasons(Wanted(query, all_words.languages), **found)}

    def _reasons(self, wanted: Wanted, *, articles: Section, statements: Section, sources: Section) -> dict[str, Any]:
        """By section and row, why it was found."""
        public = self.viewer.is_anonymous
        of_articles, of_statements = wanted.reasons(
            article_fields(articles.any, public=public), statement_fields(statements.any, public=public)
        )
        of_sources = wanted.reasons_of_names(source_fields(sources.rows, public=public))
        return {"article_reasons": of_articles, "statement_reasons": of_statements, "source_reasons": of_sources}

    def _search(self, query: str) -> Search:
        return Search.read(terms_of(query), public=self.viewer.is_anonymous)

    def _section(
        self,
        everything: Any,
        read: Callable[[list[int]], Any],
        field: str,
        query: str,
        searches: list[str],
        scan_pages: int,
    ) -> Section:
        def page(limit: int, *searches: str) -> list[Any]:
            """Of the rows that the first search finds; the second marks those that it would find."""

            def build(search: str, *marking: str) -> Any:
                rows = everything.with_found(as_read(*marking)) if marking else everything
                found = self.viewer.visible(everything.found(as_read(search)))
                return newest(rows.only("pk", field), found, limit, scan_pages)

            key = SearchPage, field, limit, self.viewer.is_anonymous, len(searches)
            return prepared(key, build, *[str] * len(searches)).objects(*searches)

        if found := page(MAX_COMPARED, *searches):
            if len(found) == MAX_COMPARED and len(searches) > 1:  # older rows may have the words side by side, too
                found += page(MAX_RESULTS, searches[1], searches[1])
            return Section(rows=self._read(read, _very_words_first(query, found, field)))
        nearest = (
            page(MAX_RESULTS, *read_queries(search.query))
            for search in everything.nearest_to(query, public=self.viewer.is_anonymous)
        )
        return Section(nearest=self._read(read, [row.pk for row in next(filter(None, nearest), [])]))

    def _read(self, read: Callable[[list[int]], Any], ids: list[int]) -> list[Any]:
        found = {row.pk: row for row in self.viewer.read(read, ids)}
        return [found[row_id] for row_id in ids if row_id in found]

    def _sources(self, query: str) -> Section:
        visible = self.viewer.visible(Source.objects.for_reading())  # before the search, which has to know
        parts = visible.found_and_alike(query, MAX_RESULTS)
        return Section(*([self.viewer.redact(row) for row in part] for part in parts))


def _articles(ids: list[int]) -> Any:
    rows = Article.objects.for_reading().defer("text").annotate(beginning=Left("text", MAX_CHARACTERS))
    return rows.filter(any_of("pk", ids))


def _statements(ids: list[int]) -> Any:
    rows = Statement.objects.for_reading().select_related("article").defer("article__text")
    return rows.filter(any_of("pk", ids))


def _as_phrase(query: str) -> str:
    return '"{}"'.format(query.replace('"', " "))


def _very_words_first(query: str, found: list[Any], field: str) -> list[int]:
    """The ids: first what has the query as it was typed, then what has its words side by side, then the newest."""
    typed = _as_seen(query.strip('"'))
    order = {
        row.pk: (typed not in _as_seen(getattr(row, field)), not getattr(row, "is_found", False), -row.pk)
        for row in found
    }
    return sorted(order, key=order.__getitem__)[:MAX_RESULTS]


def _as_seen(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
