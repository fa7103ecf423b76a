"""A migration of a table in use: nobody waits behind it for longer than a second."""

import re
import threading
import time
from contextlib import contextmanager
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from factcheck.journal.management.commands import migrate
from sources.services import create_source

pytestmark = pytest.mark.django_db(transaction=True)
COLUMN = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'sources_source'::regclass AND attname = 'waiting'"
VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('waiting_index')"
READ = "SELECT count(*) FROM sources_source"


@pytest.fixture(autouse=True)
def waiting(settings):
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "tests.postgres.waiting"]
    yield
    call_command("migrate", "waiting", "zero", verbosity=0)


def migrated(*target):
    said = StringIO()
    call_command("migrate", "waiting", *target, verbosity=0, stderr=said)
    return said.getvalue()


def answer(query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


@contextmanager
def other():
    with psycopg.connect(**connection.get_connection_params()) as session:
        yield session


def pid_of(session):
    return session.execute("SELECT pg_backend_pid()").fetchone()[0]


@contextmanager
def open_for(seconds, session, query):
    """The transaction of another session, which has run the query."""
    pid = pid_of(session)
    session.execute(query)
    end = threading.Timer(seconds, session.rollback)
    end.start()
    try:
        yield pid
    finally:
        end.join()


@contextmanager
def reading(seconds):
    """Somebody reads the table again and again. How long each took, in the list given."""
    ended = threading.Event()

    def read():
        with other() as reader:
            reader.autocommit = True
            while not ended.wait(0.02):
                began = time.monotonic()
                reader.execute(READ)
                seconds.append(time.monotonic() - began)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_it_is_tried_again_until_a_long_reader_has_ended_and_others_read_meanwhile():
    took = []
    with other() as session, reading(took), open_for(3, session, READ) as pid:
        said = migrated("0001")
    assert answer(COLUMN) == [(1,)]
    assert re.match(
        rf"\nThe lock is not free\. In its way was process {pid} of factcheck \(idle in transaction, in a transaction "
        rf"for [01] seconds\): {re.escape(READ)}\n"
        r"The migration is rolled back\. Try 1 of 30; the next in 0\.8 seconds\.\n",
        said,
    )
    assert 1 <= said.count("The migration is rolled back.") < 4
    assert max(took) < 1.5  # the lock timeout, and not the three seconds of the reader
    assert sum(seconds < 0.5 for seconds in took) > 20


def test_where_the_lock_is_never_free_it_is_not_applied_and_says_who_is_in_its_way(monkeypatch):
    monkeypatch.setattr(migrate, "TRIES", 2)
    monkeypatch.setattr(migrate, "FIRST_PAUSE", 0.01)
    with other() as session:
        pid = pid_of(session)
        session.execute(READ)
        with pytest.raises(CommandError) as failed:
            migrated("0001")
    assert re.fullmatch(
        rf"A migration did not get its lock in 2 tries, and is not applied\. In its way was process {pid} of factcheck "
        rf"\(idle in transaction, in a transaction for \d seconds\): {re.escape(READ)}\n"
        r"End that session, or wait until it ends, and run `manage\.py migrate` again\.",
        str(failed.value),
    )
    assert answer(COLUMN) == [(0,)]
    assert answer("SELECT count(*) FROM django_migrations WHERE app = 'waiting'") == [(0,)]
    assert migrated("0001") == ""


def test_an_index_is_made_concurrently_however_long_it_waits_for_a_writer():
    before = answer("SHOW lock_timeout")
    migrated("0001")
    with other() as session, open_for(2, session, "UPDATE sources_source SET waiting = 1; SELECT txid_current()"):
        began = time.monotonic()
        assert migrated() == ""
        assert time.monotonic() - began > 1.5
    assert answer(VALID) == [(True,)]
    assert answer("SHOW lock_timeout") == before


def test_an_index_that_a_failed_attempt_has_left_is_made_again(alice):
    for name in ("One", "Two"):
        create_source(actor=alice, name=name, kind="person")
    migrated("0001")
    with other() as session:
        session.autocommit = True
        with pytest.raises(psycopg.errors.UniqueViolation):
            session.execute("CREATE UNIQUE INDEX CONCURRENTLY waiting_index ON sources_source (kind)")
    assert answer(VALID) == [(False,)]
    assert migrated() == ""
    assert answer(VALID) == [(True,)]
    assert answer("SELECT indisunique FROM pg_index WHERE indexrelid = to_regclass('waiting_index')") == [(False,)]


def test_an_index_that_an_attempt_made_before_it_was_ended_is_made_again():
    """No transaction took it back, and no entry says that it is there."""
    migrated("0001")
    with other() as session:
        session.autocommit = True
        session.execute("CREATE INDEX CONCURRENTLY waiting_index ON sources_source (kind)")
    assert migrated() == ""
    assert answer(VALID) == [(True,)]
    assert answer("SELECT pg_get_indexdef('waiting_index'::regclass, 1, true)") == [("waiting",)]


def test_the_sql_of_a_migration_shows_how_long_it_waits():
    shown = [StringIO(), StringIO()]
    for name, out in zip(("0001", "0002"), shown, strict=True):
        call_command("sqlmigrate", "waiting", name, stdout=out)
    assert "BEGIN;\nSET LOCAL lock_timeout = '1s';\n" in shown[0].getvalue()
    assert (
        "SET lock_timeout = '0';\n"
        "CREATE INDEX CONCURRENTLY waiting_index ON sources_source (waiting);\n"
        "SET lock_timeout = '1s';\n"
    ) in re.sub("--.*\n", "", shown[1].getvalue())
