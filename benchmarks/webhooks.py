"""Measures the webhooks: how many deliveries a second one sender makes to receivers that answer at once.

    python -m benchmarks.webhooks --changes 1000 --receivers 1 5

The sender is `manage.py follow webhooks` as deployed; the receivers are threads of this process, on the same cores.
Everything is written before it starts.
"""

import argparse
import json
import subprocess
import sys
import time
from itertools import pairwise

from benchmarks.report import markdown, write_readme
from tests.service import ROOT, Service, service_of_its_own
from tests.webhook_faults import SUBSCRIBE, WRITE, service_says
from tests.webhooks.receivers import Receiver, receivers

ROWS = 100  # that the changes are of; the deliveries about one row keep their order
LIMIT = 300.0  # seconds until all has arrived
FOLLOW = [sys.executable, "manage.py", "follow", "webhooks"]


def measure(numbers: list[int], changes: int) -> list[list[str]]:
    """One after the other, the fewest first: those of the last remain subscribed."""
    with service_of_its_own(None, 1, WEBHOOK_ALLOW_PRIVATE="1") as service, receivers(max(numbers)) as all_receivers:
        service.prepare("")
        rows = []
        for before, number in pairwise([0, *sorted(set(numbers))]):
            service_says(service, SUBSCRIBE.format(urls=[one.url for one in all_receivers[before:number]]))
            rows.append(_deliveries(service, all_receivers[:number], changes))
    return rows


def _deliveries(service: Service, subscribed: list[Receiver], changes: int) -> list[str]:
    begin = [len(receiver.accepted) for receiver in subscribed]
    wanted = sum(begin) + _written(service, changes) * len(subscribed)
    with service.log.open("ab") as log:
        sender = subprocess.Popen(FOLLOW, cwd=ROOT, env=service.environment, stdout=log, stderr=log)
    try:
        _wait(subscribed, wanted)
    finally:
        sender.terminate()
        sender.wait()
    arrived = [each.at for receiver, count in zip(subscribed, begin, strict=True) for each in receiver.accepted[count:]]
    seconds = max(arrived) - min(arrived)
    return [str(len(subscribed)), f"{len(arrived):,}", f"{seconds:.1f}", f"{(len(arrived) - 1) / seconds:,.0f}"]


def _written(service: Service, changes: int) -> int:
    """How many entries."""
    command = [sys.executable, "-c", WRITE, str(changes), str(ROWS)]
    done = subprocess.run(command, cwd=ROOT, env=service.environment, stdout=subprocess.PIPE, check=True)
    return len(json.loads(done.stdout.splitlines()[-1]))


def _wait(all_receivers: list[Receiver], wanted: int) -> None:
    deadline = time.monotonic() + LIMIT
    while (arrived := sum(len(receiver.accepted) for receiver in all_receivers)) < wanted:
        if time.monotonic() > deadline:
            raise RuntimeError(f"After {LIMIT:.0f} s {arrived} of {wanted} deliveries have arrived.")
        time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the webhooks.")
    parser.add_argument("--receivers", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--changes", type=int, default=1000)
    chosen = parser.parse_args()
    head = ["receivers", "deliveries", "s from the first to the last", "deliveries/s"]
    text = markdown([head, *measure(chosen.receivers, chosen.changes)])
    print(text)
    write_readme("webhooks", text)


if __name__ == "__main__":
    main()
