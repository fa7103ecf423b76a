from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from factcheck.errors import FieldError, InvalidInput


class ByFormat(DefaultContentNegotiation):
    """`?format=` decides alone, whatever Accept says; DRF would answer 404 for an unknown one. Else Accept decides."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        wanted = request.query_params.get("format")
        if wanted is None and request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", renderers[0].media_type):
            return renderers[0], renderers[0].media_type  # what most programs send, without the rules for weighing it
        if wanted is None:
            return super().select_renderer(request, renderers, format_suffix)
        for renderer in renderers:
            if renderer.format == wanted:
                return renderer, renderer.media_type
        detail = f"Give one of {', '.join(dict.fromkeys(renderer.format for renderer in renderers))}."
        raise InvalidInput(f"format: {detail}", [FieldError("?format", "invalid_choice", detail)])
