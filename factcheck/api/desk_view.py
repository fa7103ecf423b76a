from http import HTTPStatus
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from factcheck.api.problems import wants_page
from factcheck.api.roles import Role, permissions, role_of

NAMED = 10


@method_decorator(never_cache, name="dispatch")
class DeskView(LoginRequiredMixin, TemplateView):
    """A page that is no answer of the API."""

    required_role = Role.VIEWER

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and role_of(request.user) < self.required_role:
            if not wants_page(request):
                raise PermissionDenied
            says = self._refusal(role_of(request.user))
            response = render(request, "api/not_allowed.html", {"says": says}, status=HTTPStatus.FORBIDDEN)
            response.is_problem = True  # type: ignore[attr-defined]  # the middleware's sign that it is told already
            return response
        return super().dispatch(request, *args, **kwargs)

    def _refusal(self, held: Role) -> str:
        """Who may open it, for those who belong here."""
        needed = self.required_role.name.lower()
        says = f"This page needs the role {needed}; you are {held.name.lower()}."
        if held is Role.NONE:
            return says
        able = [role.name.lower() for role in Role if role >= self.required_role]
        users = User.objects.filter(is_active=True, groups__name__in=able).distinct().order_by("username")
        names = ", ".join(users.values_list("username", flat=True)[:NAMED])
        return f"{says} Ask one of those who have it: {names}." if names else says

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(may=permissions(self.request.user), **kwargs)
