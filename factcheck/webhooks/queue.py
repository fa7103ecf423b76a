"""Deliveries as a queue in the database, which any number of workers share.

A delivery is due if its time has come and no earlier one of the same webhook and resource is pending. A worker leases
what it sends: no transaction is open while it does. So that nobody looks through all that waits behind one that failed,
those have its `next_attempt_at` too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from factcheck.journal.followers import MAX_COUNTED
from factcheck.journal.models import Entry
from factcheck.webhooks.actions import PING
from factcheck.webhooks.models import Delivery, Webhook

LEASE = 30  # seconds: longer than an exchange may take
AT_ONCE = 4  # deliveries that one worker sends to one webhook at the same time
KEPT_FOR = timedelta(days=30)
MAX_DELETED = 1_000  # in one transaction
KEPT_ATTEMPTS = 50

# Held until the commit. Who disables a webhook, or puts off what waits behind a failure, waits for it, and then sees
# the new deliveries.
HOLD_ACTIVE = "SELECT id FROM webhooks_webhook WHERE active ORDER BY id FOR KEY SHARE"
# Who had begun before, and then waited for another's write of the same row, stands before it in the feed although its
# version is later. So what a batch has of a row brings along the earlier versions that the feed has behind it, and the
# order is that of the entries' ids, which is that of the versions. At most so many writes of a row wait at once:
MOST_WAITING = 100
FAN_OUT = """
WITH batch AS (
    SELECT unnest(%(entries)s) AS id
    UNION
    SELECT earlier.id FROM journal_entry e JOIN journal_entry earlier ON earlier.resource = e.resource
        AND earlier.resource_id = e.resource_id AND earlier.version BETWEEN e.version - %(waiting)s AND e.version - 1
        AND (earlier.transaction, earlier.id) > (e.transaction, e.id)
    WHERE e.id = ANY(%(entries)s)
)
INSERT INTO webhooks_delivery (webhook_id, entry_id, type, resource, resource_id, next_attempt_at)
SELECT w.id, e.id, e.action, e.resource, e.resource_id, coalesce((
    SELECT before.next_attempt_at FROM webhooks_delivery before
    WHERE before.webhook_id = w.id AND before.resource = e.resource AND before.resource_id = e.resource_id
    AND before.state = 'pending' ORDER BY before.id DESC LIMIT 1
), now())
FROM batch JOIN journal_entry e USING (id)
JOIN webhooks_webhook w ON w.id = ANY(%(active)s) AND w.active AND e.transaction >= w.first_transaction
    AND (w.actions = '{}' OR e.action = ANY(w.actions)) AND (w.article IS NULL OR w.article = e.article)
WHERE e.resource <> 'user' ORDER BY e.id, w.id
ON CONFLICT (webhook_id, entry_id) DO NOTHING
"""
DUE = """
SELECT due.id FROM webhooks_webhook w
LEFT JOIN unnest(%s::bigint[], %s::int[]) busy (webhook, number) ON busy.webhook = w.id
CROSS JOIN LATERAL (
    SELECT d.id FROM webhooks_delivery d
    WHERE d.webhook_id = w.id AND d.state = 'pending' AND d.next_attempt_at <= statement_timestamp()
    AND (d.leased_until IS NULL OR d.leased_until <= statement_timestamp())
    AND NOT EXISTS (
        SELECT FROM webhooks_delivery before WHERE before.webhook_id = d.webhook_id AND before.state = 'pending'
        AND before.resource = d.resource AND before.resource_id = d.resource_id AND before.id < d.id
    ) ORDER BY d.next_attempt_at, d.id LIMIT %s - coalesce(busy.number, 0)
) due WHERE w.active
"""
LEASE_DUE = """
UPDATE webhooks_delivery SET leased_until = statement_timestamp() + make_interval(secs => %s) WHERE id IN (
    SELECT id FROM webhooks_delivery WHERE id = ANY(%s) AND state = 'pending'
    AND (leased_until IS NULL OR leased_until <= statement_timestamp()) FOR UPDATE SKIP LOCKED
) RETURNING id
"""
DELIVERED = """
UPDATE webhooks_delivery d SET state = 'delivered', ended_at = now(), leased_until = NULL, failures = 0,
    failing_since = NULL, attempts = d.attempts || jsonb_build_array(sent.attempt)
FROM jsonb_to_recordset(%s::jsonb) AS sent(id bigint, lease timestamptz, attempt jsonb)
WHERE d.id = sent.id AND d.leased_until = sent.lease
"""
BACKLOG = """
SELECT (SELECT count(*) FROM (SELECT FROM webhooks_delivery WHERE state = 'pending' LIMIT %s) waiting),
    (SELECT coalesce(extract(epoch FROM now() - min(eldest.created_at)), 0)::float FROM webhooks_webhook w
        CROSS JOIN LATERAL (SELECT d.created_at FROM webhooks_delivery d WHERE d.webhook_id = w.id
            AND d.state = 'pending' ORDER BY d.id LIMIT 1) eldest)
"""
OLD = """
DELETE FROM webhooks_delivery WHERE id IN (
    SELECT id FROM webhooks_delivery WHERE state <> 'pending' AND ended_at < %s ORDER BY ended_at LIMIT %s
    FOR UPDATE SKIP LOCKED
)
"""


@dataclass(frozen=True)
class Sent:
    """An attempt that has ended. `attempt` is what the log keeps of it."""

    delivery: Delivery
    attempt: dict[str, Any]


def fan_out(entries: Sequence[Entry]) -> int:
    """One delivery for each webhook that wants an entry. Call it in the transaction that moves the cursor."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD_ACTIVE)
        active = [row[0] for row in cursor.fetchall()]
        if not active:
            return 0
        ids = [entry.pk for entry in entries]
        cursor.execute(FAN_OUT, {"active": active, "entries": ids, "waiting": MOST_WAITING})
        return cursor.rowcount


def add_ping(webhook: Webhook) -> Delivery:
    return Delivery.objects.create(webhook=webhook, type=PING, resource=PING, resource_id=0)


def lease_due(busy: Mapping[int, int]) -> list[Delivery]:
    """What this worker sends now. `busy` has the number of those that it is sending, by webhook.

    The first look takes no lock: a write, however small, ends what web processes keep of their reads.
    """
    with connection.cursor() as cursor:
        cursor.execute(DUE, [list(busy), list(busy.values()), AT_ONCE])
        if not (due := [row[0] for row in cursor.fetchall()]):
            return []
        cursor.execute(LEASE_DUE, [LEASE, due])
        leased = [row[0] for row in cursor.fetchall()]
    return list(Delivery.objects.filter(pk__in=leased).select_related("webhook", "entry").order_by("pk"))


def record_delivered(sent: Sequence[Sent]) -> None:
    rows = [{"id": each.delivery.pk, "lease": each.delivery.leased_until, "attempt": each.attempt} for each in sent]
    with connection.cursor() as cursor:
        cursor.execute(DELIVERED, [orjson.dumps(rows).decode()])


@transaction.atomic
def record_failed(sent: Sent, next_attempt_at: datetime) -> None:
    """Also puts off what waits behind it."""
    Webhook.objects.select_for_update().filter(pk=sent.delivery.webhook_id).first()
    held = Delivery.objects.select_for_update().filter(pk=sent.delivery.pk, leased_until=sent.delivery.leased_until)
    if (delivery := held.first()) is None:  # another worker has it, or it is gone
        return
    delivery.leased_until = None
    delivery.failures += 1
    delivery.failing_since = delivery.failing_since or timezone.now()
    delivery.attempts = [*delivery.attempts, sent.attempt][-KEPT_ATTEMPTS:]
    delivery.save(update_fields=["leased_until", "failures", "failing_since", "attempts"])
    pending_like(delivery).update(next_attempt_at=next_attempt_at)


def pending_like(delivery: Delivery) -> QuerySet[Delivery]:
    """All pending ones whose order matters, the delivery among them."""
    return Delivery.objects.filter(
        webhook=delivery.webhook_id,
        resource=delivery.resource,
        resource_id=delivery.resource_id,
        state=Delivery.State.PENDING,
    )


def give_up(webhook: Webhook) -> None:
    """Ends all that is pending. The caller holds the webhook's lock."""
    webhook.deliveries.filter(state=Delivery.State.PENDING).update(
        state=Delivery.State.FAILED, ended_at=timezone.now(), leased_until=None
    )


def hurry(webhook: Webhook) -> None:
    """What was put off is due now: the receiver may be another."""
    waiting = webhook.deliveries.filter(state=Delivery.State.PENDING, next_attempt_at__gt=timezone.now())
    waiting.update(next_attempt_at=timezone.now(), failures=0, failing_since=None)


def backlog() -> tuple[int, float]:
    """How many deliveries are pending, counted up to MAX_COUNTED, and for how many seconds the eldest is."""
    with connection.cursor() as cursor:
        cursor.execute(BACKLOG, [MAX_COUNTED])
        deliveries, seconds = cursor.fetchone()
        return deliveries, seconds


def delete_old() -> int:
    """The oldest that have ended, and how many these were."""
    with connection.cursor() as cursor:
        cursor.execute(OLD, [timezone.now() - KEPT_FOR, MAX_DELETED])
        return cursor.rowcount
