"""Which page answers what: one plain table for each kind of page.

A key is (basename of the view, action). An answer without a page of its own is shown as JSON.
"""

from typing import Any

from factcheck.api.form_methods import is_form
from factcheck.api.roles import is_public_read, permissions
from factcheck.desk.form_pages import Form, FormPage
from factcheck.desk.history import ConflictPage, DeletedPage, HistoryPage
from factcheck.desk.page import Page, ProblemPage
from factcheck.desk.pages.api import NewTokenPage, RootPage, TokensPage
from factcheck.desk.pages.articles import ArticlePage, StatementFormPage, RevisionPage, RevisionsPage
from factcheck.desk.pages.disputes import DisputePage, DisputingPage, EvidencePage
from factcheck.desk.pages.formats import FormatPage
from factcheck.desk.pages.journal import JournalPage
from factcheck.desk.pages.lists import (
    ArticleList,
    CheckList,
    DisputeList,
    EvidenceList,
    PositionList,
    SourceList,
    StatementList,
)
from factcheck.desk.pages.sources import SourcePage
from factcheck.desk.pages.statements import StatementPage

Key = tuple[str, str]

PAGES: dict[Key, type[Page]] = {
    ("root", ""): RootPage,
    ("article", "list"): ArticleList,
    ("article", "retrieve"): ArticlePage,
    ("article", "checks"): CheckList,
    ("article", "revisions"): RevisionsPage,
    ("article", "revision"): RevisionPage,
    ("article", "annotations"): FormatPage,
    ("article", "webannotations"): FormatPage,
    ("article", "history"): HistoryPage,
    ("statement", "list"): StatementList,
    ("statement", "retrieve"): StatementPage,
    ("statement", "positions"): PositionList,
    ("statement", "webannotation"): FormatPage,
    ("statement", "claimreview"): FormatPage,
    ("statement", "history"): HistoryPage,
    ("evidence", "list"): EvidenceList,
    ("evidence", "retrieve"): EvidencePage,
    ("evidence", "history"): HistoryPage,
    ("dispute", "list"): DisputeList,
    ("dispute", "retrieve"): DisputePage,
    ("dispute", "history"): HistoryPage,
    ("source", "list"): SourceList,
    ("source", "retrieve"): SourcePage,
    ("source", "history"): HistoryPage,
    ("check", "list"): CheckList,
    ("feed", "claimreviews"): FormatPage,
    ("journal", "list"): JournalPage,
    ("token", "list"): TokensPage,
    ("token", "create"): NewTokenPage,
}

# A form without a row here is an ordinary one.
FORMS: dict[Key, Form] = {
    ("article", "create"): Form("desk/articles/article_form.html"),
    ("article", "partial_update"): Form("desk/articles/article_form.html"),
    ("statement", "create"): Form("desk/statements/statement_form.html", StatementFormPage),
    ("statement", "partial_update"): Form("desk/statements/statement_form.html"),
    ("statement", "reanchor"): Form("desk/statements/reanchor_form.html"),
    ("statement", "tag"): Form("desk/statements/tag_form.html"),
    ("evidence", "create"): Form("desk/evidence/evidence_form.html"),
    ("dispute", "create"): Form("desk/disputes/dispute_form.html", DisputingPage),
    ("dispute", "resolve"): Form("desk/disputes/resolve_form.html"),
    ("token", "create"): Form("desk/pages/tokens.html"),
}

# By status.
PROBLEM_PAGES: dict[int, type[ProblemPage]] = {404: DeletedPage}
# A refused form comes back with what was typed; by status. Any other problem is a page of its own.
REFUSED_FORMS: dict[int, type[FormPage]] = {
    400: FormPage,
    409: FormPage,
    412: ConflictPage,
    422: FormPage,
    428: FormPage,
}
# `?form=` of a page, the action that must be shown there, and the action whose form it is.
OFFERED_FORMS = {
    ("new", "list"): "create",
    ("edit", "retrieve"): "partial_update",
    ("delete", "retrieve"): "destroy",
}


def page_of(view: Any, request: Any, response: Any, data: Any) -> Page:
    """The page for an answer of the API."""
    basename, action = getattr(view, "basename", ""), getattr(view, "action", None) or ""
    is_problem = getattr(response, "is_problem", False)
    if is_problem and _is_refused_form(view, request, response):
        form = FORMS.get((basename, action), Form())
        kind = form.page or REFUSED_FORMS[response.status_code]
        return kind(view, request, response, data, action=action, template=form.template, refused=True)
    offered = OFFERED_FORMS.get((request.query_params.get("form", ""), action))
    if offered and not is_problem and permissions(request.user).get(offered):
        form = FORMS.get((basename, offered), Form())
        kind = form.page or FormPage
        return kind(view, request, response, data, action=offered, template=form.template, refused=False)
    page = PAGES.get((basename, action), Page)
    if is_public_read(request) and not page.is_public_page:
        page = Page
    if is_problem and not (page.shows_problems and response.status_code == 400):
        page = PROBLEM_PAGES.get(response.status_code, ProblemPage)
    return page(view, request, response, data)


def _is_refused_form(view: Any, request: Any, response: Any) -> bool:
    is_write = request.method not in ("GET", "HEAD") and not is_public_read(request)
    return response.status_code in REFUSED_FORMS and is_write and is_form(request) and hasattr(view, "get_serializer")
