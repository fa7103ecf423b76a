import hashlib
import secrets
import uuid
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone


def hash_key(key: str) -> str:
    """One fast hash is enough: a key is 256 random bits, so it cannot be found by trying, as a password can."""
    return hashlib.sha512(key.encode()).hexdigest()


class Token(models.Model):
    """An API client's access in the name of a user. Only the digest of its key is stored."""

    LIFETIME = timedelta(days=90)
    PREFIX_LENGTH = 8

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=128, unique=True)
    prefix = models.CharField(max_length=PREFIX_LENGTH, help_text="The first characters of the key.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    read_only = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)
    expiry = models.DateTimeField(null=True, blank=True)

    key: str  # set by issue() alone: it is shown once
    snapshot: str | None = None  # that a reading request found it by, and may read on by

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"

    @classmethod
    def issue(cls, user: User, lifetime: timedelta = LIFETIME, **fields: Any) -> "Token":
        key = secrets.token_hex(32)
        expiry = timezone.now() + lifetime
        prefix = key[: cls.PREFIX_LENGTH]
        token = cls.objects.create(user=user, digest=hash_key(key), prefix=prefix, expiry=expiry, **fields)
        token.key = key
        return token

    @property
    def is_expired(self) -> bool:
        return self.expiry is not None and self.expiry <= timezone.now()


class IdempotentAnswerQuerySet(models.QuerySet["IdempotentAnswer"]):
    def delete_expired(self, at_most: int) -> None:
        """Deletes the oldest ones. Skips rows that another transaction is deleting, instead of waiting for them."""
        expired = self.filter(created_at__lte=timezone.now() - IdempotentAnswer.KEPT_FOR).order_by("created_at")
        oldest = expired.select_for_update(skip_locked=True).values_list("pk", flat=True)[:at_most]
        self.filter(pk__in=list(oldest)).delete()


class IdempotentAnswer(models.Model):
    """The answer to a POST that carried an Idempotency-Key and succeeded."""

    KEPT_FOR = timedelta(hours=24)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    request_digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    location = models.TextField(blank=True)
    body = models.TextField(
        blank=True, help_text="The JSON text of the answer. Not jsonb, which would reorder its members."
    )
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = IdempotentAnswerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once_per_user"),
            models.CheckConstraint(condition=models.Q(status__range=(200, 399)), name="idempotent_answer_is_success"),
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.user}"

    @property
    def is_expired(self) -> bool:
        return self.created_at <= timezone.now() - self.KEPT_FOR


class Session(AbstractBaseSession):
    """A browser's log-in, with what its user recognises it by. session_store.py writes it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    agent = models.CharField(max_length=200, help_text="The browser's User-Agent.")
    since = models.DateTimeField(null=True)

    @property
    def reference(self) -> str:
        """Names the session on a page. Its key is a secret, as a password is."""
        return hash_key(self.session_key)[:16]

    @classmethod
    def get_session_store_class(cls) -> Any:
        return import_module(settings.SESSION_ENGINE).SessionStore


class IdentityQuerySet(models.QuerySet["Identity"]):
    def unconfirmed(self) -> "IdentityQuerySet":
        """Whom the provider has refused, or should have been asked about by now."""
        late = timezone.now() - Identity.CHECKED_WITHIN
        return self.filter(models.Q(confirmed_at=None) | models.Q(check_at__lt=late))


class Identity(models.Model):
    """Who a user is at the identity provider: an issuer and a subject, and never a mail address."""

    CHECKED_EVERY = timedelta(minutes=5)
    CHECKED_WITHIN = timedelta(minutes=1)  # then another request asks, if the provider did not answer
    LONGEST_CHECK = timedelta(seconds=15)
    LONGEST_OUTAGE = timedelta(hours=1)  # of the provider; then nobody is let in on what it said before

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    name = models.CharField(max_length=500, help_text="As the provider last gave it: a new one renames the user.")
    tokens = models.JSONField(help_text="Of the provider, to ask it again.")
    check_at = models.DateTimeField(help_text="When the provider is asked again.")
    confirmed_at = models.DateTimeField(null=True, help_text="Empty once the provider has refused the person.")

    objects = IdentityQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="identity_once_per_subject")]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"

    @property
    def stands(self) -> bool:
        oldest = timezone.now() - self.LONGEST_OUTAGE
        return self.issuer == settings.OIDC_ISSUER and self.confirmed_at is not None and self.confirmed_at > oldest

    @property
    def is_being_checked(self) -> bool:
        began = self.check_at - self.CHECKED_WITHIN
        return self.confirmed_at is not None and timezone.now() < began + self.LONGEST_CHECK

    def take_check(self) -> bool:
        """Whether the provider is to be asked now, and by this request: of several only one asks."""
        now = timezone.now()
        due = Identity.objects.filter(pk=self.pk, check_at__lte=now, confirmed_at__isnull=False)
        return bool(due.update(check_at=now + self.CHECKED_WITHIN))

    def end_check(self) -> None:
        """Without an answer. Nobody waits for it any more, and in less than a minute somebody asks again."""
        at = timezone.now() + self.CHECKED_WITHIN - self.LONGEST_CHECK
        Identity.objects.filter(pk=self.pk).update(check_at=at)


class LoginAttemptQuerySet(models.QuerySet["LoginAttempt"]):
    def since(self, period: timedelta) -> "LoginAttemptQuerySet":
        return self.filter(at__gt=timezone.now() - period)

    def delete_before(self, period: timedelta, at_most: int) -> None:
        """Deletes the oldest ones. Skips rows that another transaction is deleting, instead of waiting for them."""
        old = self.filter(at__lte=timezone.now() - period).order_by("at").select_for_update(skip_locked=True)
        self.filter(pk__in=list(old.values_list("pk", flat=True)[:at_most])).delete()


class LoginAttempt(models.Model):
    """One attempt to log in, kept as long as the throttle looks back."""

    LONGEST_ORIGIN = 64

    origin = models.CharField(max_length=LONGEST_ORIGIN)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = LoginAttemptQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["origin", "at"], name="login_attempt_origin")]

    def __str__(self) -> str:
        return f"{self.origin} at {self.at}"


class AuthenticatorApp(models.Model):
    """The app that shows a user a code of six digits, another one each half minute (RFC 6238)."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    secret = models.TextField(help_text="Shared with the app; encrypted with a key that SECRET_KEY gives.")
    last_step = models.BigIntegerField(help_text="The half minute of the last code that was accepted.")
    failures = models.PositiveSmallIntegerField(default=0, help_text="Wrong codes since then.")
    failed_at = models.DateTimeField(null=True)
    created = models.DateTimeField(auto_now_add=True)
    last_used = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"app of {self.user}"


class Passkey(models.Model):
    """A credential of WebAuthn. The private key stays in the user's device."""

    MAX = 20  # for one user
    LONGEST_ID = 1023  # bytes, by WebAuthn

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    credential_id = models.BinaryField(max_length=LONGEST_ID, unique=True)
    credential = models.BinaryField(help_text="The attested credential data of WebAuthn, with the public key.")
    sign_count = models.BigIntegerField(help_text="Rises with each use; stays 0 where a device does not count.")
    created = models.DateTimeField(auto_now_add=True)
    last_used = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"


class RecoveryCode(models.Model):
    """For the day when app and passkeys are lost. Only the digest is stored; it is deleted when the code is used."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=128, unique=True)

    def __str__(self) -> str:
        return f"recovery code of {self.user}"
