"""The base of the pages that show an answer of the API.

A page takes as many queries for a long list as for a short one.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict

from claims.roles import permissions
from factcheck.api.conditional import is_form
from factcheck.api.filters import api_query
from factcheck.api.named_references import is_number
from factcheck.api.problems import NOT_AUTHENTICATED
from factcheck.api.renderers import pretty
from factcheck.desk.addresses import address_of
from factcheck.desk.filter_form import filter_form
from factcheck.desk.form_fields import form_style
from factcheck.desk.form_words import problem_in_words
from factcheck.desk.login_form import ended_context
from factcheck.desk.problem_pages import problem_context
from factcheck.desk.viewer import Viewer
from factcheck.desk.words import row_name
from factcheck.journal.mark import Mark
from factcheck.journal.models import Recorded


class Page:
    """One answer and its template."""

    is_live = False  # whether what others do to it is told while it is open
    shows_problems = False  # whether a 400 is shown by this page or by one of its own

    def __init__(self, view: Any, request: Any, response: Any, data: Any, template: str):
        self.view, self.request, self.response, self.template = view, request, response, template
        self.data = problem_in_words(data) if getattr(response, "is_problem", False) else data
        self.viewer = Viewer(request)

    @cached_property
    def row(self) -> Any:
        """The recorded row that the answer shows; None if it shows none, many or something else."""
        instance = getattr(getattr(self.data, "serializer", None), "instance", None)
        return self.viewer.redact(instance) if isinstance(instance, Recorded) else None

    @cached_property
    def rows(self) -> list[Any]:
        """The model instances on this page of a list."""
        found = getattr(getattr(self.view, "paginator", None), "rows", None) or []
        return [self.viewer.redact(row) for row in found]

    @cached_property
    def as_of(self) -> str:
        return self.request.query_params.get("as_of", "") if self.view.takes_as_of() else ""

    @cached_property
    def may(self) -> dict[str, bool]:
        """What the user may do, by action. A page of the past offers nothing."""
        return {} if self.as_of else permissions(self.request.user)

    def context(self) -> dict[str, Any]:
        """What this kind of page adds to the context of every page."""
        return {}

    def _past(self) -> dict[str, Any] | None:
        """For the form that leads to this page as it stood at another time. None if there is no past to read."""
        view, given = self.view, self.request.query_params
        is_of_present = view.action == "list" and not any(map(given.get, getattr(view, "as_of_filters", ())))
        is_problem = getattr(self.response, "is_problem", False)
        if self.viewer.is_anonymous or is_problem or is_of_present or not view.takes_as_of():
            return None
        kept = parse_qsl(api_query(view, self.request, without=("as_of", "cursor", "page_size")))
        at = datetime.fromisoformat(self.as_of.replace(" ", "+")).astimezone(UTC) if self.as_of else None
        return {"at": at, "kept": kept}

    def live_since(self) -> str:
        """Up to where the page has read the journal; empty for a page that is not live."""
        return str(Mark.now()) if self.is_live and not self.viewer.is_anonymous and not self.as_of else ""

    def full_context(self) -> dict[str, Any]:
        live_since = self.live_since()  # before the context is read, which may then be newer, never older
        context = self.context()
        return {
            "live_since": live_since,
            "name": self.view.get_view_name(),
            "view": self.view,
            "request": self.request,
            "response": self.response,
            "user": self.request.user,
            "data": self.data,
            "row": self.row,
            "resource": self.view.basename,
            "row_id": self.view.kwargs.get("pk"),
            "may": self.may,
            "is_anonymous": self.viewer.is_anonymous,
            "as_of": self.as_of,
            "past": self._past(),
            "api_query": api_query(self.view, self.request),
            "style": form_style(self.may, getattr(context.get("article"), "pk", None)),
            **context,
        }


class JSONPage(Page):
    """The answer as JSON, with the description of its view."""

    def context(self) -> dict[str, Any]:
        return {
            "content": "" if self.data is None else pretty(self.data),
            "description": self.view.get_view_description(html=True),
        }


class ProblemPage(Page):
    @property
    def address(self) -> str:
        """Of the row that the view is about."""
        return address_of(self.view.basename, self.view.kwargs["pk"])

    def context(self) -> dict[str, Any]:
        if self.response.status_code == 401 and is_form(self.request) and self.data["type"] == NOT_AUTHENTICATED:
            self.template = "desk/pages/login.html"
            return ended_context(self.request)
        has_row = "pk" in self.view.kwargs and self.response.status_code != 404
        name = row_name(self.view.basename, self.view.kwargs["pk"]) if has_row else ""
        row = {"row_name": name, "address": self.address} if has_row else {}
        return {**problem_context(self.request, self.data, self.response.get("Retry-After")), **row}


class ListPage(Page):
    """Rows in pages, with a form to filter and order them. A refused filter is shown at its field."""

    shows_problems = True

    def full_context(self) -> dict[str, Any]:
        paginator = getattr(self.view, "paginator", None)
        is_paged = getattr(paginator, "rows", None) is not None
        belongs_to_row = "pk" in self.view.kwargs  # such lists are short, and have no filters
        return {
            "rows": self.rows,
            "filter_form": None if belongs_to_row else filter_form(self.view, self.request, self.data),
            "pager": _links(paginator) if is_paged else {},
            "export_address": self._export_address(),
            **super().full_context(),
        }

    def _export_address(self) -> str:
        query = api_query(self.view, self.request, without=("cursor", "page_size", "include"))
        return f"/api/v1/{self.view.schema_tag}/export/?{query}{'&' if query else ''}"


def _links(paginator: Any) -> dict[str, str | None]:
    return {"previous_url": paginator.get_previous_link(), "next_url": paginator.get_next_link()}


def int_parameter(query: Mapping[str, str], name: str) -> int:
    """A parameter of the page itself; 0 if it is missing or not a number, since a page refuses nothing."""
    value = query.get(name, "")
    return int(value) if is_number(value) else 0


def query_of(address: str) -> QueryDict:
    """Empty if the address has more parameters than Django reads."""
    try:
        return QueryDict(address.partition("?")[2].partition("#")[0])
    except TooManyFieldsSent:
        return QueryDict()
