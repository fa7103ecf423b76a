"""Restarts, reloads and recycled workers under load: no request fails, and no write is lost or done twice."""

import http.client
import json
import signal
import time
from collections import Counter
from threading import Event, Thread

import pytest

from tests.fleet.fleet import ask, ready, wait_until
from tests.listening import CHANGES, Listening

pytestmark = pytest.mark.server
REQUESTS = 2_000


def assert_nothing_failed(load, fleet):
    assert load.answers.total() >= REQUESTS
    assert (load.failed, load.faults) == ({}, [])
    assert len(load.acknowledged) >= 50
    assert load.lost_or_doubled(fleet.primary) == []


def test_every_part_serves(fleet):
    fleet.start_web()
    fleet.start_stream()
    fleet.start_follower()
    port = fleet.start_nginx()
    listener = Listening(port, CHANGES)
    with fleet.load() as load:
        load.wait_for(300)
    sealed, seen = "SELECT count(*) FROM journal_leaf", "SELECT count(*) FROM journal_entry"
    wait_until(lambda: fleet.primary.sql(sealed) == fleet.primary.sql(seen) == fleet.standby.sql(sealed))
    listener.close()
    assert (load.failed, load.faults, load.lost_or_doubled(fleet.primary)) == ({}, [], [])


def restart(service):
    """Returns what /readyz/ and a read were answered meanwhile; 0 is no answer."""
    seen = Counter()
    service.master.terminate()
    while service.master.poll() is None:
        seen[ask(service.port, "/readyz/")[0], ask(service.port, "/livez/")[0]] += 1
        time.sleep(0.1)
    assert service.master.returncode == 0
    service.start()
    wait_until(lambda: ready(service))
    return seen


def test_no_request_fails_while_the_instances_are_restarted_one_after_the_other(fleet):
    fleet.start_web(DRAIN_SECONDS="1")
    fleet.start_nginx()
    with fleet.load() as load:
        load.wait_for(200)
        for service in fleet.web:
            assert restart(service)[503, 200] >= 3
        load.wait_for(REQUESTS)
    assert_nothing_failed(load, fleet)


def test_a_server_that_drains_says_so_and_a_second_sigterm_shortens_it(fleet):
    fleet.start_web(1, DRAIN_SECONDS="30")
    stream = fleet.start_stream(DRAIN_SECONDS="30")
    listener = Listening(stream.stream_port, CHANGES)
    for port, process in ((fleet.web[0].port, fleet.web[0].master), (stream.stream_port, stream.streams)):
        process.terminate()
        wait_until(lambda port=port: ask(port, "/readyz/")[0] == 503, seconds=5)
        status, headers, body = ask(port, "/readyz/")
        assert (status, headers["Content-Type"]) == (503, "application/problem+json")
        assert json.loads(body) == {
            "type": "urn:factcheck:problem:service-unavailable", "title": "Service Unavailable", "status": 503,
            "detail": "The server is about to stop.",
        }  # fmt: skip
        assert ask(port, "/api/v1/articles/1/")[0] == 200
        while not listener.blocks.empty():
            assert listener.block() is not None  # it has not ended
        process.terminate()
        process.wait(10)
        assert ask(port, "/livez/")[0] == 0
    while listener.block() is not None:  # until its end
        pass


def test_an_instance_that_stops_answers_or_refuses_each_new_connection_and_breaks_none(fleet):
    fleet.start_web(1)
    (service,) = fleet.web
    seen, stopped = Counter(), Event()

    def post():
        while not stopped.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
            try:
                connection.connect()
            except ConnectionRefusedError:
                seen["refused"] += 1
                time.sleep(0.05)
                continue
            try:
                connection.request("POST", "/api/v1/sources/", "{}", {"X-Forwarded-Proto": "https"})
                seen[connection.getresponse().status] += 1
            except (OSError, http.client.HTTPException) as error:
                seen[type(error).__name__] += 1
            connection.close()

    clients = [Thread(target=post) for _ in range(12)]
    for client in clients:
        client.start()
    wait_until(lambda: seen[401] > 100)
    service.master.terminate()
    service.master.wait()
    time.sleep(1.5)  # what the filter dropped is sent again
    stopped.set()
    for client in clients:
        client.join()
    assert set(seen) == {401, "refused"}, seen


def test_no_request_fails_while_an_instance_is_reloaded(fleet):
    fleet.start_web(1)
    fleet.start_nginx()
    (service,) = fleet.web
    with fleet.load() as load:
        for nth in range(3):
            load.wait_for(nth * 600 + 200)
            old = set(service.workers())
            service.master.send_signal(signal.SIGHUP)
            wait_until(lambda old=old: not old & set(service.workers()))
        load.wait_for(REQUESTS)
    assert_nothing_failed(load, fleet)


def test_no_request_fails_while_workers_are_replaced_after_so_many_requests(fleet):
    fleet.start_web(1, options=("--max-requests", "200", "--max-requests-jitter", "50"))
    fleet.start_nginx()
    with fleet.load() as load:
        load.wait_for(REQUESTS)
    assert_nothing_failed(load, fleet)
    assert fleet.web[0].log.read_text().count("Autorestarting worker") >= 6
