from typing import Any

from django.conf import settings

from factcheck.api.pages import Page, page


@page("root", "")
class RootPage(Page):
    template = "api/root.html"

    def context(self) -> dict[str, Any]:
        tags: Any = settings.SPECTACULAR_SETTINGS["TAGS"]
        words = {tag["name"]: tag["description"] for tag in tags}
        return {"endpoints": [(name, address, words.get(name, "")) for name, address in self.data.items()]}
