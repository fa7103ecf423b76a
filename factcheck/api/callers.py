"""Whether the access of callers whose connections stay open still stands, read for all of them at once."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone
from rest_framework.request import Request

from factcheck.api.authentication import groups_of
from factcheck.api.factors import PROVED, has_factors, must_have_factor
from factcheck.api.models import Identity, Session, Token
from factcheck.api.roles import Role, is_anonymous, remember_role, role_of


@dataclass(frozen=True, slots=True)
class Caller:
    """By what somebody was let in: a token, a session, or neither for who is anonymous."""

    user: int | None = None
    token: UUID | None = None
    session: str | None = None
    session_hash: str = ""  # changes with the password, which ends the session
    is_proved: bool = False  # the session has shown a second factor

    @property
    def is_anonymous(self) -> bool:
        return self.user is None


def caller_of(request: Request) -> Caller:
    if is_anonymous(request):
        return Caller()
    user: Any = request.user
    if isinstance(request.auth, Token):
        return Caller(user.pk, token=request.auth.pk)
    return Caller(
        user.pk,
        session=request.session.session_key,
        session_hash=user.get_session_auth_hash(),
        is_proved=bool(request.session.get(PROVED)),
    )


def present_roles(callers: Collection[Caller]) -> dict[Caller, Role | None]:
    """The role of each now; None if its token or session is no longer good.

    At most three queries, and one for each token whose owner must have a second step.
    """
    known = {caller for caller in callers if not caller.is_anonymous}
    tokens = _good_tokens({caller.token for caller in known if caller.token})
    sessions = _good_sessions({caller.session for caller in known if caller.session})
    users = _active_users({caller.user for caller in known if caller.user})
    roles: dict[Caller, Role | None] = {caller: Role.NONE for caller in callers if caller.is_anonymous}
    for caller in known:
        user = users.get(caller.user or 0)
        stands = user and (caller.token in tokens or _is_open(caller, sessions, user)) and _is_proved(caller, user)
        roles[caller] = role_of(user) if stands else None
    return roles


def _is_open(caller: Caller, sessions: set[str], user: User) -> bool:
    return caller.session in sessions and caller.session_hash == user.get_session_auth_hash()


def _is_proved(caller: Caller, user: User) -> bool:
    return not must_have_factor(user) or (has_factors(user) if caller.token else caller.is_proved)


def _good_tokens(ids: set[UUID]) -> set[UUID]:
    not_expired = Q(expiry=None) | Q(expiry__gt=timezone.now())
    return set(Token.objects.filter(not_expired, pk__in=ids).values_list("pk", flat=True)) if ids else set()


def _good_sessions(keys: set[str]) -> set[str]:
    found = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return set(found.values_list("session_key", flat=True)) if keys else set()


def _active_users(ids: set[int]) -> dict[int, User]:
    if not ids:
        return {}
    found: Any = User.objects.filter(pk__in=ids, is_active=True).annotate(held=groups_of("pk"))
    if settings.OIDC_ISSUER:  # the client connects again, and the provider is asked
        found = found.exclude(pk__in=Identity.objects.unconfirmed().values("user"))
    users = {user.pk: user for user in found}
    for user in users.values():
        remember_role(user, user.held)
    return users
