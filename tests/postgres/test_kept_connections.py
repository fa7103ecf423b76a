"""A worker's threads keep their connections from one request to the next: what happens when that goes wrong."""

import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from django.db import connection

from factcheck.postgres import embedded
from tests.service import Service, service_of_its_own

OTHERS = """
SELECT {what} FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND datname = current_database()
"""


def running(**settings: str) -> Iterator[Service]:
    with service_of_its_own(None, 1, PUBLIC_READ="1", DEBUG="1", **settings) as service:
        service.prepare("")
        service.start()
        while not service.serves():
            assert service.master.poll() is None, service.log.read_text()
            time.sleep(0.05)
        yield service


@pytest.fixture(scope="module")
def roomy() -> Iterator[Service]:
    yield from running()


@pytest.fixture(scope="module")
def tight() -> Iterator[Service]:
    yield from running(DATABASE_POOL_SIZE="2")


def status_of(service: Service) -> int:
    address = f"http://127.0.0.1:{service.port}/api/v1/statements/"
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.status


def ask_at_once(service: Service, times: int) -> list[int]:
    with ThreadPoolExecutor(8) as callers:
        return list(callers.map(status_of, [service] * times))


def of_the_server(service: Service, what: str) -> list[int]:
    settings = embedded.connection_settings(service.data_dir)
    with psycopg.connect(
        host=settings["HOST"], port=settings["PORT"], user=settings["USER"], dbname=settings["NAME"]
    ) as connection:
        return [value for (value,) in connection.execute(OTHERS.format(what=what))]


@pytest.mark.server
def test_a_thread_whose_connection_the_server_ended_answers_its_next_request(roomy):
    assert ask_at_once(roomy, 40) == [200] * 40
    before = of_the_server(roomy, "pid")
    of_the_server(roomy, "pg_terminate_backend(pid, 5000)")  # false where the pool has closed it meanwhile
    assert ask_at_once(roomy, 40) == [200] * 40
    assert not set(before) & set(of_the_server(roomy, "pid"))


@pytest.mark.server
def test_fewer_connections_than_threads_are_handed_round(tight):
    began = time.monotonic()
    assert ask_at_once(tight, 40) == [200] * 40
    assert time.monotonic() - began < 8  # the wait for a connection that is never returned takes ten seconds
    assert len(of_the_server(tight, "pid")) <= 2


@pytest.mark.django_db(transaction=True)
def test_when_the_server_has_ended_all_connections_of_the_pool_the_next_one_is_had_at_once():
    together = Barrier(8)

    def lend():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            together.wait(20)
        finally:
            connection.close()

    connection.close()
    with ThreadPoolExecutor(8) as threads:
        for lent in [threads.submit(lend) for _ in range(8)]:
            lent.result()
    parameters = {**connection.get_connection_params(), "autocommit": True}
    with psycopg.connect(**parameters) as other:
        ended = other.execute(OTHERS.format(what="pg_terminate_backend(pid, 5000)")).fetchall()
    assert len(ended) == 8
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert time.monotonic() - began < 5  # the pool's own check waits longer and longer: 10 seconds were not enough
