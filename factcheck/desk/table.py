"""Which page shows which answer of the API, and which of them anonymous readers get.

A key is the basename of the view and the action. Any other answer is shown as JSON.
"""

from dataclasses import dataclass
from typing import Any

from claims.roles import permissions
from factcheck.api.conditional import is_form
from factcheck.api.form_methods import wants_parts
from factcheck.api.roles import is_anonymous
from factcheck.desk.form_pages import FormPage
from factcheck.desk.page import JSONPage, ListPage, Page, ProblemPage
from factcheck.desk.pages.api import NewTokenPage, RefusedTokenPage, RootPage, TokensPage
from factcheck.desk.pages.article_parts import ActPage
from factcheck.desk.pages.articles import ArticlePage, PublishPage, StatementFormPage
from factcheck.desk.pages.deleting import DeletePage
from factcheck.desk.pages.disputes import DisputeFormPage, DisputePage
from factcheck.desk.pages.evidence import EvidencePage
from factcheck.desk.pages.fetching import FetchedPage, RefusedFetchPage
from factcheck.desk.pages.formats import FormatPage
from factcheck.desk.pages.history import ConflictPage, DeletedPage, HistoryPage
from factcheck.desk.pages.journal import JournalPage
from factcheck.desk.pages.lists import CheckList, DisputeList, EvidenceList, StatementList
from factcheck.desk.pages.notes import NoteList, NotePage
from factcheck.desk.pages.revisions import RevisionList, RevisionPage
from factcheck.desk.pages.seal import ProofPage, SealPage
from factcheck.desk.pages.sources import SourcePage
from factcheck.desk.pages.statements import BulkTagPage, MatchesPage, StatementPage
from factcheck.desk.pages.suggestions import RefusedSuggestionPage, SuggestionsPage
from factcheck.desk.pages.webhooks import DeliveryList, SecretPage, WebhookFormPage, WebhookPage

Key = tuple[str, str]


@dataclass(frozen=True)
class PageSpec:
    template: str
    page: type[Page]
    is_public: bool = False  # otherwise anonymous readers see the public answer as JSON


@dataclass(frozen=True)
class FormSpec:
    template: str = "desk/form.html"
    page: type[FormPage] = FormPage


JSON = PageSpec("desk/pages/json.html", JSONPage)
PROBLEM = PageSpec("desk/pages/problem.html", ProblemPage)
NOT_FOUND = PageSpec("desk/pages/problem.html", DeletedPage)
FORMAT = PageSpec("desk/pages/format.html", FormatPage, is_public=True)
HISTORY = PageSpec("desk/journal/history.html", HistoryPage)
MATCHES = PageSpec("desk/statements/match_list.html", MatchesPage)
SEAL = PageSpec("desk/journal/seal.html", SealPage, is_public=True)
DELETION = FormSpec("desk/delete_form.html", DeletePage)
REFUSED_SUGGESTION = FormSpec("desk/articles/suggestion_list.html", RefusedSuggestionPage)

PAGES: dict[Key, PageSpec] = {
    ("root", ""): PageSpec("desk/pages/api_root.html", RootPage),
    ("article", "list"): PageSpec("desk/articles/article_list.html", ListPage, is_public=True),
    ("article", "retrieve"): PageSpec("desk/articles/article_detail.html", ArticlePage, is_public=True),
    ("article", "fetch"): PageSpec("desk/articles/article_form.html", FetchedPage),
    ("article", "suggestions"): PageSpec("desk/articles/suggestion_list.html", SuggestionsPage),
    ("article", "checks"): PageSpec("desk/checks/check_list.html", CheckList),
    ("article", "revisions"): PageSpec("desk/articles/revision_list.html", RevisionList),
    ("article", "revision"): PageSpec("desk/articles/revision_detail.html", RevisionPage),
    ("article", "annotations"): FORMAT,
    ("article", "webannotations"): FORMAT,
    ("article", "history"): HISTORY,
    ("statement", "list"): PageSpec("desk/statements/statement_list.html", StatementList, is_public=True),
    ("statement", "retrieve"): PageSpec("desk/statements/statement_detail.html", StatementPage, is_public=True),
    ("statement", "matches"): MATCHES,
    ("statement", "match_text"): MATCHES,
    ("statement", "positions"): PageSpec("desk/statements/position_list.html", ListPage),
    ("statement", "webannotation"): FORMAT,
    ("statement", "claimreview"): FORMAT,
    ("statement", "history"): HISTORY,
    ("evidence", "list"): PageSpec("desk/evidence/evidence_list.html", EvidenceList, is_public=True),
    ("evidence", "retrieve"): PageSpec("desk/evidence/evidence_detail.html", EvidencePage, is_public=True),
    ("evidence", "history"): HISTORY,
    ("dispute", "list"): PageSpec("desk/disputes/dispute_list.html", DisputeList, is_public=True),
    ("dispute", "retrieve"): PageSpec("desk/disputes/dispute_detail.html", DisputePage, is_public=True),
    ("dispute", "history"): HISTORY,
    ("note", "list"): PageSpec("desk/notes/note_list.html", NoteList),
    ("note", "retrieve"): PageSpec("desk/notes/note_detail.html", NotePage),
    ("note", "history"): HISTORY,
    ("source", "list"): PageSpec("desk/sources/source_list.html", ListPage, is_public=True),
    ("source", "retrieve"): PageSpec("desk/sources/source_detail.html", SourcePage, is_public=True),
    ("source", "history"): HISTORY,
    ("check", "list"): PageSpec("desk/checks/check_list.html", CheckList),
    ("change", "list"): FORMAT,
    ("feed", "claimreviews"): FORMAT,
    ("journal", "list"): PageSpec("desk/journal/entry_list.html", JournalPage),
    ("journal", "checkpoints"): SEAL,
    ("journal", "latest"): SEAL,
    ("journal", "proof"): PageSpec("desk/journal/proof.html", ProofPage, is_public=True),
    ("webhook", "list"): PageSpec("desk/webhooks/webhook_list.html", ListPage),
    ("webhook", "retrieve"): PageSpec("desk/webhooks/webhook_detail.html", WebhookPage),
    ("webhook", "create"): PageSpec("desk/webhooks/webhook_detail.html", SecretPage),
    ("webhook", "rotate_secret"): PageSpec("desk/webhooks/webhook_detail.html", SecretPage),
    ("delivery", "list"): PageSpec("desk/webhooks/delivery_list.html", DeliveryList),
    ("token", "list"): PageSpec("desk/pages/tokens.html", TokensPage),
    ("token", "create"): PageSpec("desk/pages/tokens.html", NewTokenPage),
}

# The forms that are not simply one field after another.
FORMS: dict[Key, FormSpec] = {
    ("article", "create"): FormSpec("desk/articles/article_form.html"),
    ("article", "partial_update"): FormSpec("desk/articles/article_form.html"),
    ("article", "publish"): FormSpec("desk/articles/publish_form.html", PublishPage),
    ("article", "fetch"): FormSpec("desk/articles/article_form.html", RefusedFetchPage),
    ("article", "accept_suggestions"): REFUSED_SUGGESTION,
    ("article", "dismiss_suggestions"): REFUSED_SUGGESTION,
    ("statement", "create"): FormSpec("desk/statements/statement_form.html", StatementFormPage),
    ("statement", "partial_update"): FormSpec("desk/statements/statement_form.html"),
    ("statement", "reanchor"): FormSpec("desk/statements/reanchor_form.html"),
    ("statement", "tag"): FormSpec("desk/statements/tag_form.html"),
    ("statement", "propose"): FormSpec("desk/statements/tag_form.html"),
    ("statement", "bulk_tag"): FormSpec("desk/statements/bulk_tag_form.html", BulkTagPage),
    ("evidence", "create"): FormSpec("desk/evidence/evidence_form.html"),
    ("dispute", "create"): FormSpec("desk/disputes/dispute_form.html", DisputeFormPage),
    ("dispute", "resolve"): FormSpec("desk/disputes/resolve_form.html"),
    ("note", "create"): FormSpec("desk/notes/note_form.html"),
    ("note", "partial_update"): FormSpec("desk/notes/note_form.html"),
    ("webhook", "partial_update"): FormSpec("desk/form.html", WebhookFormPage),
    ("token", "create"): FormSpec("desk/pages/tokens.html", RefusedTokenPage),
    **{(name, "destroy"): DELETION for name in ("article", "statement", "evidence", "dispute", "source")},
}

# Buttons without a form that could come back.
BUTTONS = {("webhook", "ping"), ("webhook", "rotate_secret"), ("webhook", "destroy"), ("delivery", "redeliver")}
# With these statuses a form comes back as it was typed, with the errors. Any other problem has a page of its own.
REFUSED_FORM = {400, 409, 412, 422, 428}
# `?form=` on the page of an action shows the form of another.
OFFERED_FORMS = {
    ("new", "list"): "create",
    ("edit", "retrieve"): "partial_update",
    ("delete", "retrieve"): "destroy",
}


def page_of(view: Any, request: Any, response: Any, data: Any) -> Page:
    basename, action = view.basename, view.action or ""
    if request.method != "GET" and wants_parts(request) and not getattr(response, "is_problem", False):
        return ActPage(view, request, response, data)
    form_action = _form_action(view, request, response, action)
    if not form_action:
        spec = _page_spec(request, response, (basename, action))
        return spec.page(view, request, response, data, spec.template)
    form = FORMS.get((basename, form_action), FormSpec())
    page = ConflictPage if response.status_code == 412 and "pk" in view.kwargs else form.page
    is_refused = getattr(response, "is_problem", False)
    return page(view, request, response, data, form.template, action=form_action, is_refused=is_refused)


def _form_action(view: Any, request: Any, response: Any, action: str) -> str:
    """The action whose form is to be shown: a form that was refused, or one that was asked for. Otherwise empty."""
    if getattr(response, "is_problem", False):
        is_write = request.method != "GET" and not is_anonymous(request)
        is_refused = response.status_code in REFUSED_FORM and is_write and is_form(request)
        has_changes_to_show = response.status_code != 412 or view.journal_resource
        if (view.basename, action) in BUTTONS or not has_changes_to_show:
            return ""
        return action if is_refused and hasattr(view, "get_serializer") else ""
    offered = OFFERED_FORMS.get((request.query_params.get("form", ""), action), "")
    return offered if permissions(request.user).get(offered) else ""


def _page_spec(request: Any, response: Any, key: Key) -> PageSpec:
    spec = PAGES.get(key, JSON)
    if is_anonymous(request) and not spec.is_public:
        spec = JSON
    if not getattr(response, "is_problem", False) or (spec.page.shows_problems and response.status_code == 400):
        return spec
    return NOT_FOUND if response.status_code == 404 else PROBLEM
