"""Pages with one form: to create, change or delete a row, and to correct a form that was refused."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from factcheck.api.conditional import form_version, version_of
from factcheck.api.form_methods import own_address
from factcheck.desk.addresses import address_of, plural
from factcheck.desk.form_fields import new_form, non_field_errors, refused_form
from factcheck.desk.page import Page

SUBMIT_LABELS = {
    "create": _("Create"),
    "partial_update": _("Save"),
    "destroy": _("Delete"),
    "reanchor": _("Pin it here"),
    "tag": pgettext_lazy("to tag a statement", "Tag"),
    "propose": _("Propose"),
    "merge": _("Merge"),
    "resolve": _("Resolve"),
    "reopen": _("Reopen"),
    "publish": _("Publish"),
    "withdraw": _("Withdraw"),
    "fetch": _("Fetch"),
}
METHODS = {"partial_update": "PATCH", "update": "PUT", "destroy": "DELETE"}


class FormPage(Page):
    """A refused form comes back with what was typed, and with the errors at their fields."""

    def __init__(self, *arguments: Any, action: str, is_refused: bool):
        super().__init__(*arguments)
        self.action, self.is_refused = action, is_refused
        self.view.action = action  # the view chooses its serializer by it

    def context(self) -> dict[str, Any]:
        errors = self.data.get("errors", []) if self.is_refused else []
        form_data = self.request.data if self.is_refused else self.request.query_params
        form = self._form(errors)
        return {
            "action": self.action,
            "submit_label": SUBMIT_LABELS.get(self.action, self.action.capitalize()),
            "form": form,
            "form_data": form_data,
            "method": METHODS.get(self.action),
            "row_version": self.version(),
            "next": form_data.get("next", ""),
            "cancel": self._cancelled(form_data.get("next", "")),
            "problem": self.data if self.is_refused else None,
            "non_field_errors": non_field_errors(form, errors)
            or ([self.data["detail"]] if self.is_refused and not errors else []),
        }

    def _cancelled(self, following: str) -> str:
        """Where one goes without sending the form. What would follow may be about a row that it has not created."""
        row_id = self.view.kwargs.get("pk")
        place = address_of(self.view.basename, row_id) if row_id else f"/api/v1/{plural(self.view.basename)}/"
        return (own_address(following) if "{id}" not in following else "") or place

    def version(self) -> int | None:
        """The version of the row that the form changes."""
        return form_version(self.request) if self.is_refused else version_of(self.data)

    def _unsent(self) -> Any:
        """What a PATCH leaves as it is: the row whose fields the form shows if they were not sent; otherwise None."""
        if self.action != "partial_update":
            return None
        return self.view.get_queryset().filter(pk=self.view.kwargs["pk"]).first()

    def _form(self, errors: list[dict[str, Any]]) -> Any:
        if self.action == "destroy":
            return None
        if self.is_refused:
            return refused_form(self.view, self.request.data, errors, self._unsent())
        if self.action == "create":
            return new_form(self.view, self.request.query_params.dict())
        return self.view.get_serializer(self.row)
