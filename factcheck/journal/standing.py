"""Whether a user is still who the identity provider says: judged where a session or a token is read.

A process remembers for half a minute that somebody stands, so a request costs no query for it. Once in five minutes one
request waits for the provider; what it says counts for all sessions and tokens of the person.
"""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext
from rest_framework.exceptions import AuthenticationFailed

from factcheck.api.authentication import TokenAuthentication, UserBackend
from factcheck.api.factors import has_factors, has_password, is_break_glass, must_have_factor
from factcheck.api.models import Identity, Token
from factcheck.journal.people import confirm

REMEMBERED = 30  # seconds
MOST_REMEMBERED = 10_000

_remembered: dict[tuple[int, bool], float] = {}


def stands(user: User, is_session: bool) -> bool:
    """Without a provider everybody does. A session of somebody with a password only does where passwords count."""
    if not settings.OIDC_ISSUER or _remembered.get((user.pk, is_session), 0) > time.monotonic():
        return True
    identity = Identity.objects.select_related("user").filter(user=user.pk).first()
    if identity is None:
        # Of who has the only password, the session counts alone: a token would outlast its hour.
        good = settings.LOCAL_PASSWORDS or is_session == is_break_glass(user)
    else:
        good = confirm(identity)
        user.refresh_from_db()  # the provider may just have changed the name and the role
        user.__dict__.pop("_role", None)
    if good:
        if len(_remembered) >= MOST_REMEMBERED:
            _remembered.clear()
        _remembered[user.pk, is_session] = time.monotonic() + REMEMBERED
    return good


class StandingUserBackend(UserBackend):
    def authenticate(self, *args: Any, **kwargs: Any) -> Any:
        """By a password, which nobody has here whom the provider vouches for."""
        user: Any = super().authenticate(*args, **kwargs)
        if user is None or not settings.OIDC_ISSUER:
            return user
        return user if has_password(user) else None

    def get_user(self, user_id: int) -> User | None:
        user = super().get_user(user_id)
        return user if user and stands(user, is_session=True) else None


class StandingTokenAuthentication(TokenAuthentication):
    def authenticate_credentials(self, key: str) -> tuple[User, Token]:
        user, token = super().authenticate_credentials(key)
        if not stands(user, is_session=False):
            detail = gettext("%(provider)s no longer vouches for the owner of this token, who has to log in again.")
            raise AuthenticationFailed(detail % {"provider": settings.OIDC_NAME})
        if must_have_factor(user) and not has_factors(user):
            raise AuthenticationFailed(
                gettext(
                    "The role of this token’s owner needs a second step to log in, and there is none. "  # noqa: RUF001
                    "Add one at /account/second-step/; then the token is good again."
                )
            )
        return user, token
