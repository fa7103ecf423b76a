"""The API's own pages: where everything begins, the OpenAPI document, and the same to read and try."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import APIRootView

from factcheck.api.base import BaseView
from factcheck.api.pagination import link_header
from factcheck.api.problems import CONTENT_TYPE
from factcheck.api.renderers import dump


class Root(BaseView, APIRootView):
    """Where everything begins."""

    basename = "root"

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().get(request, *args, **kwargs)
        pages = {"service-desc": "schema", "service-doc": "docs"}  # RFC 8631
        links = {relation: reverse(name, request=request) for relation, name in pages.items()}
        return Response(response.data, headers=link_header(**links))


class ForeignRenderersMixin(BaseView):
    """The generator's renderers know no problem documents."""

    def handle_exception(self, exc: Exception) -> Any:
        response: Any = super().handle_exception(exc)
        answer = HttpResponse(dump(response.data), status=response.status_code, headers=dict(response.headers))
        answer["Content-Type"] = CONTENT_TYPE
        answer.is_problem = True  # type: ignore[attr-defined]  # for ProblemMiddleware
        return answer


class SchemaView(ForeignRenderersMixin, SpectacularAPIView):
    pass
