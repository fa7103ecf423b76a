"""Followers: each entry is followed once, in the feed's order, whatever dies; and the command `follow`."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Barrier, Event

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import InternalError, OperationalError, connection, transaction

from factcheck.errors import Unavailable
from factcheck.journal import followers
from factcheck.journal.followers import Lag, advance, lags, run
from factcheck.journal.models import Entry, FollowerCursor
from factcheck.journal.seal.notes import make_key
from sources.services import create_source
from tests.journal.test_feed import on_a_connection_of_its_own
from tests.service import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


class Noting:
    """Notes the ids of the entries that it is given, in the transaction that moves its cursor."""

    def prepare(self):
        self.calls = []

    def follow(self, entries):
        self.calls.append([entry.pk for entry in entries])
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS followed (entry bigint, process integer)")
            cursor.executemany("INSERT INTO followed VALUES (%s, %s)", [(entry.pk, os.getpid()) for entry in entries])


@pytest.fixture
def follower():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE followed (entry bigint, process integer)")
    made = Noting()
    made.prepare()
    yield made
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE followed")


@pytest.fixture
def alice(db):
    return User.objects.create_user("alice")


def add(actor, number=1):
    return [create_source(actor=actor, name=f"Source {n}", kind="person") for n in range(number)]


def followed():
    with connection.cursor() as cursor:
        cursor.execute("SELECT entry FROM followed")
        return [row[0] for row in cursor.fetchall()]


def in_feed_order():
    return list(Entry.objects.order_by("transaction", "id").values_list("id", flat=True))


def eventually(is_true, seconds=30):
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_follows_each_entry_once_in_batches_and_is_told_when_it_has_caught_up(alice, follower, monkeypatch):
    monkeypatch.setattr(followers, "BATCH", 2)
    add(alice, 5)
    run({"noting": follower}, once=True)
    ids = in_feed_order()
    assert follower.calls == [ids[:2], ids[2:4], ids[4:], []]
    add(alice)
    run({"noting": follower}, once=True)
    assert follower.calls == [in_feed_order()[-1:], []]
    assert followed() == in_feed_order()


def test_what_it_does_and_its_cursor_are_one_transaction(alice, follower):
    class Failing(Noting):
        def follow(self, entries):
            super().follow(entries)
            raise RuntimeError("after the work")

    add(alice, 3)
    with pytest.raises(RuntimeError):
        run({"noting": Failing()}, once=True)
    assert (followed(), FollowerCursor.objects.count()) == ([], 0)
    run({"noting": follower}, once=True)
    assert followed() == in_feed_order()


def test_each_follower_has_a_cursor_of_its_own(alice, follower):
    add(alice, 2)
    run({"one": follower}, once=True)
    run({"two": follower}, once=True)
    assert followed() == in_feed_order() * 2


def test_it_does_not_pass_an_open_transaction(alice, follower):
    add(alice)
    before = in_feed_order()
    may_end, is_open = Event(), Event()

    def write_slowly():
        with transaction.atomic():
            add(alice)
            is_open.set()
            assert may_end.wait(30)

    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(on_a_connection_of_its_own, write_slowly)
        assert is_open.wait(30)
        add(alice)
        run({"noting": follower}, once=True)
        assert followed() == before
        may_end.set()
        slow.result()
    run({"noting": follower}, once=True)
    assert followed() == in_feed_order()
    assert len(followed()) == len(before) + 2


def test_two_of_one_name_share_the_work_and_do_nothing_twice(alice, follower, monkeypatch):
    monkeypatch.setattr(followers, "BATCH", 3)
    add(alice, 60)
    together = Barrier(2)

    def work():
        together.wait(30)
        run({"noting": follower}, once=True)

    with ThreadPoolExecutor(2) as threads:
        for each in [threads.submit(on_a_connection_of_its_own, work) for _ in range(2)]:
            each.result()
    assert followed() == in_feed_order()


def test_one_that_is_idle_writes_nothing_at_all(alice, follower):
    add(alice)
    run({"noting": follower}, once=True)
    place = FollowerCursor.objects.values_list("transaction", "entry").get(name="noting")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())")
        before = cursor.fetchone()
        for _ in range(3):
            assert advance("noting", follower, caught_up=place) == (0, place)
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())")
        assert cursor.fetchone() == before


def test_one_that_is_idle_is_told_that_it_has_caught_up_with_what_another_followed(alice, follower):
    other = Noting()
    other.prepare()
    run({"noting": follower}, once=True)
    _, place = advance("noting", follower, caught_up=None)
    add(alice)
    assert advance("noting", other, caught_up=None) == (1, None)  # and then the other process dies
    follower.prepare()
    assert advance("noting", follower, caught_up=place) == (
        0,
        FollowerCursor.objects.values_list("transaction", "entry").get(),
    )
    assert follower.calls == [[]]


def test_the_lag_is_what_was_written_and_not_followed(alice, follower):
    add(alice, 2)
    written = Entry.objects.count()
    assert [lag.entries for lag in lags(["noting", "other"])] == [written, written]
    run({"noting": follower}, once=True)
    assert lags(["noting"]) == [Lag("noting", 0, 0)]
    assert [lag.entries for lag in lags(["noting", "other"])] == [0, written]


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("the connection is lost"),
        InternalError("cannot execute INSERT in a read-only transaction"),
        Unavailable("raise the epoch first"),
    ],
)
def test_trouble_is_told_once_and_waited_for(alice, follower, monkeypatch, caplog, error):
    monkeypatch.setattr(followers, "PAUSE", 0)
    rounds = iter(range(5))

    class Troubled(Noting):
        def follow(self, entries):
            if next(rounds) < 3:
                raise error
            super().follow(entries)

    add(alice)
    troubled = Troubled()
    run({"noting": troubled}, is_wanted=lambda: not getattr(troubled, "calls", None))
    assert [record.getMessage() for record in caplog.records] == [f"Waiting: {error}"]
    assert followed() == in_feed_order()
    rounds = iter(range(5))
    with pytest.raises(type(error)):
        run({"other": Troubled()}, once=True)


# The command, in processes of its own

STEPS = """
import os, sys, django
django.setup()
from django.db import connection
from factcheck.journal import followers
from tests.journal.test_followers import Noting
connection.settings_dict["NAME"] = sys.argv[1]
followers.BATCH = 2
followers.run({"noting": Noting()})
"""


def process(*arguments, **settings):
    environment = {**os.environ, **settings}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_one_that_is_killed_again_and_again_goes_on_where_it_ended(alice, follower):
    add(alice, 300)
    for _ in range(4):
        seen = len(followed())
        running = process("-c", STEPS, connection.settings_dict["NAME"])
        eventually(lambda seen=seen: len(followed()) > seen)
        running.send_signal(signal.SIGKILL)
        running.communicate()
        add(alice, 100)
    run({"noting": follower}, once=True)
    assert followed() == in_feed_order()


def follow(*arguments):
    return process("-m", "tests.manage_test_database", connection.settings_dict["NAME"], "follow", *arguments)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_at_once_and_cleanly(alice, number):
    add(alice)
    running = follow("seal")
    eventually(lambda: lags(["seal"])[0].entries == 0)
    began = time.monotonic()
    running.send_signal(number)
    _, said = running.communicate(timeout=10)
    assert (running.returncode, said) == (0, "")
    assert time.monotonic() - began < 5


def test_the_command_ends_with_the_process_that_it_is_beside(alice):
    beside = subprocess.Popen(["sleep", "60"])
    running = follow("--while", str(beside.pid))
    add(alice)
    eventually(lambda: lags(["seal"])[0].entries == 0)
    assert running.poll() is None
    beside.kill()
    beside.wait()
    assert running.wait(10) == 0


def test_the_command_waits_for_a_database_that_ends_its_connections(alice):
    running = follow("seal")
    add(alice)
    eventually(lambda: lags(["seal"])[0].entries == 0)
    database = connection.settings_dict
    with psycopg.connect(
        host=database["HOST"], port=database["PORT"], user=database["USER"], dbname="postgres", autocommit=True
    ) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
            [database["NAME"], connection.connection.info.backend_pid],
        )
    add(alice)
    eventually(lambda: lags(["seal"])[0].entries == 0)
    running.terminate()
    assert running.wait(10) == 0


def test_once_ends_when_all_have_caught_up_and_status_shows_the_lag(alice, settings):
    settings.JOURNAL_SIGNING_KEY = str(make_key("factcheck.example"))
    add(alice, 3)
    shown = StringIO()
    call_command("follow", status=True, stdout=shown)
    assert shown.getvalue().startswith(f"seal: {Entry.objects.count()} entries and ")
    call_command("follow", once=True)
    shown = StringIO()
    call_command("follow", "seal", status=True, stdout=shown)
    assert shown.getvalue() == "seal: 0 entries and 0 seconds behind\n"


def test_an_unknown_follower_is_named():
    with pytest.raises(CommandError, match="There is no follower 'seals'"):
        call_command("follow", "seals")
