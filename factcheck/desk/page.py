"""The parts of an HTML page. A page takes as many queries for a long list as for a short one."""

from collections.abc import Mapping
from typing import Any

from factcheck.api.filters import api_query, takes_as_of
from factcheck.api.roles import permissions
from factcheck.desk.addresses import address_of
from factcheck.desk.controls import controls_of
from factcheck.desk.form_fields import FORM_STYLE, FieldRenderer
from factcheck.desk.problem_pages import problem_context
from factcheck.desk.viewer import Viewer


class Page:
    """What a template is given besides the answer itself."""

    template = "desk/pages/json.html"
    shows_problems = False
    is_public_page = False  # else they see the public JSON as it is

    def __init__(self, view: Any, request: Any, response: Any, data: Any):
        self.view, self.request, self.response, self.data = view, request, response, data
        self.viewer = Viewer(request)

    @property
    def row(self) -> Any:
        """The model's row that was read; None where there is none."""
        serializer = getattr(self.data, "serializer", None)
        return None if getattr(serializer, "many", False) else self.viewer.redact(getattr(serializer, "instance", None))

    @property
    def rows(self) -> list[Any]:
        """Those of this page of a list."""
        found = getattr(getattr(self.view, "paginator", None), "rows", None) or []
        return [self.viewer.redact(row) for row in found]

    def as_of(self) -> str:
        return self.request.query_params.get("as_of", "") if takes_as_of(self.view) else ""

    def may(self) -> dict[str, bool]:
        """Nothing that writes is offered on a page of the past."""
        return {} if self.as_of() else permissions(self.request.user)

    def context(self) -> dict[str, Any]:
        return {}

    def full_context(self) -> dict[str, Any]:
        return {
            "name": self.view.get_view_name(),
            "view": self.view,
            "request": self.request,
            "response": self.response,
            "user": self.request.user,
            "data": self.data,
            "row": self.row,
            "may": self.may(),
            "is_anonymous": self.viewer.is_anonymous,
            "as_of": self.as_of(),
            "api_query": api_query(self.view, self.request),
            "style": {**FORM_STYLE, "renderer": FieldRenderer(), "may": self.may()},
            **self.context(),
        }


class ProblemPage(Page):
    template = "desk/pages/problem.html"

    @property
    def address(self) -> str:
        """Of the row that the view is about."""
        return address_of(self.view.basename, self.view.kwargs["pk"])

    def context(self) -> dict[str, Any]:
        has_row = "pk" in self.view.kwargs and self.response.status_code != 404
        row = {"row_name": f"{self.view.basename} {self.view.kwargs['pk']}", "address": self.address} if has_row else {}
        return {**problem_context(self.request, self.data, self.response.get("Retry-After")), **row}


class ListPage(Page):
    """Rows, with filters, ordering and paging as controls. A refused filter is shown at its control."""

    shows_problems = True

    def full_context(self) -> dict[str, Any]:
        paginator = getattr(self.view, "paginator", None)
        paged = getattr(paginator, "rows", None) is not None
        return {
            "rows": self.rows,
            "controls": controls_of(self.view, self.request, self.data),
            "pager": _links(paginator) if paged else {},
            "resource": self.view.basename,
            **super().full_context(),
        }


def _links(paginator: Any) -> dict[str, str | None]:
    return {"previous_url": paginator.get_previous_link(), "next_url": paginator.get_next_link()}


def int_parameter(query: Mapping[str, str], name: str) -> int:
    """A parameter of the page itself; 0 if it is missing or not a number, since a page refuses nothing."""
    value = query.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else 0
