"""The start page: for the newsroom what needs work now, for anonymous readers what is published."""

from typing import Any

from claims.desk_checks import findings
from claims.models import Article, Dispute, Note, Statement
from factcheck.desk.cards import with_statement_and_article
from factcheck.desk.page_view import DeskView
from factcheck.desk.pages.journal import recent_entries
from factcheck.postgres.bounded_page import newest

ENDPOINTS = (
    "articles",
    "statements",
    "disputes",
    "evidence",
    "notes",
    "sources",
    "checks",
    "journal",
    "tokens",
    "schema",
    "docs",
)
MAX_ROWS = 6  # in each section; the lists have all
MAX_ENTRIES = 10
MAX_COUNTED = 99  # proposals
MAX_PUBLIC_ARTICLES = 20


class StartPage(DeskView):
    is_public = True

    def get_template_names(self) -> list[str]:
        return ["desk/pages/start_public.html" if self.viewer.is_anonymous else "desk/pages/start.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = self._public_context() if self.viewer.is_anonymous else self._editor_context()
        return super().get_context_data(**context, **kwargs)

    def _public_context(self) -> dict[str, Any]:
        articles = Article.objects.for_reading().defer("text").order_by("-id")
        return {"articles": self.viewer.fetch(articles, MAX_PUBLIC_ARTICLES), "max_rows": MAX_PUBLIC_ARTICLES}

    @staticmethod
    def _editor_context() -> dict[str, Any]:
        statements = Statement.objects.for_reading().select_related("article").defer("article__text")
        found = findings(limit=MAX_ROWS)
        return {
            "unverified": statements.filter(tag="unverified").order_by("-id")[:MAX_ROWS],
            "unanchored": newest(statements, Statement.objects.needing_anchor(), MAX_ROWS),
            "disputes": Dispute.objects.with_passages().filter(state="open").order_by("-id")[:MAX_ROWS],
            "articles": Article.objects.for_reading().defer("text").order_by("-id")[:MAX_ROWS],
            "findings": with_statement_and_article(finding for _, finding in found.rows),
            "has_unchecked": found.floor,
            "proposals": Note.objects.waiting()[: MAX_COUNTED + 1].count(),
            "max_counted": MAX_COUNTED,
            "timeline": recent_entries(MAX_ENTRIES),
            "max_rows": MAX_ROWS,
            "endpoints": [(name, f"/api/v1/{name}/") for name in ENDPOINTS],
        }
