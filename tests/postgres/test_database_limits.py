"""No request uses the database for longer than its limits, and a caller whose request is ended is told so."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from factcheck.journal.models import Entry
from sources.models import Source
from tests.api.test_security import SERVER

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[2]
ANY = {"If-Match": "*"}
LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


def limits() -> list[str]:
    with connection.cursor() as cursor:
        return [cursor.execute(f"SHOW {name}").fetchone()[0] for name in LIMITS]


@pytest.fixture
def shorter():
    """Sets a limit on this connection, and resets it: other tests get the same connection from the pool."""

    def set_limit(name: str, value: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET {name} = '{value}'")

    yield set_limit
    with suppress(DatabaseError), connection.cursor() as cursor:  # an ended connection does not return to the pool
        for name, seconds in settings.DATABASE_TIMEOUTS.items():
            cursor.execute(f"SET {name} = '{seconds}s'")
    connection.close()


def assert_cut_short(answer, said: str) -> None:
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert answer["Content-Type"] == "application/problem+json"
    assert said in answer.json()["detail"]
    assert answer.json()["detail"].endswith(" Nothing was written.")


def test_each_connection_of_a_request_has_its_limits():
    assert limits() == ["10s", "5s", "30s"]


@contextmanager
def held_elsewhere(sql: str) -> Iterator[None]:
    """While it lasts, another connection holds what the statement locks."""
    locked, done = Event(), Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
            locked.set()
            done.wait(20)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert locked.wait(20)
        try:
            yield
        finally:
            done.set()
            holding.result()


def test_a_slow_statement_is_cancelled_and_the_answer_is_503(api, statement, shorter):
    shorter("statement_timeout", "200ms")
    with held_elsewhere("LOCK TABLE claims_statement"):
        began = time.monotonic()
        answer = api.get(f"/api/v1/statements/{statement.pk}/")
        assert time.monotonic() - began < 4  # lock_timeout would be 5
    assert_cut_short(answer, "This took the database too long and was cancelled")


def test_who_waits_too_long_for_somebody_elses_write_is_answered_503(api, minister, shorter):
    shorter("lock_timeout", "200ms")
    with held_elsewhere("SELECT FROM sources_source FOR UPDATE"):
        answer = api.patch(f"/api/v1/sources/{minister.pk}/", {"name": "B"}, headers=ANY)
    assert_cut_short(answer, "Somebody else is writing this")
    assert Entry.objects.filter(action="source.updated").count() == 0


def test_a_transaction_that_is_forgotten_is_ended_and_lets_the_feed_go_on(api, minister):
    began, go_on = Event(), Event()

    def forget() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = '1s'")
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_current_xact_id()")
                began.set()
                go_on.wait(20)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        forgotten = pool.submit(forget)
        assert began.wait(20)
        api.patch(f"/api/v1/sources/{minister.pk}/", {"name": "B"}, headers=ANY)
        read = lambda: [entry["action"] for entry in api.get("/api/v1/journal/?resource=source").json()["results"]]  # noqa: E731
        assert read() == ["source.created"]
        deadline = time.monotonic() + 20
        while len(read()) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert read() == ["source.created", "source.updated"]
        go_on.set()
        assert forgotten.exception() is not None


def test_a_request_whose_transaction_was_ended_is_answered_503(api, shorter, monkeypatch):
    from sources import services

    insert = services.insert_recorded

    def insert_and_rest(*arguments, **named):
        insert(*arguments, **named)
        time.sleep(1)

    monkeypatch.setattr(services, "insert_recorded", insert_and_rest)
    shorter("idle_in_transaction_session_timeout", "100ms")
    answer = api.post("/api/v1/sources/", {"name": "A", "kind": "person"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert Source.objects.count() == 0


def computed(command: list[str], **more: str) -> list[str]:
    environment = {**os.environ, **SERVER, "DJANGO_SETTINGS_MODULE": "factcheck.settings", **more}
    done = subprocess.run([sys.executable, *command], env=environment, cwd=ROOT, capture_output=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


SHOWN = """
import json
from django.db import connection
with connection.cursor() as cursor:
    found = [cursor.execute(f"SHOW {name}").fetchone()[0] for name in ("statement_timeout", "lock_timeout",
             "idle_in_transaction_session_timeout", "jit")]
print(json.dumps(found))
"""


def test_manage_py_lifts_the_limits_and_a_web_server_keeps_them(transactional_db):
    here = connection.settings_dict
    url = f"postgres://{here['USER']}@{quote(here['HOST'], safe='')}/{here['NAME']}"
    web = ["-c", "import django; django.setup()" + SHOWN]
    assert computed(web, DATABASE_URL=url) == ["10s", "5s", "30s", "on"]
    assert computed(web, DATABASE_URL=url, DATABASE_POOL_SIZE="0", DATABASE_STATEMENT_TIMEOUT="2",
                    DATABASE_LOCK_TIMEOUT="0") == ["2s", "0", "30s", "on"]  # fmt: skip
    assert computed(web, DATABASE_URL=url + "?options=-c%20jit%3Doff") == ["10s", "5s", "30s", "off"]
    command = ["manage.py", "shell", "--no-imports", "-c", SHOWN]
    assert computed(command, DATABASE_URL=url, DATABASE_STATEMENT_TIMEOUT="2") == ["0", "0", "0", "on"]
