"""One search over articles, statements and sources. Each section leads to the list with all results."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Left

from claims.models import Article, Statement
from claims.models.article import SCAN_PAGES as ARTICLE_SCAN_PAGES
from claims.models.words import Search
from factcheck.desk.page_view import DeskView
from factcheck.desk.search_reasons import MAX_CHARACTERS, Wanted, article_fields, source_fields, statement_fields
from factcheck.postgres.bounded_page import newest
from factcheck.postgres.search import terms_of
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
        statements = Statement.objects.for_reading().select_related("article").defer("article__text")
        articles = Article.objects.for_reading().defer("text").annotate(beginning=Left("text", MAX_CHARACTERS))
        # Read once for both sections. One word stands by no other.
        all_words = self._search(query)
        side_by_side = self._search(_as_phrase(query)) if len(query.split()) > 1 else None
        found = {
            "articles": self._section(articles, "title", query, (all_words, side_by_side), ARTICLE_SCAN_PAGES),
            "statements": self._section(statements, "text", query, (all_words, side_by_side), STATEMENT_SCAN_PAGES),
            "sources": self._sources(query),
        }
        return {**found, **self._reasons(query, **found)}

    def _reasons(self, query: str, *, articles: Section, statements: Section, sources: Section) -> dict[str, Any]:
        """By section and row, why it was found."""
        wanted, public = Wanted(query), self.viewer.is_anonymous
        return {
            "article_reasons": wanted.reasons(article_fields(articles.any, public=public)),
            "statement_reasons": wanted.reasons(statement_fields(statements.any, public=public)),
            "source_reasons": wanted.reasons_of_names(source_fields(sources.rows, public=public)),
        }

    def _search(self, query: str) -> Search:
        return Search.read(terms_of(query), public=self.viewer.is_anonymous)

    def _section(
        self, rows: QuerySet[Any], field: str, query: str, searches: tuple[Search, Search | None], scan_pages: int
    ) -> Section:
        everything, (all_words, side_by_side) = rows.model._default_manager.all(), searches

        def texts(found: Any, limit: int = MAX_RESULTS) -> dict[int, str]:
            page = newest(everything.only("pk", field), self.viewer.visible(found), limit, scan_pages)
            return {row.pk: getattr(row, field) for row in page}

        if found := texts(everything.found_by(all_words), MAX_COMPARED):
            beside = texts(everything.found_by(side_by_side)) if side_by_side else {}
            return Section(rows=self._read(rows, _very_words_first(query, found, beside)))
        nearest = (texts(found) for found in everything.nearest_to(query, public=self.viewer.is_anonymous))
        return Section(nearest=self._read(rows, list(next(filter(None, nearest), []))))

    def _read(self, rows: QuerySet[Any], ids: Sequence[int]) -> list[Any]:
        found = {row.pk: row for row in self.viewer.fetch(rows.filter(pk__in=ids))}
        return [found[row_id] for row_id in ids if row_id in found]

    def _sources(self, query: str) -> Section:
        visible = self.viewer.visible(Source.objects.for_reading())  # before the search, which has to know
        parts = visible.found_and_alike(query, MAX_RESULTS)
        return Section(*([self.viewer.redact(row) for row in part] for part in parts))


def _as_phrase(query: str) -> str:
    return '"{}"'.format(query.replace('"', " "))


def _very_words_first(query: str, found: dict[int, str], side_by_side: dict[int, str]) -> list[int]:
    """The ids: first what has the query as it was typed, then what has its words side by side, then the newest."""
    typed = _as_seen(query.strip('"'))
    texts = found | side_by_side
    order = {
        row_id: (typed not in _as_seen(text), row_id not in side_by_side, -row_id) for row_id, text in texts.items()
    }
    return sorted(order, key=lambda row_id: order[row_id])[:MAX_RESULTS]


def _as_seen(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
