"""Kills web workers and PostgreSQL under load, then proves from the journal that no write was lost or halved.

    python -m tests.faults --seconds 60 --seed 7

A seed repeats what the clients choose, the order of the kills and the time between them. Which request a kill hits
depends on the machine, so a failure may take several runs of its seed.
"""

import argparse
import itertools
import random
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fault_clients import ANSWER_LIMIT, Client, Shared
from tests.journal_proof import Outcome, Write, violations_in
from tests.service import Service, kill, service_of_its_own

WORKERS = 3
CLIENTS = 16
RECOVERY_LIMIT = 30.0  # seconds from a kill until everything runs again, when nothing more is killed; usually 1 or 2

PREPARE = """
from factcheck.journal.models import Entry
call_command("create_token", "alice")
call_command("create_token", "bob")
print(Entry.objects.latest("id").pk)
"""


class Killer:
    """Kills in all ways in random order, then in all ways again, so that even a short run has each of them."""

    def __init__(self, service: Service, seed: int, shared: Shared) -> None:
        self.service = service
        self.random = random.Random(f"{seed}/killer")
        self.shared = shared
        self.moments: list[float] = []
        self.workers_killed = self.servers_killed = self.backends_killed = 0

    def run(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        ways: list[Callable[[], None]] = []
        while time.monotonic() < deadline:
            # Mostly after it works again, however long the machine needs; otherwise while it is still recovering.
            if self.moments and self.random.random() < 0.75:
                self.wait_for_a_write()
            time.sleep(self.random.uniform(0.1, 2.0))
            self.look_after_master()
            ways = ways or self.random.sample(self.all_ways(), len(self.all_ways()))
            ways.pop()()
            self.moments.append(time.monotonic())
        self.wait_for_a_write()
        self.wait_for(self.service.is_whole, "Not all processes were back")

    def wait_for_a_write(self) -> None:
        last_kill = self.moments[-1]
        self.wait_for(lambda: self.shared.acknowledged_at[-1] > last_kill, "No write was acknowledged")

    def wait_for(self, condition: Callable[[], bool], otherwise: str) -> None:
        last_kill = self.moments[-1]
        while not condition():
            if time.monotonic() - last_kill > RECOVERY_LIMIT:
                self.shared.faults.append(f"{otherwise} within {RECOVERY_LIMIT:.0f} s after a kill")
                return
            time.sleep(0.02)

    def all_ways(self) -> list[Callable[[], None]]:
        web = [self.one_worker, self.all_workers, self.whole_web_server]
        return [*web, self.one_backend, self.postmaster, self.all_of_postgres, self.workers_and_postgres]

    def one_worker(self) -> None:
        if workers := self.service.workers():
            self.workers_killed += kill([self.random.choice(workers)])

    def all_workers(self) -> None:
        self.workers_killed += kill(self.service.workers())

    def whole_web_server(self) -> None:
        """The master first, since it would replace its workers. Then start it again, as an init system does."""
        workers = self.service.workers()
        self.service.master.kill()
        self.service.master.wait()
        self.workers_killed += kill(workers)
        kill(self.service.web_processes())
        self.service.start()

    def one_backend(self) -> None:
        """Or a helper, such as the WAL writer: in both cases the server ends all its connections and recovers."""
        others = [pid for pid in self.service.postgres_processes() if pid != self.service.postmaster()]
        if others:
            self.backends_killed += kill([self.random.choice(others)])

    def postmaster(self) -> None:
        if self.service.postmaster() in self.service.postgres_processes():
            self.servers_killed += kill([self.service.postmaster()])

    def all_of_postgres(self) -> None:
        self.servers_killed += bool(kill(self.service.postgres_processes()))

    def workers_and_postgres(self) -> None:
        self.all_of_postgres()
        self.all_workers()

    def look_after_master(self) -> None:
        code = self.service.master.poll()
        if code is not None:
            self.shared.faults.append(f"gunicorn's master ended by itself, with code {code}")
            self.service.start()


@dataclass
class Report:
    seed: int
    seconds: float
    killer: Killer
    writes: list[Write]
    longest_outage: float
    slowest_return: float
    violations: list[str]

    def count(self, outcome: Outcome) -> int:
        return sum(write.outcome is outcome for write in self.writes)

    def __str__(self) -> str:
        killer = self.killer
        figures = {
            "seed": self.seed,
            "seconds": f"{self.seconds:.0f}",
            "acknowledged writes": self.count(Outcome.ACKNOWLEDGED),
            "refused writes": self.count(Outcome.REFUSED),
            "writes of unknown fate": self.count(Outcome.UNKNOWN),
            "kills of workers": killer.workers_killed,
            "kills of PostgreSQL": f"{killer.servers_killed} of the server, {killer.backends_killed} of a backend",
            "longest outage": f"{self.longest_outage:.1f} s",
            "slowest return": f"{self.slowest_return:.1f} s after the last kill of an outage",
            "violations": len(self.violations),
        }
        lines = [f"{name:<24}{value}" for name, value in figures.items()]
        return "\n".join([*lines, *(f"- {violation}" for violation in self.violations[:20])])


def run(seconds: float, seed: int, log_copy: Path | None = None) -> Report:
    with service_of_its_own(log_copy, WORKERS) as service:
        alice, bob, last_entry_before = service.prepare(PREPARE)
        service.start()
        shared = Shared({"alice": alice, "bob": bob}, service.port)
        clients = [Client(number, seed, shared) for number in range(CLIENTS)]
        learn_what_there_is(clients[0])
        for client in clients[:3]:
            client.create_article()
        killer = Killer(service, seed, shared)
        with all_at_work(clients, shared):
            killer.run(seconds)
        writes = [write for client in clients for write in client.writes]
        violations = violations_in(service.data_dir, writes, int(last_entry_before)) + shared.faults
        outages = list(itertools.pairwise(sorted(shared.answered_at)))
        longest = max(end - start for start, end in outages)
        return Report(seed, seconds, killer, writes, longest, slowest_return(outages, killer.moments), violations)


def learn_what_there_is(client: Client) -> None:
    deadline = time.monotonic() + RECOVERY_LIMIT
    while client.read("articles/") is None:
        if time.monotonic() > deadline:
            raise RuntimeError("The service did not start.")
    for name in ("articles", "statements", "disputes", "sources"):
        page = client.read(f"{name}/?page_size=200")
        if page is None:
            raise RuntimeError(f"The list of {name} could not be read.")
        getattr(client.shared, name).extend(row["id"] for row in page.body["results"])


@contextmanager
def all_at_work(clients: list[Client], shared: Shared) -> Iterator[None]:
    threads = [threading.Thread(target=client.run, daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        shared.stopped.set()
        for thread in threads:
            thread.join(ANSWER_LIMIT)


def slowest_return(outages: list[tuple[float, float]], kills: list[float]) -> float:
    """An outage can have several kills, each of which prolonged it. Only the last one counts."""
    last_kills = ((end, max((kill for kill in kills if start < kill < end), default=end)) for start, end in outages)
    return max(end - kill for end, kill in last_kills)


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill web workers and PostgreSQL under load; nothing may be lost.")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--log", type=Path, help="keep a copy of the server's log here")
    chosen = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if chosen.seed is None else chosen.seed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is cleaned up
    sys.stdout.write(f"seed {seed}: killing for {chosen.seconds:.0f} s\n")  # in case the run does not get to its report
    sys.stdout.flush()
    report = run(chosen.seconds, seed, chosen.log)
    sys.stdout.write(f"{report}\n")
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
