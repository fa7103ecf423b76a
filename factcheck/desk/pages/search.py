"""One search over articles, statements and sources; the lists have the rest."""

from typing import Any

from django.db.models import QuerySet

from claims.models import Article, Statement
from claims.models.article import SCAN_PAGES as ARTICLE_SCAN_PAGES
from factcheck.desk.page_view import DeskView
from factcheck.postgres.bounded_page import SCAN_PAGES, newest
from sources.models import Source

SHOWN = 10
LONGEST = 200


class SearchPage(DeskView):
    template_name = "desk/pages/search.html"
    is_public_page = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
        found = self._found(words) if words else {}
        return super().get_context_data(find=words, shown=SHOWN, **found, **kwargs)

    def _found(self, words: str) -> dict[str, Any]:
        statements = Statement.objects.for_reading().select_related("article").defer("article__text")
        articles = Article.objects.for_reading().defer("text")
        return {
            "articles": self._newest(articles, Article.objects.search(words), ARTICLE_SCAN_PAGES),
            "statements": self._newest(statements, Statement.objects.search(words)),
            "sources": self.viewer.fetch(Source.objects.for_reading().search(words).order_by("name", "id"), SHOWN),
        }

    def _newest(self, rows: QuerySet[Any], found: QuerySet[Any], scan_pages: int = SCAN_PAGES) -> list[Any]:
        visible = self.viewer.visible
        return [self.viewer.redact(row) for row in newest(visible(rows), visible(found), SHOWN, scan_pages)]
