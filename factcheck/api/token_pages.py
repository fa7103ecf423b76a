from typing import Any

from factcheck.api.form_pages import FormPage
from factcheck.api.pages import Page, page


@page("token", "list")
class TokensPage(Page):
    template = "api/tokens.html"

    def context(self) -> dict[str, Any]:
        return {"tokens": self.data.get("results", []), "form": self.view.get_serializer()}


@page("token", "create")
class NewTokenPage(Page):
    template = "api/tokens.html"

    def context(self) -> dict[str, Any]:
        return {"made": self.data, "form": self.view.get_serializer()}


FormPage.templates["token", "create"] = "api/tokens.html"
