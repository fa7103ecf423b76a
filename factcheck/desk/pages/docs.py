"""The API documentation: Swagger UI from local files."""

from typing import Any

from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api.openapi.views import SpectacularView


class DocsView(SpectacularView, SpectacularSwaggerSplitView):
    schema = None
    is_translated = True  # its frame; what it shows is the English document
    template_name = "desk/pages/docs.html"

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().get(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-cache"  # its script contains a CSRF token
        return response
