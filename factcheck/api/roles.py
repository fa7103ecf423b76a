"""Roles, and the check of a request's permission by role. The table of who may do what is in claims/roles.py."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext, gettext_lazy, pgettext
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from factcheck.errors import Text


class Role(IntEnum):
    """The Django groups of the same names. Each may also do what the one before it may do."""

    NONE = 0
    VIEWER = 1
    REPORTER = 2
    EDITOR = 3
    ADMIN = 4


def is_anonymous(request: Any) -> bool:
    """Whether the caller is anonymous, and so sees only what is published."""
    user = request.user
    return not (user and user.is_authenticated)


def role_of(user: Any) -> Role:
    """The highest of the user's roles. Read from the database once for each user object, so for each request."""
    if not user.is_authenticated:
        return Role.NONE
    if not hasattr(user, "_role"):
        remember_role(user, user.groups.values_list("name", flat=True))
    return user._role


def remember_role(user: Any, groups: Iterable[str]) -> None:
    names = {role.name.lower(): role for role in Role}
    held = max((names[name] for name in groups if name in names), default=Role.NONE)
    user._role = Role.ADMIN if user.is_superuser else held


class RolePermission(BasePermission):
    """A subclass holds the tables. Nobody may do an action without a role in its table or in the view itself."""

    required_roles: ClassVar[Mapping[str, Role]] = {}  # by the name of the view's action
    public_actions: ClassVar[frozenset[str]] = frozenset()
    message: Text = gettext_lazy("Your role does not allow this.")

    def required_role(self, view: Any) -> Role | None:
        return view.required_role or self.required_roles.get(view.action)

    def is_public(self, view: Any) -> bool:
        """Whether anonymous callers may do the view's action, if the service has public reads."""
        return view.has_public_reads and view.action in self.public_actions

    def has_permission(self, request: Request, view: Any) -> bool:
        if is_anonymous(request):
            return settings.PUBLIC_READ and (request.method == "GET" or view.only_reads) and self.is_public(view)
        if not (request.method in SAFE_METHODS or view.only_reads) and getattr(request.auth, "read_only", False):
            self.message = gettext("This token is read-only.")
            return False
        if view.action is None:  # a method that this URL does not have: DRF answers 405 after this check
            return request.method not in view.allowed_methods or role_of(request.user) > Role.NONE
        required, held = self.required_role(view), role_of(request.user)
        if required is None:
            self.message = gettext("Nobody may do this.")
            return False
        if held < required:
            words = {"needed": _in_words(required), "held": _in_words(held)}
            if held:
                self.message = gettext("This needs the role %(needed)s; you are %(held)s.") % words
            else:
                self.message = gettext("This needs the role %(needed)s; you have no role.") % words
            return False
        return True


def _in_words(role: Role) -> str:
    return pgettext("code", role.name.lower())
