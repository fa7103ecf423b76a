import json
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer

from factcheck.api.json_rows import Row
from factcheck.api.preconditions import version_of

OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS


def _foreign(value: Any) -> Any:
    return orjson.Fragment(value.json) if isinstance(value, Row) else str(value)


def dump(data: Any) -> bytes:
    try:
        return orjson.dumps(data, default=_foreign, option=OPTIONS)
    except TypeError:
        # An error that echoes a caller's lone surrogate: escaped it is valid JSON, as UTF-8 it is not.
        return json.dumps(data, default=str).encode()


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
    """The HTML pages in which editors work: DRF's browsable API under a strict content security policy."""

    template = "api/desk.html"
    filter_template = "api/filters.html"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        page = super().render(data, accepted_media_type, renderer_context)
        return page.replace("<html>", '<html lang="en-GB">', 1)  # DRF's page names no language

    def get_content(self, renderer: Any, data: Any, accepted_media_type: str | None, renderer_context: Any) -> str:
        return json.dumps(json.loads(dump(data)), indent=2, ensure_ascii=False) if data is not None else ""

    def get_context(self, data: Any, accepted_media_type: str | None, renderer_context: Any) -> dict[str, Any]:
        context = super().get_context(data, accepted_media_type, renderer_context)
        context["row_version"] = version_of(data) or self._version_sent(context["request"])
        context["code_style"] = ""  # an inline style would break the policy
        return context

    @staticmethod
    def _version_sent(request: Any) -> str | None:
        """A refused form is shown again with the version it came with: sending it again overwrites nothing unseen."""
        given = request.data.get("version", "") if request.method != "GET" and isinstance(request.data, dict) else ""
        return given if str(given).isdecimal() else None
