"""What the queue reads when a hundred thousand deliveries wait for fifty webhooks."""

import pytest
from django.db import connection

from factcheck.journal.models import Entry
from factcheck.webhooks import queue
from factcheck.webhooks.models import Delivery, Webhook
from tests.plans import in_words, plan_of, read_whole, rows_read

pytestmark = pytest.mark.django_db

WEBHOOKS, WAITING = 50, 2_000  # for each
FILL = """
INSERT INTO webhooks_delivery (webhook_id, entry_id, type, resource, resource_id, next_attempt_at)
SELECT w.id, -n, 'statement.updated', 'statement', n %% 500, now() + %s * interval '1 hour'
FROM webhooks_webhook w, generate_series(1, %s) n ORDER BY n
"""
DELIVERIES = {"webhooks_delivery": WEBHOOKS * WAITING}


@pytest.fixture
def webhooks(alice, subscribe):
    """Made at once, with what PostgreSQL knows of the empty tables by then."""
    return [subscribe(f"https://front.example/{n}") for n in range(WEBHOOKS)]


def fill(hours):
    with connection.cursor() as cursor:
        cursor.execute(FILL, [hours, WAITING])
        cursor.execute("ANALYZE webhooks_delivery, webhooks_webhook")


def assert_little_is_read(plan, most):
    assert rows_read(plan) <= most, in_words(plan)
    assert not read_whole(plan, DELIVERIES, 1_000), in_words(plan)


def test_what_is_due_is_found_by_an_index_and_the_rest_is_not_looked_at(webhooks):
    fill(hours=-1)
    plan = plan_of(queue.DUE, [[], [], queue.AT_ONCE])
    assert plan["Actual Rows"] == WEBHOOKS * queue.AT_ONCE
    assert "delivery_due" in in_words(plan)
    assert_little_is_read(plan, 20 * WEBHOOKS * queue.AT_ONCE)
    busy = [webhook.pk for webhook in webhooks]
    assert_little_is_read(plan_of(queue.DUE, [busy, [queue.AT_ONCE] * WEBHOOKS, queue.AT_ONCE]), 5 * WEBHOOKS)


def test_what_was_put_off_is_not_looked_at_until_its_time(webhooks):
    fill(hours=1)
    plan = plan_of(queue.DUE, [[], [], queue.AT_ONCE])
    assert plan["Actual Rows"] == 0
    assert_little_is_read(plan, 5 * WEBHOOKS)


def test_a_failure_puts_off_only_what_waits_behind_it(webhooks):
    fill(hours=-1)
    [delivery, *_] = queue.lease_due({})
    queue.record_failed(
        queue.Sent(delivery, {"at": "now"}), delivery.next_attempt_at.replace(year=delivery.created_at.year + 1)
    )
    put_off = Delivery.objects.filter(next_attempt_at__year=delivery.created_at.year + 1)
    assert set(put_off.values_list("webhook", "resource_id")) == {(delivery.webhook_id, delivery.resource_id)}
    assert put_off.count() == WAITING // 500


def test_the_fan_out_reads_its_entries_and_for_each_the_last_one_that_waits(alice, article, webhooks):
    fill(hours=-1)
    Webhook.objects.update(first_transaction=0)
    entries = list(Entry.objects.exclude(resource="user"))
    ids = {"active": [webhook.pk for webhook in webhooks], "entries": [entry.pk for entry in entries]}
    plan = plan_of(queue.FAN_OUT, {**ids, "waiting": queue.MOST_WAITING})
    assert Delivery.objects.count() == WEBHOOKS * (WAITING + len(entries))
    assert_little_is_read(plan, 20 * WEBHOOKS * len(entries))
