from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from factcheck.journal.models import Entry


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def for_reading(self) -> "WebhookQuerySet":
        return self.select_related("created_by")

    def disabled(self) -> "WebhookQuerySet":
        """Those that the service has disabled, and nobody has looked after."""
        return self.filter(disabled_at__isnull=False).order_by("id")


class Webhook(models.Model):
    """Where entries of the journal are sent. It is configuration, as a token is, and not recorded itself.

    The secrets stand here as they are: a signature needs them.
    """

    OVERLAP = timedelta(hours=24)  # how long the secret before signs besides the new one

    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    url = models.TextField()
    actions = ArrayField(models.CharField(max_length=40), default=list)  # none stands for all
    article = models.BigIntegerField(null=True)  # not a reference: the last entry is that of its deletion
    active = models.BooleanField(default=True)
    # Entries from this transaction on are sent: all that the feed did not show yet when the webhook became active.
    first_transaction = models.BigIntegerField()
    disabled_at = models.DateTimeField(null=True)
    disabled_reason = models.TextField(default="")
    secret = models.CharField(max_length=100)
    old_secret = models.CharField(max_length=100, default="")
    old_secret_until = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Any]] = WebhookQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(disabled_at__isnull=True, disabled_reason="")
                | (Q(disabled_at__isnull=False, active=False) & ~Q(disabled_reason="")),
                name="webhook_disabled_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(old_secret="", old_secret_until__isnull=True)
                | (Q(old_secret_until__isnull=False) & ~Q(old_secret="")),
                name="webhook_old_secret_whole_or_absent",
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def secrets(self) -> list[str]:
        """Those that sign now, the newest first."""
        is_overlap = self.old_secret_until and self.old_secret_until > timezone.now()
        return [self.secret, self.old_secret] if is_overlap else [self.secret]


class Delivery(models.Model):
    """One entry for one webhook, or a ping.

    Until it ends it is pending: sent at `next_attempt_at` unless an earlier one of the same resource is pending. Who
    sends it has it until `leased_until`; if that worker dies, another sends it again.
    """

    class State(models.TextChoices):
        """failed: its webhook was disabled, switched off or given up before it arrived."""

        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed"

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", db_index=False)
    # Entries are never deleted, so the database need not look after this reference.
    entry = models.ForeignKey(
        Entry, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )  # fmt: skip
    type = models.CharField(max_length=40)  # the entry's action, or `ping`
    resource = models.CharField(max_length=20)
    resource_id = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, db_default=State.PENDING)
    created_at = models.DateTimeField(db_default=Now())
    next_attempt_at = models.DateTimeField(db_default=Now())
    leased_until = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(db_default=0)  # one after the other, up to now
    failing_since = models.DateTimeField(null=True)
    attempts = models.JSONField(db_default=models.Value([], models.JSONField()))
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webhook", "entry"], name="delivery_once_for_each_entry"),
            models.CheckConstraint(
                condition=Q(state="pending", ended_at__isnull=True)
                | Q(state__in=["delivered", "failed"], ended_at__isnull=False),
                name="delivery_ended_unless_pending",
            ),
        ]
        indexes = [
            models.Index(fields=["webhook", "id"], name="delivery_of_webhook"),
            models.Index(fields=["webhook", "state", "id"], name="delivery_in_state"),
            models.Index(
                fields=["webhook", "next_attempt_at", "id"], condition=Q(state="pending"), name="delivery_due"
            ),
            models.Index(
                fields=["webhook", "resource", "resource_id", "id"],
                condition=Q(state="pending"),
                name="delivery_in_order",
            ),
            models.Index(fields=["ended_at"], condition=~Q(state="pending"), name="delivery_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.type} to webhook {self.webhook_id}"

    @property
    def due_at(self) -> datetime | None:
        return None if self.ended_at else self.next_attempt_at

    @property
    def message_id(self) -> str:
        """The same at each attempt. Also for each webhook: a receiver of two knows an entry by it."""
        return f"entry-{self.entry_id}" if self.entry_id else f"ping-{self.pk}"
