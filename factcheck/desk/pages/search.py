"""One search over articles, statements and sources. Each section leads to the list with all results."""

from typing import Any

from django.db.models import QuerySet

from claims.models import Article, Statement
from claims.models.article import SCAN_PAGES as ARTICLE_SCAN_PAGES
from factcheck.desk.page_view import DeskView
from factcheck.postgres.bounded_page import SCAN_PAGES, newest
from sources.models import Source

MAX_RESULTS = 10  # in each section
MAX_QUERY_LENGTH = 200  # characters


class SearchPage(DeskView):
    template_name = "desk/pages/search.html"
    is_public = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.get("q", "").replace("\x00", "").strip()[:MAX_QUERY_LENGTH]
        results = self._results(query) if query else {}
        return super().get_context_data(search_query=query, max_results=MAX_RESULTS, **results, **kwargs)

    def _results(self, query: str) -> dict[str, Any]:
        statements = Statement.objects.for_reading().select_related("article").defer("article__text")
        articles = Article.objects.for_reading().defer("text")
        visible = self.viewer.visible(Source.objects.for_reading())  # before the search, which has to know
        sources = visible.search(query).order_by("name", "id")[:MAX_RESULTS]
        return {
            "articles": self._newest(articles, Article.objects.search(query), ARTICLE_SCAN_PAGES),
            "statements": self._newest(statements, Statement.objects.search(query)),
            "sources": [self.viewer.redact(row) for row in sources],
        }

    def _newest(self, rows: QuerySet[Any], found: QuerySet[Any], scan_pages: int = SCAN_PAGES) -> list[Any]:
        visible = self.viewer.visible
        return [self.viewer.redact(row) for row in newest(visible(rows), visible(found), MAX_RESULTS, scan_pages)]
