"""Several workers, and one that is killed at the worst moment."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from factcheck.journal.models import Entry
from factcheck.webhooks import queue
from factcheck.webhooks.models import Delivery
from sources.services import create_source
from tests.service import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


WORKER = """
import sys
from django.conf import settings
from factcheck.startup import run_command
settings.DATABASES["default"]["NAME"] = sys.argv[1]
run_command(["manage.py", "follow", "webhooks"])
"""


@pytest.fixture
def start_worker():
    started = []

    def start():
        command = [sys.executable, "-c", WORKER, connection.settings_dict["NAME"]]
        environment = {**os.environ, "WEBHOOK_ALLOW_PRIVATE": "1"}
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.wait()


def test_one_that_is_killed_between_the_answer_and_its_record_leaves_it_to_another_under_the_same_id(
    alice, receiver, subscribe, start_worker
):
    subscribe(receiver)
    source = create_source(actor=alice, name="A", kind="person")
    worker = start_worker()

    def kill_and_accept(received):
        worker.kill()
        worker.wait()
        return 200

    receiver.answer = kill_and_accept
    assert worker.wait(60) == -9
    [delivery] = Delivery.objects.all()
    assert (delivery.state, delivery.attempts) == ("pending", [])
    assert delivery.leased_until > timezone.now()
    call_command("follow", "webhooks", once=True)
    assert len(receiver.received) == 1  # another might still have it
    Delivery.objects.update(leased_until=timezone.now())
    receiver.answer = lambda received: 200
    call_command("follow", "webhooks", once=True)
    first, second = receiver.received
    assert (first.id, first.resource, first.message) == (second.id, ("source", source.pk), second.message)
    assert Delivery.objects.get().state == "delivered"


def test_two_that_look_at_the_same_moment_never_take_the_same(alice, receiver, other, subscribe):
    subscribe(receiver)
    subscribe(other)
    for n in range(20):
        create_source(actor=alice, name=str(n), kind="person")
    queue.fan_out(list(Entry.objects.filter(resource="source")))
    taken, at_once = [], Barrier(2)

    def take(_):
        try:
            for _ in range(10):
                at_once.wait(10)
                found = queue.lease_due({})
                taken.extend(delivery.pk for delivery in found)
                queue.record_delivered([queue.Sent(delivery, {"at": "now"}) for delivery in found])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(take, range(2)))
    assert len(taken) == len(set(taken)) == 40
    assert not Delivery.objects.exclude(state="delivered").exists()


def test_a_worker_that_is_to_end_lets_arrive_what_is_on_its_way(alice, receiver, subscribe, start_worker):
    subscribe(receiver)
    create_source(actor=alice, name="A", kind="person")
    worker = start_worker()

    def end_and_accept(received):
        worker.terminate()
        return 200

    receiver.answer = end_and_accept
    assert worker.wait(60) == 0
    assert Delivery.objects.get().state == "delivered"
