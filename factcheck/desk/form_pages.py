"""Pages that hold one form: to create, change or delete a row, and a form that was refused."""

from dataclasses import dataclass
from typing import Any

from factcheck.api.conditional import form_version, version_of
from factcheck.desk.form_fields import elsewhere, new_form, refused_form
from factcheck.desk.page import Page

SUBMIT_LABELS = {
    "create": "Record",
    "partial_update": "Save",
    "destroy": "Delete",
    "reanchor": "Set the place",
    "tag": "Tag",
}
METHODS = {"partial_update": "PATCH", "update": "PUT", "destroy": "DELETE"}


class FormPage(Page):
    """A refused form comes back with what was typed, and with the errors at their fields."""

    def __init__(self, *arguments: Any, action: str, template: str, refused: bool):
        super().__init__(*arguments)
        self.action, self.template, self.refused = action, template, refused
        self.view.action = action  # by which the view chooses its serializer

    def context(self) -> dict[str, Any]:
        errors = self.data.get("errors", []) if self.refused else []
        form = self.form(errors)
        return {
            "action": self.action,
            "verb": SUBMIT_LABELS.get(self.action, self.action.capitalize()),
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


@dataclass(frozen=True)
class Form:
    """How the form of an action is shown."""

    template: str = "desk/form.html"
    page: type[FormPage] | None = None  # where it shows more than the form
