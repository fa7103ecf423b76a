from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.translation import gettext
from django.views.generic import TemplateView, View

from claims.roles import permissions
from factcheck.api.conditional import add_cache_headers, share
from factcheck.api.problems import wants_page
from factcheck.api.replica import read_from_replica
from factcheck.api.roles import Role, role_of
from factcheck.api.throttles import AddressThrottle
from factcheck.desk.login_form import ended_context
from factcheck.desk.roles import ROLES
from factcheck.desk.viewer import Viewer

MAX_NAMES = 10


class OptionsForAnybody:
    """The methods are the same for everybody."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "OPTIONS":
            return self.options(request, *args, **kwargs)  # type: ignore[attr-defined]
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


def too_many_requests(request: HttpRequest) -> HttpResponse | None:
    """The answer to an anonymous caller who has asked too often."""
    throttle = AddressThrottle()
    if throttle.allow_request(request, None):
        return None
    return HttpResponse(status=429, headers={"Retry-After": str(throttle.wait())})


class PublicView(OptionsForAnybody, View):
    """An answer that is the same for everybody. No session is read, and no cookie set. 404 without PUBLIC_READ."""

    http_method_names = ["get", "head", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method != "GET":
            return super().dispatch(request, *args, **kwargs)
        if not settings.PUBLIC_READ:
            raise Http404
        if refused := too_many_requests(request):
            return refused
        read_from_replica(request)
        return share(super().dispatch(request, *args, **kwargs), self.article_shown())

    def article_shown(self) -> int | None:
        """The id of the only article that the answer shows something of; None where there may be several."""
        return None


class DeskView(LoginRequiredMixin, TemplateView):
    """A page that does not show an answer of the API."""

    required_role = Role.VIEWER
    is_public = False  # whether anonymous readers may open it when PUBLIC_READ is on

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "OPTIONS":  # the methods are the same for everybody
            return self.options(request, *args, **kwargs)
        self.viewer = Viewer(request)
        if not self.viewer.is_anonymous and role_of(request.user) < self.required_role:
            return self._not_allowed(request)
        response = self._dispatch(request, *args, **kwargs)
        if self.viewer.is_anonymous:
            add_cache_headers(request, response, self.article_shown())
            patch_vary_headers(response, ["Cookie", "Accept-Language", "HX-Request"])
        else:
            add_never_cache_headers(response)
        return response

    def _dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (self.viewer.is_anonymous and self.is_public and settings.PUBLIC_READ):
            return super().dispatch(request, *args, **kwargs)
        if refused := too_many_requests(request):
            return refused
        read_from_replica(request)
        return TemplateView.dispatch(self, request, *args, **kwargs)

    def article_shown(self) -> int | None:
        """The id of the only article that the page shows something of; None where there may be several."""
        return None

    def handle_no_permission(self) -> Any:
        """A form whose session has ended gets its page to log in as the answer: a redirect would lose the way back."""
        if self.request.method != "POST" or not wants_page(self.request):
            return super().handle_no_permission()
        response = render(
            self.request, "desk/pages/login.html", ended_context(self.request), status=HTTPStatus.UNAUTHORIZED
        )
        response.is_problem = True  # type: ignore[attr-defined]  # so that ProblemPageMiddleware keeps this page
        return response

    def _not_allowed(self, request: HttpRequest) -> HttpResponseBase:
        if not wants_page(request):
            raise PermissionDenied
        context = {"message": self._refusal(role_of(request.user))}
        response = render(request, "desk/pages/not_allowed.html", context, status=HTTPStatus.FORBIDDEN)
        response.is_problem = True  # type: ignore[attr-defined]  # so that ProblemPageMiddleware keeps this page
        return response

    def _refusal(self, held: Role) -> str:
        """Names the role that is needed; to a user who has any role, also the people who have it."""
        roles = {"needed": ROLES[self.required_role].name, "held": ROLES[held].name}
        if held is Role.NONE:
            return gettext("This page needs the role %(needed)s; you have no role.") % roles
        able = [role.name.lower() for role in Role if role >= self.required_role]
        users = User.objects.filter(is_active=True, groups__name__in=able).distinct().order_by("username")
        names = ", ".join(users.values_list("username", flat=True)[:MAX_NAMES])
        if not names:
            return gettext("This page needs the role %(needed)s; you are %(held)s.") % roles
        sentences = gettext(
            "This page needs the role %(needed)s; you are %(held)s. Ask one of those who have it: %(names)s."
        )
        return sentences % {**roles, "names": names}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            may=permissions(self.request.user), is_anonymous=self.viewer.is_anonymous, **kwargs
        )
