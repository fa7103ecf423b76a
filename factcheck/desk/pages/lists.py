"""Lists of articles, statements, disputes, evidence and sources."""

from typing import Any

from claims.desk_checks import Code, Finding
from claims.filters import ArticleCheckFilter
from claims.models import Article
from factcheck.api.filters import api_query
from factcheck.desk.cards import named_articles, statements_by_id, with_rows
from factcheck.desk.controls import controls_of
from factcheck.desk.page import ListPage


class ArticleList(ListPage):
    template = "desk/articles/article_list.html"
    is_public_page = True


class StatementList(ListPage):
    template = "desk/statements/statement_list.html"
    is_public_page = True

    def context(self) -> dict[str, Any]:
        whole = api_query(self.view, self.request, without=("cursor", "page_size"))
        return {"articles": named_articles(self.rows), "export_query": whole}


class DisputeList(ListPage):
    template = "desk/disputes/dispute_list.html"
    is_public_page = True

    def context(self) -> dict[str, Any]:
        pairs = [(row.statement_id, row.counter_statement_id) for row in self.rows]
        return {"statements": statements_by_id(row_id for pair in pairs for row_id in pair)}


class EvidenceList(ListPage):
    template = "desk/evidence/evidence_list.html"
    is_public_page = True

    def context(self) -> dict[str, Any]:
        return {"statements": statements_by_id(row.statement_id for row in self.rows)}


class CheckList(ListPage):
    template = "desk/checks/check_list.html"

    def context(self) -> dict[str, Any]:
        found = [Finding(f["article"], f["statement"], Code(f["code"])) for f in self.data.get("results", [])]
        filters = ArticleCheckFilter if "pk" in self.view.kwargs else None
        return {
            "controls": controls_of(self.view, self.request, self.data, filters),
            "findings": with_rows(found),
            "of_article": Article.objects.only("title").filter(pk=self.view.kwargs.get("pk")).first(),
            "pager": {"next_url": self.data.get("next")},
        }


class PositionList(ListPage):
    template = "desk/statements/position_list.html"

    def context(self) -> dict[str, Any]:
        return {"row_id": self.view.kwargs["pk"], "controls": None}


class SourceList(ListPage):
    template = "desk/sources/source_list.html"
    is_public_page = True
