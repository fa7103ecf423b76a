"""A database that hangs holds no thread that public reads need, and nothing acknowledged is lost."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from factcheck.postgres.embedded.place import DATABASE
from factcheck.postgres.embedded.server import server_processes
from tests.fleet.fleet import APP, Fleet, ask, wait_until

pytestmark = pytest.mark.server


class PublicReaders:
    """Anonymous reads and /livez/ at each instance, without a cache between: every answer with its time."""

    def __init__(self, ports: list[int], each: int = 2) -> None:
        self.answers: list[tuple[float, int, float]] = []  # when it was answered, its status, after how many seconds
        self.lives: list[tuple[float, int, float]] = []
        self.without_retry = 0
        page = urlsplit(ask(ports[0], "/articles/1/")[1]["Location"]).path
        self.addresses = (page, "/api/v1/articles/1/", "/api/v1/statements/?page_size=5")
        self.stopped = Event()
        self.threads = [Thread(target=self._read, args=(port, n), daemon=True) for port in ports for n in range(each)]
        self.threads += [Thread(target=self._live, args=(port,), daemon=True) for port in ports]

    def __enter__(self) -> "PublicReaders":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(70)

    def _read(self, port: int, number: int) -> None:
        while not self.stopped.is_set():
            number += 1
            began = time.monotonic()
            status, headers, _ = ask(port, self.addresses[number % 3])
            self.without_retry += status == 503 and "Retry-After" not in headers
            self.answers.append((time.monotonic(), status, time.monotonic() - began))
            time.sleep(0.02)

    def _live(self, port: int) -> None:
        while not self.stopped.wait(0.1):
            began = time.monotonic()
            status, _, _ = ask(port, "/livez/")
            self.lives.append((time.monotonic(), status, time.monotonic() - began))

    def since(self, began: float) -> dict[int, int]:
        return dict(Counter(status for at, status, _ in self.answers if at > began))

    @property
    def slowest(self) -> float:
        return max(took for _, _, took in self.answers)


@contextmanager
def frozen(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def synchronous(fleet: Fleet) -> None:
    """From now on the primary acknowledges nothing that the standby has not."""
    assert fleet.standby.sql("SELECT pg_is_in_recovery()") == "t"
    fleet.primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
    fleet.primary.sql("SELECT pg_reload_conf()")


def test_a_frozen_primary_is_told_in_time_and_all_goes_on_when_it_thaws(fleet):
    fleet.start_web(instances=2, workers=1, REQUEST_DEADLINE="6")
    ports = [service.port for service in fleet.web]
    with PublicReaders(ports) as public, fleet.load(ports[0], readers=1, writers=4) as load:
        load.wait_for(100)
        began = time.monotonic()
        with frozen(server_processes(fleet.primary.cluster)):
            time.sleep(8)
            asked = time.monotonic()
            status, headers, body = ask(ports[1], "/api/v1/articles/")
            took = time.monotonic() - asked
        thawed = time.monotonic()
        before = len(load.acknowledged)
        wait_until(lambda: len(load.acknowledged) > before + 20)
        back = time.monotonic() - thawed
        time.sleep(1)
    print("slowest", public.slowest, "livez", max(x[2] for x in public.lives), "frozen", {s for a, s, _ in public.answers if began + 1 < a < thawed},
          public.since(0), "back", back, load.answers, len(load.acknowledged), status, took)
    print("last bad", max([a - thawed for a, s, _ in public.answers if s != 200], default=None))
    for s in fleet.web:
        print(s.log.read_text()[-3000:])
    assert public.slowest < 2
    assert max(took for _, _, took in public.lives) < 2
    assert {status for _, status, _ in public.lives} == {200}
    assert (status, headers["Retry-After"], took < 0.5) == (503, "2", True)
    assert public.without_retry == 0
    assert (load.faults, load.lost_or_doubled(fleet.primary)) == ([], [])


def test_a_stopped_synchronous_standby_holds_writes_and_no_read(fleet):
    synchronous(fleet)
    fleet.start_web(instances=2, workers=1, REQUEST_DEADLINE="4")
    ports = [service.port for service in fleet.web]
    with PublicReaders(ports) as public, fleet.load(ports[0], readers=1, writers=8) as load:
        load.wait_for(100)
        before = fleet.primary.sql("SELECT count(*) FROM journal_entry")
        fleet.standby.stop("immediate")
        began = time.monotonic()
        time.sleep(10)
        waiting = fleet.primary.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        acknowledged = len(load.acknowledged)
        fleet.standby.start()
        started = time.monotonic()
        wait_until(lambda: len(load.acknowledged) > acknowledged + 20)
        back = time.monotonic() - started
        time.sleep(1)
    print("slowest", public.slowest, "livez", max(x[2] for x in public.lives), public.since(0), "back", back, load.answers, len(load.acknowledged), "waiting", waiting, before)
    for s in fleet.web:
        print(s.log.read_text()[-3000:])
    assert public.slowest < 2
    assert public.since(0).keys() == {200}
    assert {status for _, status, _ in public.lives} == {200}
    assert (load.faults, load.lost_or_doubled(fleet.primary)) == ([], [])


def test_when_the_standby_is_promoted_the_service_writes_there_without_a_restart(fleet):
    hosts = ",".join(quote(str(server.cluster.sockets), safe="") for server in (fleet.primary, fleet.standby))
    synchronous(fleet)
    url = f"postgres://{APP}@{hosts}/{DATABASE}?target_session_attrs=read-write"
    fleet.start_web(instances=2, workers=1, REQUEST_DEADLINE="6", DATABASE_URL=url)
    ports = [service.port for service in fleet.web]
    with PublicReaders(ports) as public, fleet.load(ports[0], readers=1, writers=4) as load:
        load.wait_for(100)
        with frozen(server_processes(fleet.primary.cluster)):  # never to be heard of again
            time.sleep(3)
            fleet.standby.sql("SELECT pg_promote()")
            promoted = time.monotonic()
            before = len(load.acknowledged)
            wait_until(lambda: len(load.acknowledged) > before + 100)
            back = time.monotonic() - promoted
            wait_until(lambda: public.since(time.monotonic() - 2).keys() == {200})
            again = time.monotonic() - promoted
            time.sleep(2)
    print("slowest", public.slowest, "livez", max(x[2] for x in public.lives), public.since(0), "back", back, again, load.answers, len(load.acknowledged))
    for s in fleet.web:
        print(s.log.read_text()[-3000:])
    assert public.slowest < 2
    assert (load.faults, load.lost_or_doubled(fleet.standby)) == ([], [])
