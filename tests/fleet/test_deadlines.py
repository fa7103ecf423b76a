"""A database that hangs holds no thread that public reads need, and nothing acknowledged is lost."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from factcheck.postgres.embedded.place import DATABASE
from factcheck.postgres.embedded.server import server_processes
from tests.fleet.fleet import APP, Fleet, ask, wait_until
from tests.fleet.load import Load

pytestmark = pytest.mark.server
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


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
    fleet.start_web(instances=2, workers=1, REQUEST_DEADLINE="3")
    ports = [service.port for service in fleet.web]
    with PublicReaders(ports) as public, fleet.load(ports[0], readers=1, writers=6) as load:
        load.wait_for(100)
        with frozen(server_processes(fleet.primary.cluster)):
            time.sleep(5)
            frozen_until, began = len(public.answers), time.monotonic()
            status, headers, body = ask(ports[1], "/api/v1/articles/")
            assert (status, headers["Retry-After"]) == (503, "2")
            assert json.loads(body)["detail"].startswith("The database does not answer; try again in a moment.")
            assert time.monotonic() - began < 0.5
        goes_on(public, load)
    assert {status for _, status, _ in public.answers[frozen_until - 50 : frozen_until]} == {503}
    assert_nobody_waited(public)
    assert (load.faults, load.lost_or_doubled(fleet.primary)) == ([], [])


def test_a_stopped_synchronous_standby_holds_back_writes_and_no_read(fleet):
    synchronous(fleet)
    fleet.start_web(instances=2, workers=1, REQUEST_DEADLINE="3")
    ports = [service.port for service in fleet.web]
    with PublicReaders(ports) as public, fleet.load(ports[0], readers=1, writers=8) as load:
        load.wait_for(100)
        fleet.standby.stop("immediate")
        time.sleep(2)
        acknowledged = len(load.acknowledged)
        time.sleep(4)
        refused, began = new_source(fleet, ports[0]), time.monotonic()
        assert refused == (503, "Writes wait for the database; try again in a moment. Nothing was written.")
        assert time.monotonic() - began < 0.5
        assert len(load.acknowledged) == acknowledged
        assert 1 <= int(fleet.primary.sql(WAITING)) <= 3  # for ever, also when the request is over: so there are few
        fleet.standby.start()
        goes_on(public, load)
    assert {status for _, status, _ in public.answers} == {200}
    assert_nobody_waited(public)
    assert (load.faults, load.lost_or_doubled(fleet.primary), load.lost_or_doubled(fleet.standby)) == ([], [], [])


def test_a_promoted_standby_takes_over_without_a_restart_of_the_service(fleet):
    synchronous(fleet)
    hosts = ",".join(quote(str(server.cluster.sockets), safe="") for server in (fleet.primary, fleet.standby))
    url = f"postgres://{APP}@{hosts}/{DATABASE}?target_session_attrs=read-write"
    fleet.start_web(instances=2, workers=1, DATABASE_URL=url)
    ports = [service.port for service in fleet.web]
    with PublicReaders(ports) as public, fleet.load(ports[0], readers=1, writers=4) as load:
        load.wait_for(100)
        with frozen(server_processes(fleet.primary.cluster)):  # never to be heard of again
            time.sleep(2)
            fleet.standby.sql("SELECT pg_promote()")
            goes_on(public, load)
    assert_nobody_waited(public)
    assert (load.faults, load.lost_or_doubled(fleet.standby)) == ([], [])


def new_source(fleet: Fleet, port: int) -> tuple[int, str]:
    status, _, body = ask(port, "/api/v1/sources/", "POST", {"name": "Ann", "kind": "person"},
                          Authorization=f"Bearer {fleet.tokens['alice']}")  # fmt: skip
    return status, json.loads(body).get("detail", "")


def goes_on(public: PublicReaders, load: Load) -> None:
    before = len(load.acknowledged)
    wait_until(lambda: len(load.acknowledged) > before + 50, 30)
    wait_until(lambda: {status for at, status, _ in public.answers if at > time.monotonic() - 1} == {200}, 30)


def assert_nobody_waited(public: PublicReaders) -> None:
    slowest = max(took for _, _, took in public.answers)
    assert slowest < 2, f"slowest of {len(public.answers)} public reads: {slowest:.2f} s"
    assert (public.without_retry, {status for _, status, _ in public.answers} <= {200, 503}) == (0, True)
    assert {(status, took < 2) for _, status, took in public.lives} == {(200, True)}
