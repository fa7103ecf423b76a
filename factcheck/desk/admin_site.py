"""Django's admin site, for users with the role admin: users and their roles. Recorded rows are read-only there."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from factcheck.api.problems import problem_document
from factcheck.api.roles import Role, role_of
from factcheck.desk.login import LogoutPage
from factcheck.desk.problem_pages import problem_context


def is_admin(request: HttpRequest) -> bool:
    return request.user.is_active and role_of(request.user) >= Role.ADMIN


class Site(admin.AdminSite):
    site_header = site_title = _("Factcheck: users and roles")

    def has_permission(self, request: HttpRequest) -> bool:
        return is_admin(request)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Leads to the service's own log-in page, which is throttled."""
        if request.user.is_authenticated:
            problem = problem_document(403, detail=gettext("Only users with the role admin manage users and roles."))
            return render(request, "desk/pages/problem.html", problem_context(request, problem), status=403)
        return HttpResponseRedirect("/login/?" + urlencode({"next": request.GET.get("next", "/admin/")}))

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The service's own, which takes the role of who broke the glass."""
        return LogoutPage.as_view()(request)


class AdminOnlyMixin:
    """For the role admin. Nothing is added, changed or deleted unless a subclass allows it."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_admin(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_admin(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(AdminOnlyMixin, admin.ModelAdmin):
    """Recorded rows change only through the API, where each write has a reason and a journal entry."""

    show_full_result_count = False  # no COUNT of a large table
    list_per_page = 50
