"""The second step of a log-in: who needs one, who has one, and whether a code is good."""

import base64
import logging
import secrets
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from factcheck.api.models import AuthenticatorApp, Identity, Passkey, RecoveryCode, hash_key
from factcheck.api.roles import Role, role_of

logger = logging.getLogger(__name__)

PROVED = "second_step"  # in a session: its user has shown a second factor
SECONDS = 30
DIGEST = SHA1()  # noqa: S303 what all apps know, and safe in an HMAC
STEPS = (-1, 0, 1)  # a clock may be half a minute off
FREE_FAILURES = 4  # after these, each wrong code doubles the wait for the next one
LONGEST_WAIT = 3600
RECOVERY_CODES = 10


def is_break_glass(user: Any) -> bool:
    return bool(settings.BREAK_GLASS_ADMIN) and user.get_username() == settings.BREAK_GLASS_ADMIN


def has_password(user: Any) -> bool:
    """Whether the user can log in here. Who cannot comes by the identity provider, or is a user for programs."""
    return _counts_password_of(user) and not _comes_by_provider(user)


def _counts_password_of(user: Any) -> bool:
    return user.has_usable_password() and (settings.LOCAL_PASSWORDS or is_break_glass(user))


def _comes_by_provider(user: Any) -> bool:
    """A password that such a user has all the same, by the admin site, counts nowhere."""
    return bool(settings.OIDC_ISSUER) and Identity.objects.filter(user=user.pk).exists()


def has_factors(user: Any) -> bool:
    return (
        AuthenticatorApp.objects.filter(user=user.pk).exists() or Passkey.objects.filter(user=user.pk).exists()
    )  # fmt: skip


def by_password_alone(users: Iterable[Any]) -> set[Any]:
    """Of them those who can log in without a second step, or who must add one first."""
    others = {*AuthenticatorApp.objects.values_list("user", flat=True), *Passkey.objects.values_list("user", flat=True)}
    if settings.OIDC_ISSUER:
        others |= {*Identity.objects.values_list("user", flat=True)}
    return {user for user in users if user.is_active and user.pk not in others and _counts_password_of(user)}


def must_have_factor(user: Any) -> bool:
    if not settings.REQUIRE_MFA or not user.is_authenticated:
        return False
    is_meant = role_of(user) >= Role[settings.REQUIRE_MFA.upper()] or is_break_glass(user)
    return is_meant and has_password(user)


def new_secret() -> bytes:
    return secrets.token_bytes(20)


def address_for_app(secret: bytes, user: Any) -> str:
    """What the QR code says."""
    return TOTP(secret, 6, DIGEST, SECONDS).get_provisioning_uri(user.get_username(), "Factcheck")


def step_of(secret: bytes, code: str) -> int | None:
    """The half minute that the code belongs to; None for a wrong one. All are compared, so that each takes as long."""
    now = int(time.time() // SECONDS)
    typed, codes = code.encode(), HOTP(secret, 6, DIGEST)
    found = [now + by for by in STEPS if bytes_eq(codes.generate(now + by), typed)]
    return found[0] if found else None


def seal(secret: bytes) -> str:
    return _sealer().encrypt(secret).decode()


def unseal(sealed: str) -> bytes | None:
    """None if the key that it was sealed with is neither SECRET_KEY nor among its fallbacks."""
    try:
        return _sealer().decrypt(sealed)
    except InvalidToken:
        return None


def _sealer() -> MultiFernet:
    return MultiFernet([Fernet(_key(secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> bytes:
    derived = HKDF(SHA256(), 32, None, b"factcheck authenticator app").derive(secret.encode())
    return base64.urlsafe_b64encode(derived)


class Wait(Exception):
    """There were too many wrong codes."""

    def __init__(self, seconds: int):
        super().__init__(seconds)
        self.seconds = seconds


class Unreadable(Exception):
    """The user's app is here, but no code of it can be judged."""


def accept_code(user: Any, typed: str) -> bool:
    """Whether it is a code of the user's app or a recovery code. It is used up with that."""
    code = "".join(typed.split()).replace("-", "")
    if len(code) == 6 and code.isascii() and code.isdigit():
        return _accept_app(user, code)
    return bool(RecoveryCode.objects.filter(user=user.pk, digest=hash_key(code.upper())).delete()[0])


@transaction.atomic
def _accept_app(user: Any, code: str) -> bool:
    """The row is locked: of two requests with one code, the second finds it used up, and no failure is lost."""
    app = AuthenticatorApp.objects.select_for_update().filter(user=user.pk).first()
    if app is None:
        return False
    if wait := _wait_of(app):
        raise Wait(wait)
    if (secret := unseal(app.secret)) is None:
        logger.error(
            "The key of user %s's authenticator app cannot be read: it was encrypted with another SECRET_KEY. Put the "
            "former one into SECRET_KEY_FALLBACKS. If it is lost, remove the second step of each such user, who then "
            "adds a new one.",
            user.pk,
        )
        raise Unreadable
    step = step_of(secret, code)
    is_good = step is not None and step > app.last_step
    if is_good and step:
        app.last_step, app.failures, app.last_used = step, 0, timezone.now()
        app.secret = seal(secret)  # with the present key
    else:
        app.failures, app.failed_at = min(app.failures + 1, 100), timezone.now()
    app.save()
    return is_good


def _wait_of(app: AuthenticatorApp) -> int:
    """Only who knows the password comes so far, and could try many codes from many addresses."""
    if app.failures <= FREE_FAILURES or app.failed_at is None:
        return 0
    until = app.failed_at + timedelta(seconds=min(2**app.failures, LONGEST_WAIT))
    return max(0, int((until - timezone.now()).total_seconds()) + 1)


def new_recovery_codes() -> list[str]:
    """Of 80 random bits each, which are not found by trying; in groups, so that they can be copied by hand."""
    codes = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES)]
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]


def digest_of(code: str) -> str:
    return hash_key(code.replace("-", ""))
