"""Writes to the second step of users' log-ins. The database itself records them with the user."""

from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext

from factcheck.api.factors import digest_of, has_factors, must_have_factor, new_recovery_codes, seal
from factcheck.api.models import AuthenticatorApp, Passkey, RecoveryCode
from factcheck.errors import Conflict
from factcheck.journal.services import name_actor
from factcheck.journal.users import end_sessions
from factcheck.postgres.transactions import atomic_with_retry


@atomic_with_retry
def add_factor(*, user: Any, factor: AuthenticatorApp | Passkey, is_first: bool) -> list[str]:
    """The recovery codes that were made with the first factor. `is_first`: the user may add only if there is none."""
    _lock(user)
    had = has_factors(user)
    if had and is_first:
        raise Conflict(gettext("There is a second step already. Log in with it."))
    if isinstance(factor, AuthenticatorApp) and AuthenticatorApp.objects.filter(user=user.pk).exists():
        raise Conflict(gettext("You have an app already. Remove it first."))
    if isinstance(factor, Passkey):
        _judge(factor, user)
    name_actor(user)
    factor.user = user
    factor.save(force_insert=True)
    return [] if had else renew_recovery_codes(user=user)


def _judge(passkey: Passkey, user: Any) -> None:
    if Passkey.objects.filter(credential_id=passkey.credential_id).exists():
        raise Conflict(gettext("This passkey is here already."))
    if Passkey.objects.filter(user=user.pk).count() >= Passkey.MAX:
        raise Conflict(gettext("You have %(most)s passkeys, which is the limit.") % {"most": Passkey.MAX})


def app_with(secret: bytes, step: int) -> AuthenticatorApp:
    """`step` is that of the first code, which counts as used."""
    return AuthenticatorApp(secret=seal(secret), last_step=step)


@atomic_with_retry
def remove_factor(*, user: Any, factor: AuthenticatorApp | Passkey) -> None:
    """With the last one the recovery codes go too. Who must have one keeps it."""
    _lock(user)
    name_actor(user)
    factor.delete()
    if has_factors(user):
        return
    if must_have_factor(user):
        raise Conflict(gettext("Your role needs a second step. Add another one first."))
    RecoveryCode.objects.filter(user=user.pk).delete()


@atomic_with_retry
def remove_all_factors(*, user: Any, actor: Any) -> None:
    """For somebody who has lost them all. Sessions end."""
    _lock(user)
    name_actor(actor)
    for model in (AuthenticatorApp, Passkey, RecoveryCode):
        model._default_manager.filter(user=user.pk).delete()
    end_sessions(user=user)


@atomic_with_retry
def renew_recovery_codes(*, user: Any) -> list[str]:
    codes = new_recovery_codes()
    RecoveryCode.objects.filter(user=user.pk).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user_id=user.pk, digest=digest_of(code)) for code in codes)
    return codes


def _lock(user: Any) -> None:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
