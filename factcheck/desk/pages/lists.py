"""The lists that show more than their own rows."""

from typing import Any

from claims.desk_checks import Code, Finding
from claims.filters import ArticleCheckFilter
from claims.models import Article
from factcheck.desk.cards import articles_by_id, statements_by_id, with_statement_and_article
from factcheck.desk.filter_form import filter_form
from factcheck.desk.page import ListPage


class StatementList(ListPage):
    def context(self) -> dict[str, Any]:
        return {"articles": articles_by_id(row.article_id for row in self.rows)}


class DisputeList(ListPage):
    def context(self) -> dict[str, Any]:
        pairs = [(row.statement_id, row.counter_statement_id) for row in self.rows]
        return {"statements": statements_by_id(row_id for pair in pairs for row_id in pair)}


class EvidenceList(ListPage):
    def context(self) -> dict[str, Any]:
        return {"statements": statements_by_id(row.statement_id for row in self.rows)}


class CheckList(ListPage):
    """All desk checks, or those of one article."""

    def context(self) -> dict[str, Any]:
        findings = [Finding(f["article"], f["statement"], Code(f["code"])) for f in self.data.get("results", [])]
        filterset = ArticleCheckFilter if "pk" in self.view.kwargs else None
        return {
            "filter_form": filter_form(self.view, self.request, self.data, filterset),
            "findings": with_statement_and_article(findings),
            "of_article": Article.objects.only("title").filter(pk=self.view.kwargs.get("pk")).first(),
            "pager": {"next_url": self.data.get("next")},
        }
