from typing import Any

from django.conf import settings

from factcheck.desk.page import Page


class RootPage(Page):
    template = "desk/pages/api_root.html"

    def context(self) -> dict[str, Any]:
        tags: Any = settings.SPECTACULAR_SETTINGS["TAGS"]
        words = {tag["name"]: tag["description"] for tag in tags}
        return {"endpoints": [(name, address, words.get(name, "")) for name, address in self.data.items()]}


class TokensPage(Page):
    template = "desk/pages/tokens.html"

    def context(self) -> dict[str, Any]:
        return {"tokens": self.data.get("results", []), "form": self.view.get_serializer()}


class NewTokenPage(Page):
    template = "desk/pages/tokens.html"

    def context(self) -> dict[str, Any]:
        return {"made": self.data, "form": self.view.get_serializer()}
