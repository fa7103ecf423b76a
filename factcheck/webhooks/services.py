"""Writes to webhooks. They are not recorded in the journal, as tokens are not."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from factcheck.errors import Conflict, Versions
from factcheck.journal.epoch import first_open_transaction
from factcheck.journal.services import refuse_stale
from factcheck.postgres.transactions import atomic_with_retry
from factcheck.webhooks.models import Delivery, Webhook
from factcheck.webhooks.queue import add_ping, give_up, hurry, pending_like
from factcheck.webhooks.signing import make_secret

MAX_ACTIVE = 50


@atomic_with_retry
def create_webhook(*, actor: Any, url: str, actions: list[str], article: int | None, active: bool) -> Webhook:
    """Raises Conflict if there are MAX_ACTIVE, and Unavailable until the journal's epoch is confirmed."""
    webhook = Webhook(created_by=actor, url=url, actions=actions, article=article, active=active, secret=make_secret())
    if active:
        _refuse_too_many()
    webhook.first_transaction = first_open_transaction()
    webhook.save()
    return webhook


@atomic_with_retry
def update_webhook(*, webhook_id: int, versions: Versions, **fields: Any) -> Webhook:
    """One that is switched off gives up what is pending. Switched on again, it goes on from then.

    Raises DoesNotExist, StaleVersion, Conflict and Unavailable, as `create_webhook` does.
    """
    webhook = _lock(webhook_id, versions)
    before = {name: getattr(webhook, name) for name in fields}
    if before == fields:
        return webhook
    for name, value in fields.items():
        setattr(webhook, name, value)
    if webhook.active and not before.get("active", True):
        _begin_again(webhook)
    if not webhook.active:
        give_up(webhook)
    elif webhook.url != before.get("url", webhook.url):
        hurry(webhook)
    return _save(webhook, [*fields, "first_transaction", "disabled_at", "disabled_reason"])


@atomic_with_retry
def delete_webhook(*, webhook_id: int, versions: Versions) -> None:
    """With its deliveries. Raises DoesNotExist and StaleVersion."""
    webhook = _lock(webhook_id, versions)
    webhook.deliveries.all()._raw_delete(webhook.deliveries.db)
    webhook.delete()


@atomic_with_retry
def rotate_secret(*, webhook_id: int, versions: Versions) -> Webhook:
    """The secret of before signs besides the new one for a day; one from before that no more.

    Raises DoesNotExist and StaleVersion.
    """
    webhook = _lock(webhook_id, versions)
    webhook.old_secret, webhook.old_secret_until = webhook.secret, timezone.now() + Webhook.OVERLAP
    webhook.secret = make_secret()
    return _save(webhook, ["secret", "old_secret", "old_secret_until"])


@atomic_with_retry
def ping_webhook(*, webhook_id: int) -> Delivery:
    """Raises DoesNotExist, and Conflict if it is not active."""
    webhook = _lock(webhook_id, None)
    _refuse_inactive(webhook)
    return add_ping(webhook)


@atomic_with_retry
def redeliver(*, webhook_id: int, delivery_id: int) -> Delivery:
    """Sends it again, or at once if it is pending; so are those that wait behind it.

    Raises DoesNotExist, and Conflict if the webhook is not active.
    """
    webhook = _lock(webhook_id, None)
    delivery: Delivery = Delivery.objects.select_for_update().get(webhook=webhook, pk=delivery_id)
    _refuse_inactive(webhook)
    delivery.state, delivery.ended_at = Delivery.State.PENDING, None
    delivery.failures, delivery.failing_since = 0, None
    delivery.save(update_fields=["state", "ended_at", "failures", "failing_since"])
    pending_like(delivery).update(next_attempt_at=timezone.now())
    delivery.refresh_from_db(fields=["next_attempt_at"])
    return delivery


@atomic_with_retry
def disable_webhook(*, webhook_id: int, reason: str) -> None:
    """By the service itself, after failures or because the receiver wants no more."""
    webhook = Webhook.objects.select_for_update().filter(pk=webhook_id, active=True).first()
    if webhook:
        webhook.active, webhook.disabled_at, webhook.disabled_reason = False, timezone.now(), reason
        give_up(webhook)
        _save(webhook, ["active", "disabled_at", "disabled_reason"])


def _lock(webhook_id: int, versions: Versions) -> Webhook:
    webhook: Webhook = Webhook.objects.select_for_update().get(pk=webhook_id)
    refuse_stale(webhook.version, versions)
    return webhook


def _save(webhook: Webhook, fields: Sequence[str]) -> Webhook:
    webhook.version += 1
    webhook.updated_at = timezone.now()
    webhook.save(update_fields=[*fields, "version", "updated_at"])
    return webhook


def _begin_again(webhook: Webhook) -> None:
    _refuse_too_many()
    webhook.first_transaction = first_open_transaction()
    webhook.disabled_at, webhook.disabled_reason = None, ""


def _refuse_too_many() -> None:
    if Webhook.objects.filter(active=True).count() >= MAX_ACTIVE:
        raise Conflict(
            gettext("There are %(most)s active webhooks, which is the limit. Switch one off first.")
            % {"most": MAX_ACTIVE}
        )


def _refuse_inactive(webhook: Webhook) -> None:
    if not webhook.active:
        raise Conflict(gettext("This webhook is not active, so nothing is sent. Make it active first."))
