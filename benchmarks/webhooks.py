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

from benchmarks.report import markdown, write_readme
from tests.service import ROOT, Service, service_of_its_own
from tests.webhook_faults import SUBSCRIBE, WRITE
from tests.webhooks.receivers import Receiver, receivers

ROWS = 100  # that the changes are of; the deliveries about one row keep their order
LIMIT = 300.0  # seconds until all has arrived
FOLLOW = [sys.executable, "manage.py", "follow", "webhooks"]


def measure(number: int, changes: int) -> list[str]:
    with service_of_its_own(None, 1, WEBHOOK_ALLOW_PRIVATE="1") as service, receivers(number) as all_receivers:
        service.prepare(SUBSCRIBE.format(urls=[receiver.url for receiver in all_receivers]))
        wanted = len(_written(service, changes)) * number
        with service.log.open("ab") as log:
            sender = subprocess.Popen(FOLLOW, cwd=ROOT, env=service.environment, stdout=log, stderr=log)
        try:
            _wait(all_receivers, wanted)
        finally:
            sender.terminate()
            sender.wait()
        times = sorted(each.at for receiver in all_receivers for each in receiver.accepted)
    seconds = times[-1] - times[0]
    return [str(number), f"{len(times):,}", f"{seconds:.1f}", f"{(len(times) - 1) / seconds:,.0f}"]


def _written(service: Service, changes: int) -> list[object]:
    command = [sys.executable, "-c", WRITE, str(changes), str(ROWS)]
    done = subprocess.run(command, cwd=ROOT, env=service.environment, stdout=subprocess.PIPE, check=True)
    entries: list[object] = json.loads(done.stdout.splitlines()[-1])
    return entries


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
    text = markdown([head, *(measure(number, chosen.changes) for number in chosen.receivers)])
    print(text)
    write_readme("webhooks", text)


if __name__ == "__main__":
    main()
