"""DRF's browsable API with a page of our own for each answer."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.template import loader
from rest_framework import status
from rest_framework.renderers import BrowsableAPIRenderer

from factcheck.desk.table import page_of


class DeskRenderer(BrowsableAPIRenderer):
    """The HTML pages in which editors work. table.py says which page shows which answer."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        view, request, response = (renderer_context[name] for name in ("view", "request", "response"))
        with self._as_of(view, response):
            context = self.get_context(data, accepted_media_type, renderer_context)
            html = loader.get_template(context["template"]).render(context, request=request)
        if response.status_code == status.HTTP_204_NO_CONTENT:  # as DRF does: a page is content
            response.status_code = status.HTTP_200_OK
        return html

    @staticmethod
    def _as_of(view: Any, response: Any) -> AbstractContextManager[None]:
        """With `?as_of=`, everything on the page is read as of that instant."""
        return nullcontext() if getattr(response, "is_problem", False) else view.read_as_of()

    def get_context(self, data: Any, accepted_media_type: str | None, renderer_context: Any) -> dict[str, Any]:
        """Replaces DRF's own, which renders every form that the address takes, each twice."""
        view, request, response = (renderer_context[name] for name in ("view", "request", "response"))
        page = page_of(view, request, response, data)
        context = page.full_context()  # first, since it may choose another template
        return {"template": page.template, **context}
