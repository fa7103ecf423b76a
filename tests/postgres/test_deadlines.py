"""What a request does that waits for the database, in a worker whose threads are few."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from io import BytesIO
from threading import Event
from typing import Any

import psycopg
import pytest
from django.db import connection

from factcheck.api.deadlines import DeadlineMiddleware
from factcheck.postgres.backend.base import check_socket
from factcheck.postgres.deadline import outage
from factcheck.postgres.timing import TimedConnection, tally
from sources.models import Source
from tests.newsroom import client_of
from tests.postgres.test_database_limits import held_elsewhere

pytestmark = pytest.mark.django_db(transaction=True)
ANN = {"name": "Ann", "kind": "person"}
NO_ANSWER = "The database does not answer; try again in a moment. Nothing was written."
REFUSED = "Writes wait for the database; try again in a moment. Nothing was written."
WRITES_HELD = "LOCK TABLE sources_source IN SHARE MODE"
SLOW_COMMIT = """
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(3); RETURN NULL; END$$;
CREATE CONSTRAINT TRIGGER dawdles AFTER INSERT ON sources_source DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION dawdle();
"""


@pytest.fixture
def worker(settings) -> Iterator[Any]:
    """This process, as a gunicorn worker of four threads."""
    settings.REQUEST_DEADLINE = 2
    DeadlineMiddleware.start(4)
    yield settings
    DeadlineMiddleware.writes = tally.deadline = None
    connection.close()


def answer_of(ask: Any, path: str, *body: Any, **named: Any) -> Any:
    """The thread has done with the request: what it asks the database now is the test's."""
    try:
        return ask(path, *body, **named)
    finally:
        tally.deadline = None


def post(user: Any, **headers: str) -> tuple[int, str, float]:
    """In a thread of its own."""
    began = time.monotonic()
    try:
        answer = answer_of(client_of(user).post, "/api/v1/sources/", ANN, headers=headers)
        assert answer.status_code == 201 or answer["Retry-After"] == "2"
        return answer.status_code, answer.json().get("detail", ""), time.monotonic() - began
    finally:
        connection.close()


def test_who_waits_longer_than_the_deadline_is_told_so(worker, api, statement):
    with held_elsewhere("LOCK TABLE claims_statement"):
        began = time.monotonic()
        answer = answer_of(api.get, f"/api/v1/statements/{statement.pk}/")
        assert 1.9 < time.monotonic() - began < 4  # lock_timeout would be 5
    assert (answer.status_code, answer["Retry-After"], answer.json()["detail"]) == (503, "2", NO_ANSWER)
    connection.close()  # as at the end of a request
    assert answer_of(api.get, f"/api/v1/statements/{statement.pk}/").status_code == 200


def test_who_waits_shorter_is_answered(worker, api, statement):
    worker.REQUEST_DEADLINE = 0
    with ThreadPoolExecutor(1) as threads:
        with held_elsewhere("LOCK TABLE claims_statement"):
            answer = threads.submit(read, api, f"/api/v1/statements/{statement.pk}/")
            time.sleep(1.5)  # by then somebody looked, and the database answered
            assert not answer.done()
        assert answer.result() == 200
    assert not outage.is_silent


def read(client: Any, path: str) -> int:
    try:
        return answer_of(client.get, path).status_code
    finally:
        connection.close()


def waiting_for_locks() -> int:
    with connection.cursor() as cursor:
        return cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()[0]


def test_writes_that_wait_leave_threads_to_reads(worker, alice, api, minister):
    worker.REQUEST_DEADLINE = 20
    with ThreadPoolExecutor(3) as threads:
        with held_elsewhere(WRITES_HELD):
            waiting: list[Future[Any]] = [threads.submit(post, alice) for _ in range(2)]
            until = time.monotonic() + 4
            while waiting_for_locks() < 2:
                assert time.monotonic() < until
            status, detail, took = post(alice)
            assert (status, detail, 0.9 < took < 2) == (503, REFUSED, True)
            status, detail, took = post(alice)
            assert (status, detail, took < 0.5) == (503, REFUSED, True)
            assert answer_of(api.get, f"/api/v1/sources/{minister.pk}/").status_code == 200
            assert answer_of(api.post, "/api/v1/articles/fetch/", {"url": "https://a.example/"}).status_code == 403
        assert [each.result()[0] for each in waiting] == [201, 201]
    assert post(alice)[0] == 201


class SlowBody(BytesIO):
    """Comes when it is let go."""

    def __init__(self) -> None:
        super().__init__(json.dumps(ANN).encode())
        self.asked, self.comes = Event(), Event()

    def read(self, size: int | None = -1) -> bytes:
        self.asked.set()
        assert self.comes.wait(20)
        return super().read(size)


def test_who_sends_a_body_slowly_holds_back_no_other_write(worker, alice):
    worker.REQUEST_DEADLINE = 20
    slow = [SlowBody(), SlowBody()]
    length = str(len(json.dumps(ANN)))

    def send(body: SlowBody) -> int:
        ask = partial(client_of(alice).generic, "POST", content_type="application/json")
        try:
            return answer_of(ask, "/api/v1/sources/", **{"wsgi.input": body, "CONTENT_LENGTH": length}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(send, body) for body in slow]
        try:
            assert all(body.asked.wait(5) for body in slow)
            assert [post(alice)[0] for _ in range(3)] == [201, 201, 201]
        finally:
            for body in slow:
                body.comes.set()
        assert [each.result() for each in waiting] == [201, 201]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_of_a_form_whose_sender_is_gone_in_the_middle_nothing_is_written(worker, api, kind):
    whole = {
        "multipart/form-data; boundary=x": b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nAnn\r\n--x\r\n'
        b'Content-Disposition: form-data; name="kind"\r\n\r\nperson\r\n--x--\r\n',
        "application/x-www-form-urlencoded": b"kind=person&name=Ann",
    }[kind]
    for length, status in ((len(whole) + 9, 400), (len(whole), 201)):
        sent = {"wsgi.input": BytesIO(whole), "CONTENT_LENGTH": str(length)}
        answer = answer_of(
            api.generic, "POST", "/api/v1/sources/", whole, kind, headers={"Accept": "application/json"}, **sent
        )
        assert answer.status_code == status, answer.content
    assert [source.name for source in Source.objects.all()] == ["Ann"]


def test_a_browser_whose_form_is_refused_is_shown_a_page(worker, client, alice, monkeypatch):
    client.force_login(alice)
    monkeypatch.setattr(outage, "is_unreplicated", True)
    answer = answer_of(client.post, "/api/v1/sources/", ANN, headers={"Accept": "text/html"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert answer.content.startswith(b"<!DOCTYPE html>")
    assert REFUSED in answer.content.decode()


def test_a_commit_that_is_given_up_may_have_written_and_its_key_can_be_sent_again(worker, alice):
    with connection.cursor() as cursor:
        cursor.execute(SLOW_COMMIT)
    try:
        status, detail, took = post(alice, **{"Idempotency-Key": "once"})
        assert (status, took < 2.9) == (503, True)
        assert detail == (
            "The database does not answer; try again in a moment. If this was a write, it may have succeeded: read "
            "again before you repeat it. Repeat it with the same Idempotency-Key: it is then done once."
        )
        worker.REQUEST_DEADLINE = 20
        assert post(alice, **{"Idempotency-Key": "once"})[0] == 201
        assert Source.objects.filter(name="Ann").count() == 1
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION dawdle CASCADE")


def test_a_stream_takes_longer_than_the_deadline(worker, api, statement):
    worker.REQUEST_DEADLINE = 20
    answer_of(api.get, "/api/v1/statements/export/")  # the first takes longer
    worker.REQUEST_DEADLINE = 1
    answer = api.get("/api/v1/statements/export/")
    time.sleep(1.1)
    assert b"".join(answer.streaming_content).count(b"\n") == 1


def test_the_database_that_does_not_answer_is_not_asked(worker, api, minister, monkeypatch):
    monkeypatch.setattr(outage, "is_silent", True)
    began = time.monotonic()
    answer = answer_of(api.get, f"/api/v1/sources/{minister.pk}/")
    assert (answer.status_code, answer["Retry-After"], answer.json()["detail"]) == (503, "2", NO_ANSWER)
    assert time.monotonic() - began < 0.5


def test_no_connection_from_before_a_silence_is_used_again(worker, api, minister, monkeypatch):
    monkeypatch.setattr(outage, "ended_at", time.perf_counter())
    with pytest.raises(psycopg.OperationalError, match="older than the last silence"):
        check_socket(connection.connection)
    connection.close_if_unusable_or_obsolete()  # as at the end of a request
    assert answer_of(api.get, f"/api/v1/sources/{minister.pk}/").status_code == 200
    check_socket(connection.connection)


def test_the_host_that_answered_last_is_tried_first(monkeypatch):
    monkeypatch.setattr(TimedConnection, "primary", ("second", "5433"))
    given = {"host": "first,second", "port": "5432,5433", "dbname": "x"}
    assert TimedConnection._in_order(**given) == {"host": "second,first", "port": "5433,5432", "dbname": "x"}
