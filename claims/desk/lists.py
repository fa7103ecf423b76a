"""Lists of articles, statements, disputes, evidence and sources."""

from typing import Any

from claims.desk.cards import named_articles, statements_by_id, with_rows
from claims.desk_checks import Code, Finding
from claims.filters import ArticleCheckFilter
from claims.models import Article
from factcheck.api.controls import controls_of
from factcheck.api.filters import for_programs
from factcheck.api.pages import ListPage, page


@page("article", "list")
class ArticleList(ListPage):
    template = "claims/articles.html"
    is_for_strangers = True


@page("statement", "list")
class StatementList(ListPage):
    template = "claims/statements.html"
    is_for_strangers = True

    def context(self) -> dict[str, Any]:
        whole = for_programs(self.view, self.request, without=("cursor", "page_size"))
        return {"articles": named_articles(self.rows), "export_query": whole}


@page("dispute", "list")
class DisputeList(ListPage):
    template = "claims/disputes.html"
    is_for_strangers = True

    def context(self) -> dict[str, Any]:
        pairs = [(row.statement_id, row.counter_statement_id) for row in self.rows]
        return {"statements": statements_by_id(row_id for pair in pairs for row_id in pair)}


@page("evidence", "list")
class EvidenceList(ListPage):
    template = "claims/evidence.html"
    is_for_strangers = True

    def context(self) -> dict[str, Any]:
        return {"statements": statements_by_id(row.statement_id for row in self.rows)}


@page("check", "list")
@page("article", "checks")
class CheckList(ListPage):
    template = "claims/checks.html"

    def context(self) -> dict[str, Any]:
        found = [Finding(f["article"], f["statement"], Code(f["code"])) for f in self.data.get("results", [])]
        filters = ArticleCheckFilter if "pk" in self.view.kwargs else None
        return {
            "controls": controls_of(self.view, self.request, self.data, filters),
            "findings": with_rows(found),
            "of_article": Article.objects.only("title").filter(pk=self.view.kwargs.get("pk")).first(),
            "pager": {"next_url": self.data.get("next")},
        }


@page("statement", "positions")
class PositionList(ListPage):
    template = "claims/positions.html"

    def context(self) -> dict[str, Any]:
        return {"row_id": self.view.kwargs["pk"], "controls": None}


@page("source", "list")
class SourceList(ListPage):
    template = "claims/sources.html"
    is_for_strangers = True
