"""The form of a new article, filled with what was found on the page of another server."""

from typing import Any

from factcheck.desk.form_fields import new_form
from factcheck.desk.form_pages import SUBMIT_LABELS, FormPage
from factcheck.desk.page import Page


def _new_article(view: Any, filled: dict[str, Any], **more: Any) -> dict[str, Any]:
    view.action = "create"
    return {"action": "create", "submit_label": SUBMIT_LABELS["create"], "form": new_form(view, filled), **more}


class FetchedPage(Page):
    def context(self) -> dict[str, Any]:
        found = {name: value for name, value in self.data.items() if value}
        return _new_article(self.view, found, fetch_address=found["url"], is_fetched=True)


class RefusedFetchPage(FormPage):
    """The address as it was typed, with what went wrong there."""

    def context(self) -> dict[str, Any]:
        typed = self.request.data.get("url", "")
        errors = [error["detail"] for error in self.data.get("errors", [])] or [self.data["detail"]]
        return _new_article(self.view, {"url": typed}, fetch_address=typed, fetch_errors=errors)
