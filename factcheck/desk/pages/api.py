"""The pages about the API itself: its root and the user's tokens."""

from typing import Any

from django.conf import settings

from factcheck.desk.form_pages import FormPage
from factcheck.desk.page import Page
from factcheck.desk.words import ENDPOINTS


class RootPage(Page):
    def context(self) -> dict[str, Any]:
        tags: Any = settings.SPECTACULAR_SETTINGS["TAGS"]
        descriptions = {tag["name"]: tag["description"] for tag in tags}
        return {
            "endpoints": [
                (ENDPOINTS.get(name, name), url, descriptions.get(name, "")) for name, url in self.data.items()
            ]
        }


class TokensPage(Page):
    def context(self) -> dict[str, Any]:
        return {"tokens": tokens_of(self.view), "form": self.view.get_serializer()}


class NewTokenPage(TokensPage):
    """The only page that shows a token's key."""

    def context(self) -> dict[str, Any]:
        return {**super().context(), "new_token": self.data}


class RefusedTokenPage(FormPage):
    def context(self) -> dict[str, Any]:
        return {**super().context(), "tokens": tokens_of(self.view)}


def tokens_of(view: Any) -> Any:
    return view.get_serializer(view.get_queryset(), many=True).data
