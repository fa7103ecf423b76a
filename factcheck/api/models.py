import uuid
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from knox.models import AbstractAuthToken, AuthTokenManager


class Token(AbstractAuthToken):
    """A program's access in the name of a user. Only the digest is kept; the key is shown once."""

    id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    read_only = models.BooleanField(default=False)

    objects: ClassVar[AuthTokenManager] = AuthTokenManager()

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"


class IdempotentAnswerQuerySet(models.QuerySet["IdempotentAnswer"]):
    def delete_expired(self, at_most: int) -> None:
        """The oldest first. Rows that another transaction deletes at this moment are passed over, not waited for."""
        expired = self.filter(created_at__lte=timezone.now() - IdempotentAnswer.KEPT_FOR).order_by("created_at")
        oldest = expired.select_for_update(skip_locked=True).values_list("pk", flat=True)[:at_most]
        self.filter(pk__in=list(oldest)).delete()


class IdempotentAnswer(models.Model):
    """What a POST that carried an Idempotency-Key was answered, when it succeeded."""

    KEPT_FOR = timedelta(hours=24)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    request_digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    location = models.TextField(blank=True)
    body = models.TextField(blank=True, help_text="The JSON as it was answered. Not jsonb, which reorders members.")
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


class LoginAttemptQuerySet(models.QuerySet["LoginAttempt"]):
    def since(self, period: timedelta) -> "LoginAttemptQuerySet":
        return self.filter(at__gt=timezone.now() - period)

    def delete_before(self, period: timedelta, at_most: int) -> None:
        """Rows that another transaction deletes at this moment are passed over, not waited for."""
        old = self.filter(at__lte=timezone.now() - period).order_by("at").select_for_update(skip_locked=True)
        self.filter(pk__in=list(old.values_list("pk", flat=True)[:at_most])).delete()


class LoginAttempt(models.Model):
    """One try at a password, kept as long as the throttle looks back."""

    LONGEST_ORIGIN = 64

    origin = models.CharField(max_length=LONGEST_ORIGIN)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = LoginAttemptQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["origin", "at"], name="login_attempt_origin")]

    def __str__(self) -> str:
        return f"{self.origin} at {self.at}"
