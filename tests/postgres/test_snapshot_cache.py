"""Answers are cached while nobody writes, and are never older than the last commit."""

import os
import shutil
import signal
import tempfile
import time
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from threading import Event, Thread

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from claims.services import create_article, set_article_status, update_article
from factcheck.api.models import Token
from factcheck.postgres import embedded, prepared
from factcheck.postgres.backend.base import DatabaseWrapper
from factcheck.postgres.snapshot_cache import SnapshotCache
from factcheck.postgres.timing import tally
from sources.models import Source
from sources.services import create_source, update_source
from tests.newsroom import client_of, user_with_role

pytestmark = pytest.mark.django_db(transaction=True)
SOURCES = "/api/v1/sources/"


@pytest.fixture
def editor():
    return user_with_role("edith", "editor")


@pytest.fixture
def source(editor):
    return create_source(actor=editor, name="Ministry", kind="organization")


def rename(source, name, actor):
    update_source(source_id=source.pk, versions=None, actor=actor, name=name)


def names(client):
    return [row["name"] for row in client.get(SOURCES).json()["results"]]


@pytest.fixture
def reads(monkeypatch):
    """How often an answer read rows, instead of only the snapshot."""
    counted = []
    read = prepared.Prepared.rows

    def rows(self, *parameters):
        counted.append(self.sql)
        return read(self, *parameters)

    monkeypatch.setattr(prepared.Prepared, "rows", rows)
    return lambda: sum("sources_source" in sql and " FOR NO KEY UPDATE" not in sql for sql in counted)


def test_rows_are_read_once_while_nobody_writes_and_again_after_any_write(editor, source, reads):
    client = client_of(editor)
    assert [names(client) for _ in range(3)] == [["Ministry"]] * 3
    assert reads() == 1
    rename(source, "Ministry of Health", editor)
    assert [names(client) for _ in range(3)] == [["Ministry of Health"]] * 3
    assert reads() == 2


def test_one_row_is_as_fresh_as_a_list(editor, source):
    client = client_of(editor)
    address = f"{SOURCES}{source.pk}/"
    for name in ("A", "B", "C"):
        rename(source, name, editor)
        assert client.get(address).json()["name"] == name
        assert client.get(address).json()["name"] == name


def test_what_is_not_committed_is_not_seen_and_what_is_committed_is(editor, source):
    client = client_of(editor)
    written, commit = Event(), Event()

    def write():
        with transaction.atomic():
            rename(source, "Ministry of Truth", editor)
            written.set()
            commit.wait(10)
        connections.close_all()

    writer = Thread(target=write)
    writer.start()
    assert written.wait(10)
    assert [names(client) for _ in range(2)] == [["Ministry"]] * 2
    commit.set()
    writer.join()
    assert names(client) == ["Ministry of Truth"]


def test_a_transaction_sees_its_own_writes(editor, source):
    client = client_of(editor)
    with transaction.atomic():
        rename(source, "Ministry of Labour", editor)
        assert names(client) == ["Ministry of Labour"]
        transaction.set_rollback(True)
    assert names(client) == ["Ministry"]


@pytest.mark.parametrize("reader", ["signed in", "anonymous"])
def test_while_several_write_nobody_reads_less_than_was_committed_before_the_request(editor, settings, reader):
    """Each writer counts up in the title of its own article. A reader compares with what it knows is committed."""
    settings.PUBLIC_READ = True
    rows = [create_article(actor=editor, title="0", byline=str(n), text="A report.") for n in range(3)]
    for row in rows:
        set_article_status(article_id=row.pk, versions=None, actor=editor, status="published", reason="Ready.")
    committed = [0] * len(rows)
    stop, faults, read = Event(), [], []

    def write(n):
        while not stop.is_set():
            update_article(
                article_id=rows[n].pk, versions=None, actor=editor, title=str(committed[n] + 1), reason="New."
            )
            committed[n] += 1
        connections.close_all()

    def look():
        client = client_of(editor) if reader == "signed in" else APIClient()
        for n in cycle(range(3, 60)):  # pages that are kept and others
            if stop.is_set():
                break
            before = list(committed)
            answer = client.get("/api/v1/articles/", {"page_size": n % 19 + 3}, REMOTE_ADDR=f"10.0.0.{n}").json()
            found = {int(row["byline"]): int(row["title"]) for row in answer["results"]}
            read.append(found)
            faults.extend((n, found[n], before[n]) for n in range(len(rows)) if found[n] < before[n])
        connections.close_all()

    threads = [Thread(target=write, args=(n,)) for n in range(len(rows))] + [Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    stop.wait(3)
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert min(committed) > 5
    assert len(read) > 20


def exchanges(client, address):
    before = tally.exchanges
    assert client.get(address).status_code == 200
    return tally.exchanges - before


def test_what_is_not_kept_is_read_with_its_snapshot_and_a_token_with_what_follows(editor, source, settings):
    settings.PUBLIC_READ = True
    signed_in, anonymous = client_of(editor), APIClient()
    exchanges(signed_in, SOURCES), exchanges(anonymous, SOURCES)
    rename(source, "Ministry of Health", editor)
    assert [exchanges(anonymous, f"{SOURCES}?page_size={size}") for size in (7, 8, 7)] == [1, 1, 1]
    assert [exchanges(signed_in, f"{SOURCES}?page_size={size}") for size in (7, 8, 7)] == [2, 2, 1]
    assert exchanges(anonymous, f"{SOURCES}?kind=outlet") == exchanges(anonymous, f"{SOURCES}?kind=outlet") == 1


@pytest.mark.parametrize("where", [SOURCES, "/api/v1/statements/"])
def test_a_token_that_is_kept_counts_no_longer_than_the_commit_that_ends_it(where):
    def status(client):
        return client.get(where).status_code

    people = [user_with_role(name, "editor") for name in ("revoked", "inactive", "demoted", "late")]
    revoked, inactive, demoted, late = clients = [client_of(user) for user in people]
    Token.objects.filter(user=people[3]).update(expiry=timezone.now() + timedelta(seconds=0.5))
    assert [status(client) for client in clients * 2] == [200] * 8
    Token.objects.filter(user=people[0]).delete()
    User.objects.filter(pk=people[1].pk).update(is_active=False)
    people[2].groups.clear()
    assert [status(client) for client in (revoked, inactive, demoted)] == [401, 401, 403]
    time.sleep(0.5)
    assert status(late) == 401


def test_raw_sql_counts_as_a_write_too(editor, source):
    client = client_of(editor)
    assert names(client) == ["Ministry"]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE sources_source DISABLE TRIGGER journal_entry_required")
        cursor.execute("UPDATE sources_source SET name = 'Silently'")
        cursor.execute("ALTER TABLE sources_source ENABLE TRIGGER journal_entry_required")
    assert names(client) == ["Silently"]
    assert Source.objects.count() == 1


@pytest.fixture
def own_server():
    """This thread's connection leads to a PostgreSQL that no other test uses, with one small table.

    An abort reaches the disk only with the next commit: the server does not write the log by itself.
    """
    home = Path(tempfile.mkdtemp(prefix="factcheck-test-", dir="/tmp"))
    home.chmod(0o755)
    shared = connections[DEFAULT_DB_ALIAS]
    settings = {**shared.settings_dict, **embedded.connection_settings(home / "data"), "CONN_HEALTH_CHECKS": False}
    connections[DEFAULT_DB_ALIAS] = own = DatabaseWrapper({**settings, "OPTIONS": {}})
    try:
        embedded.ensure_running(home / "data")
        with own.cursor() as cursor:
            for setting in ("autovacuum = off", "wal_writer_delay = '10s'"):
                cursor.execute(f"ALTER SYSTEM SET {setting}")
            cursor.execute("SELECT pg_reload_conf()")
        with own.schema_editor() as editor:
            editor.create_model(ContentType)
        yield own
    finally:
        own.close()
        connections[DEFAULT_DB_ALIAS] = shared
        embedded.stop(home / "data")
        shutil.rmtree(home)


CHECKPOINTER = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"


def kill_backend(database):
    """PostgreSQL then ends every connection and recovers from its log; its main process goes on.

    Until it has seen the crash it still takes connections, which end with the others: only a new checkpointer
    tells that it has recovered.
    """
    before = one_row(database, CHECKPOINTER)
    os.kill(database.connection.info.backend_pid, signal.SIGKILL)
    deadline = time.monotonic() + 15
    while True:
        database.close()
        try:
            if one_row(database, CHECKPOINTER) not in (before, None):
                return
        except OperationalError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_nothing_kept_survives_a_crash_after_which_postgresql_gives_out_transaction_ids_again(own_server):
    row = ContentType.objects.create(app_label="news", model="version 1")
    read = prepared.Prepared(lambda: ContentType.objects.values_list("model"), ())
    with transaction.atomic(), own_server.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")
        transaction.set_rollback(True)
    at_first = snapshot_and_start(own_server)
    assert read.cached_rows() == [("version 1",)]
    kill_backend(own_server)
    ContentType.objects.filter(pk=row.pk).update(model="version 2")
    assert snapshot_and_start(own_server) == at_first
    assert read.cached_rows() == [("version 2",)]


def one_row(database, sql):
    with database.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


def snapshot_and_start(database):
    return one_row(database, "SELECT pg_current_snapshot()::text, pg_postmaster_start_time()")


def test_what_is_kept_has_an_upper_bound():
    kept = SnapshotCache(max_characters=10)
    kept.keep("now", "a", [(1, "12345")], weight=0)
    kept.keep("now", "b", [(2, "1234")], weight=0)
    assert kept.read("now", "a") == [(1, "12345")]
    kept.keep("now", "c", [(3, "123456")], weight=0)
    assert (kept.read("now", "a"), kept.read("now", "c"), kept.size) == (None, [(3, "123456")], 6)
    kept.keep("now", "d", [(4, "1" * 11)], weight=0)
    assert kept.read("now", "d") is None


def test_what_was_kept_at_another_moment_is_forgotten():
    kept = SnapshotCache()
    kept.keep("now", "a", [(1, "x")])
    assert kept.read("later", "a") is None
    kept.keep("later", "b", [(2, "y")])
    assert (kept.read("now", "a"), kept.read("later", "a"), kept.read("later", "b")) == (None, None, [(2, "y")])


def test_answers_without_rows_count_as_well():
    kept = SnapshotCache(max_characters=10_000)
    for number in range(100):
        kept.keep("now", number, [])
    assert len(kept.rows) <= 5


def test_nothing_is_kept_where_the_moment_is_not_known():
    kept = SnapshotCache()
    kept.keep(None, "a", [(1, "x")])
    assert (kept.rows, kept.read(None, "a")) == ({}, None)
