"""Kills web workers and PostgreSQL under load, then proves from the journal that no write was lost or halved.

    python -m tests.faults --seconds 60 --seed 7

A seed repeats what the clients choose, and which kill follows which after how long. Which request a kill meets is
up to the machine, so a failure may take several runs of its seed.
"""

import argparse
import itertools
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from factcheck import embedded_postgres
from tests.fault_clients import ANSWER_LIMIT, Client, Shared
from tests.journal_proof import Outcome, Write, violations_in

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 3
CLIENTS = 16
RECOVERY_LIMIT = 30.0  # seconds from a kill until all is back, when nothing more is killed; usually 1 or 2

PREPARE = """
import sys
import django
django.setup()
from django.core.management import call_command
from factcheck.journal.models import Entry
call_command("migrate", verbosity=0)
call_command("demo", stdout=sys.stderr)
call_command("import_annotations", *sys.argv[1:])
call_command("create_token", "alice")
call_command("create_token", "bob")
print(Entry.objects.latest("id").pk)
"""


class Service:
    """The server as it is deployed and its PostgreSQL, in a folder that no other run shares."""

    def __init__(self, home: Path) -> None:
        self.data_dir = home / "data"
        self.log = home / "server.log"
        self.port = free_port()
        self.masters: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            "DATABASE_URL": "",
            "DATA_DIR": str(self.data_dir),
            "DJANGO_SETTINGS_MODULE": "factcheck.settings",
            "DEBUG": "0",
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ALLOWED_HOSTS": "127.0.0.1",
            "WEB_CONCURRENCY": str(WORKERS),
            "THROTTLE_USER": "1000000/sec",
        }

    @property
    def cluster(self) -> embedded_postgres.Cluster:
        return embedded_postgres.locate(self.data_dir)

    @property
    def master(self) -> subprocess.Popen[bytes]:
        return self.masters[-1]

    def prepare(self) -> tuple[dict[str, str], int]:
        """Migrate, make the demo users and load the seeds. Gives tokens by user, and the last entry of all this."""
        seeds = map(str, sorted((ROOT / "seeds").glob("*.json")))
        command = [sys.executable, "-c", PREPARE, *seeds]
        with self.log.open("ab") as log:
            done = subprocess.run(command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=log)
        if done.returncode:
            raise RuntimeError(f"The demo could not be loaded:\n{self.log.read_text()}")
        alice, bob, last_entry = done.stdout.decode().split()
        return {"alice": alice, "bob": bob}, int(last_entry)

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"]
        command += ["--bind", f"127.0.0.1:{self.port}", "--error-logfile", str(self.log), "factcheck.wsgi"]
        with self.log.open("ab") as log:
            self.masters.append(
                subprocess.Popen(
                    command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
                )
            )

    def web_processes(self) -> list[int]:
        """The master and its workers: they share a command line, which names our own log file."""
        return processes_with(f"{self.log} factcheck.wsgi")

    def workers(self) -> list[int]:
        return [pid for pid in self.web_processes() if pid != self.master.pid]

    def postmaster(self) -> int:
        return embedded_postgres._postmaster(self.cluster)[0]

    def postgres_processes(self) -> list[int]:
        return embedded_postgres._server_processes(self.cluster)

    def is_whole(self) -> bool:
        return len(self.workers()) == WORKERS and self.postmaster() in self.postgres_processes()

    def end(self) -> None:
        kill(self.web_processes())
        for master in self.masters:
            with suppress(ProcessLookupError):  # also the pg_ctl or psql that a worker was just running
                os.killpg(master.pid, signal.SIGKILL)
            master.wait()
        kill(processes_with(f"initdb --pgdata {self.cluster.home}/"))
        embedded_postgres.stop(self.data_dir)
        # The reaper would end by itself some seconds later, but then its folder is gone.
        kill(processes_with(f" reap {self.cluster.home} "))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processes_with(words: str) -> list[int]:
    return [pid for pid, command in embedded_postgres._command_lines(None) if words in command]


def kill(pids: list[int]) -> int:
    killed = 0
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    return killed


@contextmanager
def service_of_its_own(log_copy: Path | None) -> Iterator[Service]:
    """In /tmp and open to all, since root's PostgreSQL runs as somebody else (see embedded_postgres)."""
    home = Path(tempfile.mkdtemp(prefix="factcheck-faults-", dir="/tmp"))
    home.chmod(0o755)
    service = Service(home)
    try:
        yield service
    finally:
        try:
            service.end()
        finally:
            if log_copy and service.log.exists():
                shutil.copy(service.log, log_copy)
            shutil.rmtree(home)


class Killer:
    """Goes through all its ways in random order, then again, so that a short run has met them all."""

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
            # Mostly once it works again, whatever the machine needs for that; else while it is still recovering.
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
        """The master first, or it would replace its workers. An init system would start it again; here we do."""
        workers = self.service.workers()
        self.service.master.kill()
        self.service.master.wait()
        self.workers_killed += kill(workers)
        kill(self.service.web_processes())
        self.service.start()

    def one_backend(self) -> None:
        """Or a helper, such as the WAL writer: either way the server throws out all its clients and recovers."""
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
    with service_of_its_own(log_copy) as service:
        tokens, last_entry_before = service.prepare()
        service.start()
        shared = Shared(tokens, service.port)
        clients = [Client(number, seed, shared) for number in range(CLIENTS)]
        learn_what_there_is(clients[0])
        for client in clients[:3]:
            client.create_article()
        killer = Killer(service, seed, shared)
        with all_at_work(clients, shared):
            killer.run(seconds)
        writes = [write for client in clients for write in client.writes]
        violations = violations_in(service.data_dir, writes, last_entry_before) + shared.faults
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
    """An outage may have seen several kills, each of which prolonged it: only the last one counts."""
    last_kills = ((end, max((kill for kill in kills if start < kill < end), default=end)) for start, end in outages)
    return max(end - kill for end, kill in last_kills)


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill web workers and PostgreSQL under load; nothing may be lost.")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--log", type=Path, help="keep a copy of the server's log here")
    chosen = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if chosen.seed is None else chosen.seed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is cleaned up then, too
    sys.stdout.write(f"seed {seed}: killing for {chosen.seconds:.0f} s\n")  # for a run that never gets to its report
    sys.stdout.flush()
    report = run(chosen.seconds, seed, chosen.log)
    sys.stdout.write(f"{report}\n")
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
