"""The feed after a failover, a restore and an upgrade: real servers, and readers who go on from their cursors."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from factcheck.journal.models import Entry
from sources.models import Source
from tests.clusters import PostgresServer, servers
from tests.newsroom import client_of, user_with_role

OF_TEST = "-c fsync=off"
FEED = "/api/v1/journal/"
MARGIN = 1_000_000  # ids between the last one known and the first one given after the epoch was raised


@pytest.fixture(scope="module")
def template(django_db_blocker: Any) -> Iterator[PostgresServer]:
    """A migrated server with alice in it, which is stopped and copied for each test."""
    with django_db_blocker.unblock(), servers() as made:
        server = made[0].make_database()
        with server.as_default():
            call_command("migrate", verbosity=0)
            user_with_role("alice", "editor")
        server.stop()
        yield server


@pytest.fixture
def three(django_db_blocker: Any) -> Iterator[list[PostgresServer]]:
    with django_db_blocker.unblock(), servers() as made:
        yield made


@pytest.fixture
def primary(three: list[PostgresServer], template: PostgresServer) -> PostgresServer:
    return three[0].copy(template).start()


class Newsroom:
    """Writes and reads through the API, as alice, on the server that is Django's database."""

    def __init__(self) -> None:
        self.alice = User.objects.get(username="alice")
        self.api: APIClient = client_of(self.alice)

    def add(self, *names: str) -> list[int]:
        return [self.post(name).json()["id"] for name in names]

    def post(self, name: str) -> Any:
        return self.api.post("/api/v1/sources/", {"name": name, "kind": "person"})

    def ask(self, cursor: str = "") -> Any:
        return self.api.get(FEED, {"after": cursor, "page_size": 200} if cursor else {"page_size": 200})

    def read(self, cursor: str = "") -> tuple[list[str], str]:
        answer = self.ask(cursor)
        assert answer.status_code == 200, answer.content
        page = answer.json()
        return [entry["data"]["name"] for entry in page["results"]], page["cursor"]


def assert_closed(newsroom: Newsroom, cursor: str) -> None:
    answer = newsroom.ask(cursor)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert answer.json()["detail"] == (
        "The database was restored, promoted or upgraded. Until an operator has run `manage.py journal_epoch --raise`, "
        "the journal cannot be read as a feed."
    )
    with pytest.raises(CommandError, match="the feed is closed"):
        call_command("journal_epoch")


def raise_epoch(capsys: Any) -> None:
    call_command("journal_epoch", "--raise")
    assert capsys.readouterr().out == "The epoch is raised: the feed is open.\n"
    call_command("journal_epoch")
    assert capsys.readouterr().out.endswith(" fits this database server: the feed is open.\n")


def test_after_a_promotion_a_reader_goes_on_and_misses_nothing(
    three: list[PostgresServer], primary: PostgresServer, capsys: Any
) -> None:
    standby = three[1].make_standby_of(primary)
    with primary.as_default():
        newsroom = Newsroom()
        newsroom.add("A", "B")
        before, early = newsroom.read()
        wait_for(standby, newsroom.add("C")[0])
        standby.sql("ALTER SYSTEM SET primary_conninfo = ''")
        standby.sql("SELECT pg_reload_conf()")
        time.sleep(1)
        lost = newsroom.add(*(f"Lost {number}" for number in range(15)))
        names, late = newsroom.read(early)
        assert (before, names[0], len(names)) == (["A", "B"], "C", 16)
    primary.kill()
    standby.run("pg_ctl", "promote", "-w", "-s")
    with standby.as_default():
        newsroom = Newsroom()
        assert_closed(newsroom, early)
        between = newsroom.add("Written before anybody looked")
        assert_closed(newsroom, early)
        raise_epoch(capsys)
        after = newsroom.add("D", "E")
        names, cursor = newsroom.read(early)
        assert names == ["C", "Written before anybody looked", "D", "E"]
        assert newsroom.read(cursor) == ([], cursor)
        gone = newsroom.ask(late)
        assert (gone.status_code, gone.json()["type"]) == (410, "urn:factcheck:problem:gone")
        assert newsroom.read()[0] == ["A", "B", *names]
        assert min(between + after) > max(lost)  # no id that was lost is given to another source
        assert Entry.objects.latest("id").pk > MARGIN


def wait_for(standby: PostgresServer, source: int) -> None:
    query = f"SELECT count(*) FROM sources_source WHERE id = {source}"
    for _ in range(100):
        if standby.sql(query) == "1":
            return
        time.sleep(0.1)
    raise AssertionError("The standby does not follow.")


def restore(three: list[PostgresServer], primary: PostgresServer) -> PostgresServer:
    dump = str(three[1].cluster.home / "dump")
    three[1].run("pg_dump", "-Fc", "-f", dump, *primary.address, "-d", "factcheck")
    fresh = three[1].make_database()
    fresh.run("pg_restore", *fresh.address, "-d", "factcheck", dump)
    return fresh


def upgrade(three: list[PostgresServer], primary: PostgresServer) -> PostgresServer:
    fresh = three[1].make()
    for server in (fresh, primary):
        server.stop()
    fresh.run("pg_upgrade", "-b", str(fresh.binaries), "-B", str(fresh.binaries), "-d", str(primary.cluster.pgdata),
              "-D", str(fresh.cluster.pgdata), "-s", str(fresh.cluster.sockets), "-U", "factcheck", "--no-sync",
              "-o", OF_TEST, "-O", OF_TEST)  # fmt: skip
    return fresh.start()


@pytest.mark.parametrize("move", [restore, upgrade])
def test_in_another_cluster_a_reader_goes_on_and_misses_nothing(
    three: list[PostgresServer], primary: PostgresServer, capsys: Any, move: Any
) -> None:
    with primary.as_default():
        newsroom = Newsroom()
        primary.sql("DO $$ BEGIN FOR i IN 1..500 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$")
        newsroom.add("A", "B")
        cursor = newsroom.read()[1]
        newsroom.add("C")
    fresh = move(three, primary)
    with fresh.as_default():
        newsroom = Newsroom()
        assert_closed(newsroom, cursor)
        newsroom.add("Before anybody looked")
        assert_closed(newsroom, cursor)
        raise_epoch(capsys)
        newsroom.add("D")
        names, cursor = newsroom.read(cursor)
        assert names == ["C", "Before anybody looked", "D"]
        newsroom.add("E")
        assert newsroom.read(cursor)[0] == ["E"]
        assert Source.objects.count() == 6
        raise_epoch(capsys)  # twice does no harm
        newsroom.add("F")
        assert newsroom.read(cursor)[0] == ["E", "F"]


def test_a_server_that_only_restarts_keeps_its_epoch(primary: PostgresServer, capsys: Any) -> None:
    with primary.as_default():
        Newsroom().add("A")
        cursor = Newsroom().read()[1]
    primary.stop("immediate")
    primary.start()
    with primary.as_default():
        call_command("journal_epoch")
        Newsroom().add("B")
        assert Newsroom().read(cursor)[0] == ["B"]
        assert Entry.objects.latest("id").pk < MARGIN


ROLE = """
    CREATE ROLE app LOGIN;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app;
    REVOKE INSERT, UPDATE, DELETE ON journal_epoch FROM app
"""


def test_a_role_that_owns_nothing_reads_the_feed_and_cannot_raise_the_epoch(primary: PostgresServer) -> None:
    primary.sql(ROLE)
    with primary.as_default("app"):
        Newsroom().add("A")
        assert Newsroom().read()[0] == ["A"]
        with pytest.raises(CommandError, match="Only the owner of the tables can raise the epoch"):
            call_command("journal_epoch", "--raise")


@contextmanager
def session(server: PostgresServer, database: str) -> Iterator[psycopg.Connection[Any]]:
    address = f"host={server.cluster.sockets} port=5432 user=factcheck dbname={database}"
    with psycopg.connect(address, autocommit=True) as other:
        yield other


@pytest.mark.parametrize("user", ["factcheck", "app"])
@pytest.mark.parametrize("end", ["open", "prepared"])
def test_a_transaction_in_another_database_does_not_hold_the_feed_back(
    primary: PostgresServer, user: str, end: str
) -> None:
    primary.sql("CREATE DATABASE other")
    primary.sql(ROLE)
    with primary.as_default(user), session(primary, "other") as other:
        other.execute("BEGIN; SELECT pg_current_xact_id()")
        if end == "prepared":
            other.execute("PREPARE TRANSACTION 'kept'")
        Newsroom().add("A")
        assert Newsroom().read()[0] == ["A"]
        if end == "prepared":
            other.execute("ROLLBACK PREPARED 'kept'")


@pytest.mark.parametrize("end", ["open", "prepared"])
def test_a_transaction_of_another_role_in_this_database_does_hold_it_back(primary: PostgresServer, end: str) -> None:
    primary.sql(ROLE)
    with primary.as_default("app"), session(primary, "factcheck") as other:
        other.execute("BEGIN; SELECT pg_current_xact_id()")
        if end == "prepared":
            other.execute("PREPARE TRANSACTION 'kept'")
        Newsroom().add("A")
        assert Newsroom().read()[0] == []
        other.execute("ROLLBACK PREPARED 'kept'" if end == "prepared" else "ROLLBACK")
        assert Newsroom().read()[0] == ["A"]
