"""The root of the API, and the OpenAPI document."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import APIRootView

from factcheck.api.addresses import absolute_address
from factcheck.api.base import BaseView
from factcheck.api.pagination import link_header
from factcheck.api.problems import CONTENT_TYPE
from factcheck.api.renderers import dump


class Root(BaseView, APIRootView):
    """Links to every list, to the OpenAPI document and to its documentation page."""

    basename = "root"

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        found = super().get(request, *args, **kwargs).data
        lists = {name: address.partition("?")[0] for name, address in found.items()}  # see absolute_address
        routes = {"service-desc": "schema", "service-doc": "docs"}  # RFC 8631
        links = {relation: absolute_address(request, route) for relation, route in routes.items()}
        return Response(lists, headers=link_header(**links))


class SpectacularView(BaseView):
    """Base of drf-spectacular's views, whose own renderers cannot write a problem document."""

    is_translated = False  # nor is what they describe

    def handle_exception(self, exc: Exception) -> Any:
        problem: Any = super().handle_exception(exc)
        if not hasattr(problem, "data"):  # the way to the log-in
            return problem
        response = HttpResponse(dump(problem.data), status=problem.status_code, headers=dict(problem.headers))
        response["Content-Type"] = CONTENT_TYPE
        response.is_problem = True  # type: ignore[attr-defined]  # for ProblemMiddleware
        return response


class SchemaView(SpectacularView, SpectacularAPIView):
    def _get_schema_response(self, request: Request) -> Response:
        """With this service's own address: tools such as Postman do not take a relative one."""
        response: Response = super()._get_schema_response(request)
        servers = [{"url": request.build_absolute_uri("/").rstrip("/")}]
        response.data = {**response.data, "servers": servers}
        return response
