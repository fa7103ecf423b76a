"""Pages that hold one form: to create, change or delete a row, and a form that was refused."""

from typing import Any

from factcheck.api.forms import elsewhere, new_form, refused_form
from factcheck.api.pages import Page
from factcheck.api.preconditions import form_version, is_form, version_of
from factcheck.api.roles import is_public_read

WORDS = {"create": "Record", "partial_update": "Save", "destroy": "Delete", "reanchor": "Set the place"}
METHODS = {"partial_update": "PATCH", "update": "PUT", "destroy": "DELETE"}
# `?form=` of a page → the action whose form it is.
OFFERED = {"new": "create", "edit": "partial_update", "delete": "destroy"}
SHOWN_AT_FIELDS = (400, 409, 422, 428)


class FormPage(Page):
    """A refused form comes back with what was typed, and with the errors at their fields."""

    template = "api/form.html"
    # Apps register forms of their own here, and pages with more than the form.
    templates: dict[tuple[str, str], str] = {}
    kinds: "dict[tuple[str, str], type[FormPage]]" = {}

    def __init__(self, *arguments: Any, action: str, refused: bool):
        super().__init__(*arguments)
        self.action, self.refused = action, refused
        self.view.action = action  # by which the view chooses its serializer
        self.template = self.templates.get((self.view.basename, action), self.template)

    def context(self) -> dict[str, Any]:
        errors = self.data.get("errors", []) if self.refused else []
        form = self.form(errors)
        return {
            "action": self.action,
            "verb": WORDS.get(self.action, self.action.capitalize()),
            "form": form,
            "method": METHODS.get(self.action),
            "row_version": self.version(),
            "problem": self.data if self.refused else None,
            "other_errors": elsewhere(form, errors) or ([self.data["detail"]] if self.refused and not errors else []),
            "typed": self.request.data if self.refused else self.request.query_params,
            "next": (self.request.data if self.refused else self.request.query_params).get("next", ""),
            "resource": self.view.basename,
            "row_id": self.view.kwargs.get("pk"),
        }

    def version(self) -> int | None:
        return form_version(self.request) if self.refused else version_of(self.data)

    def form(self, errors: list[dict[str, Any]]) -> Any:
        if self.action == "destroy":
            return None
        if self.refused:
            return refused_form(self.view, self.request.data, errors)
        if self.action == "create":
            return new_form(self.view, self.request.query_params.dict())
        return self.view.get_serializer(self.row)


REFUSED: dict[int, type[FormPage]] = dict.fromkeys(SHOWN_AT_FIELDS, FormPage)


def form_page(view: Any, request: Any, response: Any, data: Any, may: dict[str, bool]) -> FormPage | None:
    """The form that was refused, or that `?form=` asks for; None where it is neither or the role forbids it."""
    action = getattr(view, "action", None) or ""
    offered = OFFERED.get(request.query_params.get("form", ""), "")
    if getattr(response, "is_problem", False):
        kind = REFUSED.get(response.status_code)
        is_writer = request.method not in ("GET", "HEAD") and not is_public_read(request)
        if kind and is_writer and is_form(request) and hasattr(view, "get_serializer"):
            kind = FormPage.kinds.get((view.basename, action), kind)
            return kind(view, request, response, data, action=action, refused=True)
        return None
    if not may.get(offered) or action != ("list" if offered == "create" else "retrieve"):
        return None
    kind = FormPage.kinds.get((view.basename, offered), FormPage)
    return kind(view, request, response, data, action=offered, refused=False)
