"""One search over articles, statements and sources; the lists have the rest."""

from typing import Any

from claims.models import Article, Statement
from factcheck.api.desk_view import DeskView
from sources.models import Source

SHOWN = 10
LONGEST = 200


class SearchPage(DeskView):
    template_name = "claims/search.html"
    is_for_strangers = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
        found = self._found(words) if words else {}
        return super().get_context_data(find=words, shown=SHOWN, **found, **kwargs)

    def _found(self, words: str) -> dict[str, Any]:
        statements = Statement.objects.for_reading().select_related("article").defer("article__text")
        articles = Article.objects.for_reading().defer("text")
        return {
            "articles": self.reader.read(articles.search(words).order_by("-id"), SHOWN),
            "statements": self.reader.read(statements.search(words).order_by("-id"), SHOWN),
            "sources": self.reader.read(Source.objects.for_reading().search(words).order_by("name", "id"), SHOWN),
        }
