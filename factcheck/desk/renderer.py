"""DRF's browsable API with a page for each answer."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.template import loader
from rest_framework import status
from rest_framework.renderers import BrowsableAPIRenderer

from factcheck.api.renderers import pretty
from factcheck.desk.table import page_of


class DeskRenderer(BrowsableAPIRenderer):
    """The HTML pages in which editors work: DRF's browsable API with a page for each answer (see table.py)."""

    template = "desk/pages/json.html"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        with self._moment(renderer_context):
            context = self.get_context(data, accepted_media_type, renderer_context)
            page = loader.get_template(context["template"]).render(context, request=context["request"])
        response = context["response"]
        if response.status_code == status.HTTP_204_NO_CONTENT:  # as DRF does: a page is content
            response.status_code = status.HTTP_200_OK
        return page

    @staticmethod
    def _moment(renderer_context: Any) -> AbstractContextManager[None]:
        """A page as of an instant reads all that it shows as of that instant."""
        view, response = renderer_context["view"], renderer_context["response"]
        of_the_past = hasattr(view, "moment") and not getattr(response, "is_problem", False)
        return view.moment() if of_the_past else nullcontext()

    def get_content(self, renderer: Any, data: Any, accepted_media_type: str | None, renderer_context: Any) -> str:
        return pretty(data) if data is not None else ""

    def get_context(self, data: Any, accepted_media_type: str | None, renderer_context: Any) -> dict[str, Any]:
        """Not DRF's own, which renders every form that the address takes, each twice."""
        view, request, response = (renderer_context[name] for name in ("view", "request", "response"))
        page = page_of(view, request, response, data)
        context = page.full_context()
        return {
            "template": page.template,
            "content": "" if page.template != self.template else self.get_content(None, data, None, renderer_context),
            "description": self.get_description(page.view, page.response.status_code),
            **context,
        }
