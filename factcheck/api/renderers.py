import json
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import orjson
from django.template import loader
from rest_framework import status
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer

from factcheck.api.json_rows import Row

OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS


def _foreign(value: Any) -> Any:
    return orjson.Fragment(value.json) if isinstance(value, Row) else str(value)


def dump(data: Any) -> bytes:
    try:
        return orjson.dumps(data, default=_foreign, option=OPTIONS)
    except TypeError:
        # An error that echoes a caller's lone surrogate: escaped it is valid JSON, as UTF-8 it is not.
        return json.dumps(data, default=str).encode()


def pretty(data: Any) -> str:
    return json.dumps(json.loads(dump(data)), indent=2, ensure_ascii=False)


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    content_type: str | None = None  # said in answers, where it is more than the media type
    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        response: Any = (renderer_context or {}).get("response")
        if getattr(response, "is_problem", False):
            response["Content-Type"] = "application/problem+json"
        elif self.content_type and response is not None:
            response["Content-Type"] = self.content_type
        return b"" if data is None else dump(data)


class TextRenderer(JSONRenderer):
    """A view's text as it is; problems stay JSON."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return data.encode() if isinstance(data, str) else super().render(data, accepted_media_type, renderer_context)


class DeskRenderer(BrowsableAPIRenderer):
    """The HTML pages in which editors work: DRF's browsable API with a page for each answer (see pages.py)."""

    template = "api/plain.html"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        with self._moment(renderer_context):
            context = self.get_context(data, accepted_media_type, renderer_context)
            page = loader.get_template(context["template"]).render(context, request=context["request"])
        response = context["response"]
        if response.status_code == status.HTTP_204_NO_CONTENT:  # as DRF does: a page is content
            response.status_code = status.HTTP_200_OK
        return page.replace("<html>", '<html lang="en-GB">', 1)  # DRF's page names no language

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
        page = self._page(data, renderer_context)
        context = page.full_context()
        return {
            "template": page.template,
            "content": "" if page.template != self.template else self.get_content(None, data, None, renderer_context),
            "description": self.get_description(page.view, page.response.status_code),
            **context,
        }

    @staticmethod
    def _page(data: Any, renderer_context: Any) -> Any:
        # Imported here: DRF's views, which these need, import the renderers.
        from factcheck.api.form_pages import form_page
        from factcheck.api.pages import PAGES, PROBLEM_PAGES, Page, ProblemPage
        from factcheck.api.roles import is_public_read, permissions

        view, request, response = (renderer_context[name] for name in ("view", "request", "response"))
        is_problem = getattr(response, "is_problem", False)
        if form := form_page(view, request, response, data, permissions(request.user)):
            return form
        key = (getattr(view, "basename", ""), getattr(view, "action", "") or "")
        kind = PAGES.get(key, Page)
        if is_public_read(request) and not kind.is_for_strangers:
            kind = Page
        if is_problem and not (kind.shows_problems and response.status_code == 400):
            kind = PROBLEM_PAGES.get(response.status_code, ProblemPage)
        return kind(view, request, response, data)
