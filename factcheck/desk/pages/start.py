"""The start page: what needs work now; to strangers, what is published. And the answer for health checks."""

from typing import Any

from claims.desk_checks import findings
from claims.models import Article, Dispute, Statement
from factcheck.desk.cards import with_rows
from factcheck.desk.page_view import DeskView
from factcheck.desk.pages.journal import recent_entries
from factcheck.postgres.bounded_page import newest

ENDPOINTS = (
    "articles",
    "statements",
    "disputes",
    "evidence",
    "sources",
    "checks",
    "journal",
    "tokens",
    "schema",
    "docs",
)
SHOWN = 6
PUBLISHED = 20


class StartPage(DeskView):
    is_public_page = True

    def get_template_names(self) -> list[str]:
        return ["desk/pages/start_public.html" if self.viewer.is_anonymous else "desk/pages/start.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**(self._published() if self.viewer.is_anonymous else self._work()), **kwargs)

    def _published(self) -> dict[str, Any]:
        articles = Article.objects.for_reading().defer("text").order_by("-id")
        return {"articles": self.viewer.fetch(articles, PUBLISHED), "shown": PUBLISHED}

    @staticmethod
    def _work() -> dict[str, Any]:
        statements = Statement.objects.for_reading().select_related("article").defer("article__text")
        found = findings(limit=SHOWN)
        return {
            "unverified": statements.filter(tag="unverified").order_by("-id")[:SHOWN],
            "unanchored": newest(statements, Statement.objects.needing_anchor(), SHOWN),
            "disputes": Dispute.objects.with_passages().filter(state="open").order_by("-id")[:SHOWN],
            "articles": Article.objects.for_reading().defer("text").order_by("-id")[:SHOWN],
            "failed_checks": with_rows(finding for _, finding in found.rows),
            "unchecked": found.floor,
            "timeline": recent_entries(10),
            "shown": SHOWN,
            "endpoints": [(name, f"/api/v1/{name}/") for name in ENDPOINTS],
        }
