from typing import Any

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.views.generic import TemplateView

from factcheck.api.readers import Reader
from factcheck.api.roles import Role, permissions, role_of
from factcheck.api.throttles import AddressThrottle
from factcheck.api.viewsets import cache_rule


class DeskView(LoginRequiredMixin, TemplateView):
    """A page that is no answer of the API."""

    required_role = Role.VIEWER
    is_for_strangers = False  # where PUBLIC_READ lets them read at all

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.reader = Reader(request)
        if not self.reader.is_stranger and role_of(request.user) < self.required_role:
            raise PermissionDenied
        response = self._dispatch(request, *args, **kwargs)
        if self.reader.is_stranger:
            response["Cache-Control"] = cache_rule(request, response)
            patch_vary_headers(response, ["Cookie"])
        else:
            add_never_cache_headers(response)
        return response

    def _dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (self.reader.is_stranger and self.is_for_strangers and settings.PUBLIC_READ):
            return super().dispatch(request, *args, **kwargs)
        throttle = AddressThrottle()
        if not throttle.allow_request(request, self):
            return HttpResponse(status=429, headers={"Retry-After": str(throttle.wait())})
        return TemplateView.dispatch(self, request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            may=permissions(self.request.user), is_stranger=self.reader.is_stranger, **kwargs
        )
