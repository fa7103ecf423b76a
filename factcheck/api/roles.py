"""Who may do what: section by section the same table as in docs/roles.md, and tested as one truth table."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Any

from django.conf import settings
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request


class Role(IntEnum):
    """The Django groups of the same names, each including what the one before it may do."""

    NONE = 0
    VIEWER = 1
    REPORTER = 2
    EDITOR = 3
    ADMIN = 4


# By the name of the view's action. What is not named here nobody may do.
REQUIRED_ROLE = {
    "list": Role.VIEWER,
    "retrieve": Role.VIEWER,
    "history": Role.VIEWER,
    "annotations": Role.VIEWER,
    "revisions": Role.VIEWER,
    "revision": Role.VIEWER,
    "checks": Role.VIEWER,
    "positions": Role.VIEWER,
    "webannotation": Role.VIEWER,
    "webannotations": Role.VIEWER,
    "claimreview": Role.VIEWER,
    "claimreviews": Role.VIEWER,
    "changes": Role.VIEWER,
    "export": Role.VIEWER,
    "create": Role.REPORTER,
    "update": Role.REPORTER,
    "partial_update": Role.REPORTER,
    "bulk": Role.REPORTER,
    "reanchor": Role.REPORTER,
    "destroy": Role.EDITOR,
    "merge": Role.EDITOR,
    "tag": Role.EDITOR,
    "resolve": Role.EDITOR,
    "reopen": Role.EDITOR,
    "publish": Role.EDITOR,
    "withdraw": Role.EDITOR,
    "import_annotations": Role.EDITOR,
}


FORMATS = {"webannotation", "webannotations", "claimreview", "claimreviews", "changes", "export"}
PUBLIC_ACTIONS = frozenset({"list", "retrieve", *FORMATS})


def required_role(view: Any) -> Role | None:
    """What the view itself states counts before the table."""
    return getattr(view, "required_role", None) or REQUIRED_ROLE.get(view.action)


def has_public_reads(view: Any) -> bool:
    """Whether its present action may be open to strangers, if the service has public reads at all."""
    return getattr(view, "has_public_reads", False) and view.action in PUBLIC_ACTIONS


def is_public_read(request: Any) -> bool:
    """Whether this caller sees only what is published: nobody is signed in."""
    user = request.user
    return not (user and user.is_authenticated)


def role_of(user: Any) -> Role:
    """The highest of the user's roles; asked of the database once for each request's user object."""
    if not user.is_authenticated:
        return Role.NONE
    if not hasattr(user, "_role"):
        remember_role(user, user.groups.values_list("name", flat=True))
    return user._role


def remember_role(user: Any, groups: Iterable[str]) -> None:
    names = {role.name.lower(): role for role in Role}
    held = max((names[name] for name in groups if name in names), default=Role.NONE)
    user._role = Role.ADMIN if user.is_superuser else held


def permissions(user: Any) -> dict[str, bool]:
    """By action: what the user's role may not do, a page does not offer."""
    held = role_of(user)
    return {action: held >= required for action, required in REQUIRED_ROLE.items()}


class RolePermission(BasePermission):
    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        if is_public_read(request):
            return settings.PUBLIC_READ and request.method in ("GET", "HEAD") and has_public_reads(view)
        if request.method not in SAFE_METHODS and getattr(request.auth, "read_only", False):
            self.message = "This token is read-only."
            return False
        action = getattr(view, "action", None)
        if action is None:  # a method that this address does not have: 405 is the answer, not 403
            return request.method not in view.allowed_methods or role_of(request.user) > Role.NONE
        required = required_role(view)
        held = role_of(request.user)
        if required is None or held < required:
            self.message = f"This needs the role {(required or Role.ADMIN).name.lower()}; you are {held.name.lower()}."
            return False
        return True
