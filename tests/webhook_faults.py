"""Kills the workers that send webhooks under load, then proves from what was received that nothing was lost.

    python -m tests.webhook_faults --changes 10000 --kills 10

Two workers send to five receivers. Three answer, one fails at random, one never answers. Every entry must arrive at
each that answers, in the order of its row, and nothing twice but under the same id.
"""

import argparse
import json
import random
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from factcheck.webhooks.signing import signed_headers
from tests.service import ROOT, Service, service_of_its_own
from tests.webhooks.receivers import Received, Receiver, receivers

WORKERS = 2
LIMIT = 900.0  # seconds until all has arrived
# Arguments: the first delay, the lease and the time of an exchange, in seconds.
FOLLOW = """
import sys
from datetime import timedelta
import django
django.setup()
from django.core.management import call_command
from factcheck.webhooks import queue, sender
delay, queue.LEASE, sender.SECONDS = map(float, sys.argv[1:])
sender.FIRST_DELAY, sender.LONGEST_DELAY = timedelta(seconds=delay), timedelta(seconds=8 * delay)
call_command("follow", "webhooks")
"""
SUBSCRIBE = """
from django.contrib.auth.models import User
from factcheck.webhooks.services import create_webhook
for url in {urls}:
    made = create_webhook(actor=User.objects.get(username="alice"), url=url, actions=[], article=None, active=True)
    print(made.secret)
"""
# Arguments: how many changes, and how many rows they are of. Prints what was written, in the order of the journal.
WRITE = """
import json
import random
import sys
from concurrent.futures import ThreadPoolExecutor
import django
django.setup()
from django.contrib.auth.models import User
from django.db import connections
from factcheck.journal.models import Entry
from sources.services import create_source, update_source
changes, rows = map(int, sys.argv[1:])
alice, last = User.objects.get(username="alice"), Entry.objects.latest("id").pk
ids = [create_source(actor=alice, name=f"Source {n}", kind="person").pk for n in range(rows)]
def change(n):
    update_source(source_id=random.choice(ids), versions=None, actor=alice, description=f"Change {n}")
def work(numbers):
    for n in numbers:
        change(n)
    connections.close_all()
with ThreadPoolExecutor(4) as pool:
    list(pool.map(work, [range(begin, changes - rows, 4) for begin in range(4)]))
found = Entry.objects.filter(pk__gt=last).exclude(resource="user").order_by("transaction", "id")
print(json.dumps([[e.pk, e.resource, e.resource_id, e.version] for e in found]))
"""
PENDING = """
from factcheck.webhooks.models import Delivery
print(Delivery.objects.filter(webhook__url="{url}").exclude(state="delivered").count())
"""


@dataclass
class Report:
    seed: int
    changes: int = 0
    kills: int = 0
    seconds: float = 0.0
    received: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    refused: int = 0
    waiting: int = 0
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        figures = {
            "seed": self.seed,
            "changes": self.changes,
            "kills of workers": self.kills,
            "until all had arrived": f"{self.seconds:.0f} s",
            "requests, by receiver": ", ".join(map(str, self.received)),
            "entries that came again": ", ".join(map(str, self.repeated)),
            "refused at random": self.refused,
            "waiting for the one that hangs": self.waiting,
            "violations": len(self.violations),
        }
        lines = [f"{name:<32}{value}" for name, value in figures.items()]
        return "\n".join([*lines, *(f"- {violation}" for violation in self.violations[:20])])


class Workers:
    def __init__(self, service: Service, chance: random.Random, *pace: float) -> None:
        self.service, self.chance, self.pace = service, chance, [str(each) for each in pace]
        self.running = [self.start() for _ in range(WORKERS)]

    def start(self) -> subprocess.Popen[bytes]:
        with self.service.log.open("ab") as log:
            command = [sys.executable, "-c", FOLLOW, *self.pace]
            return subprocess.Popen(command, cwd=ROOT, env=self.service.environment, stdout=log, stderr=log)

    def kill_one(self) -> None:
        killed = self.running.pop(self.chance.randrange(WORKERS))
        killed.kill()
        killed.wait()
        self.running.append(self.start())

    def end(self) -> None:
        for worker in self.running:
            worker.kill()
            worker.wait()


def run(changes: int, kills: int, seed: int, *, rows: int = 100, delay: float = 0.5, lease: float = 15.0,
        exchange: float = 10.0) -> Report:  # fmt: skip
    chance, report = random.Random(seed), Report(seed)
    with service_of_its_own(None, 1, WEBHOOK_ALLOW_PRIVATE="1") as service, receivers(5) as all_receivers:
        *well, hanging = all_receivers
        failing = well[-1]
        failing.answer = lambda received: chance.choice([200, 200, 200, 500, None])
        hanging.answer = lambda received: time.sleep(3 * exchange)
        urls = [receiver.url for receiver in all_receivers]
        keys = service.prepare(SUBSCRIBE.format(urls=urls))
        began = time.monotonic()
        with workers_at_work(service, chance, delay, lease, exchange) as workers:
            written = written_while_killed(service, workers, changes, rows, kills, well, report)
            wait_for_all(written, well, report)
        report.seconds = time.monotonic() - began
        report.changes = len(written)
        report.received = [len(receiver.received) for receiver in all_receivers]
        report.repeated = [sum(n - 1 for n in Counter(receiver.ids).values()) for receiver in well]
        report.refused = len(failing.received) - len(failing.accepted)
        report.waiting = int(service_says(service, PENDING.format(url=hanging.url)))
        for name, (receiver, key) in enumerate(zip(well, keys[:4], strict=True)):
            report.violations += [f"receiver {name}: {each}" for each in violations_in(receiver, key, written)]
        if report.waiting != len(written):
            report.violations.append(f"for the one that hangs, {report.waiting} are waiting")
    return report


@contextmanager
def workers_at_work(service: Service, chance: random.Random, *pace: float) -> Iterator[Workers]:
    workers = Workers(service, chance, *pace)
    try:
        yield workers
    finally:
        workers.end()


def written_while_killed(
    service: Service, workers: Workers, changes: int, rows: int, kills: int, well: list[Receiver], report: Report
) -> list[list[Any]]:
    """The kills come while something is being sent, one for each part of what is to arrive."""
    command = [sys.executable, "-c", WRITE, str(changes), str(rows)]
    with service.log.open("ab") as log:
        writer = subprocess.Popen(command, cwd=ROOT, env=service.environment, stdout=subprocess.PIPE, stderr=log)
    deadline = time.monotonic() + LIMIT
    while report.kills < kills and time.monotonic() < deadline:
        arrived = sum(len(receiver.accepted) for receiver in well)
        if arrived >= (report.kills + 0.5) * len(well) * changes / (kills + 1):
            time.sleep(workers.chance.uniform(0, 0.3))
            workers.kill_one()
            report.kills += 1
        time.sleep(0.01)
    output, _ = writer.communicate()
    return json.loads(output.splitlines()[-1])


def wait_for_all(written: list[list[Any]], well: list[Receiver], report: Report) -> None:
    wanted, deadline = {f"entry-{entry}" for entry, *_ in written}, time.monotonic() + LIMIT
    while any(wanted - {each.id for each in receiver.accepted} for receiver in well):
        if time.monotonic() > deadline:
            report.violations.append(f"not all had arrived after {LIMIT:.0f} s")
            return
        time.sleep(0.5)


def service_says(service: Service, code: str) -> str:
    command = [sys.executable, "-c", f"import django\ndjango.setup()\n{code}"]
    return subprocess.run(
        command, cwd=ROOT, env=service.environment, stdout=subprocess.PIPE, check=True
    ).stdout.decode()


def violations_in(receiver: Receiver, key: str, written: list[list[Any]]) -> list[str]:
    """What was lost, came out of order or unsigned, or came again as if it were another."""
    entries = {f"entry-{entry}": (resource, row, version) for entry, resource, row, version in written}
    accepted = {id(each) for each in receiver.accepted}
    done: dict[tuple[str, int], int] = {}
    found = [f"{name} never arrived" for name in entries.keys() - {each.id for each in receiver.accepted}]
    for each in receiver.received:
        data = each.message["data"]
        if entries.get(each.id) != (*each.resource, data["version"]):
            found.append(f"{each.id} is about {each.resource} {data['version']}")
        if not done.get(each.resource, 0) <= data["version"] <= done.get(each.resource, 0) + 1:
            found.append(f"{each.id} has version {data['version']} after {done.get(each.resource, 0)}")
        if id(each) in accepted:
            done[each.resource] = max(data["version"], done.get(each.resource, 0))
        if not is_signed(each, key):
            found.append(f"{each.id} is not signed")
    return found


def is_signed(received: Received, key: str) -> bool:
    """Judged minutes later, so without the limit of the library on the age of a message."""
    made = signed_headers(received.id, int(received.headers["webhook-timestamp"]), received.body, [key])
    return made["webhook-signature"] == received.headers["webhook-signature"]


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill the workers that send webhooks; nothing may be lost.")
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=None)
    chosen = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if chosen.seed is None else chosen.seed
    report = run(chosen.changes, chosen.kills, seed)
    sys.stdout.write(f"{report}\n")
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
