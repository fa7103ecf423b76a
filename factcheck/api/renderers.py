import json
from typing import Any

import orjson
from django.utils.translation import gettext
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from factcheck.api.row_json import RowJSON
from factcheck.errors import InvalidInput

OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS


def encode_row(value: Any) -> Any:
    return orjson.Fragment(value.json) if isinstance(value, RowJSON) else str(value)


def dump(data: Any) -> bytes:
    try:
        return orjson.dumps(data, default=encode_row, option=OPTIONS)
    except TypeError:
        # An error message that quotes a lone surrogate: json escapes it; UTF-8 cannot encode it.
        return json.dumps(data, default=str).encode()


def pretty(data: Any) -> str:
    return json.dumps(json.loads(dump(data)), indent=2, ensure_ascii=False)


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    content_type: str | None = None  # of responses, if it is more than the media type
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
    """Sends a view's text unchanged. Problems are still JSON."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return data.encode() if isinstance(data, str) else super().render(data, accepted_media_type, renderer_context)


class FormatOrAcceptNegotiation(DefaultContentNegotiation):
    """`?format=` takes precedence over Accept. An unknown format is a 400, where DRF answers 404."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        name = request.query_params.get("format")
        if name is None and request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", renderers[0].media_type):
            return renderers[0], renderers[0].media_type  # what most API clients send, decided without parsing it
        if name is None:
            return super().select_renderer(request, renderers, format_suffix)
        for renderer in renderers:
            if renderer.format == name:
                return renderer, renderer.media_type
        detail = gettext("Give one of %(formats)s.") % {
            "formats": ", ".join(dict.fromkeys(renderer.format for renderer in renderers))
        }
        raise InvalidInput.parameter("format", "invalid_choice", detail)
