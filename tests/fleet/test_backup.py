"""The drill of docs/operations.md, “Backup and restore”, by Barman itself: a disk is lost, and a script has written
nonsense. `make fleet` sets Barman up; it needs rsync."""

import getpass
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from factcheck.journal.models import Entry
from factcheck.postgres.embedded.place import USER, give_to_server
from sources.models import Source
from tests.clusters import PostgresServer, servers
from tests.journal.test_epoch import Newsroom, assert_closed, raise_epoch
from tests.newsroom import SIGNING_KEY, user_with_role
from tests.service import ROOT

PROGRAM = ROOT / ".venv-barman/bin/barman"
MARGIN = 1_000_000  # ids between the last one known and the first one given after the epoch was raised
CONFIGURATION = """
[barman]
barman_user = {user}
barman_home = {home}
barman_lock_directory = {home}
log_file = {home}/barman.log
path_prefix = {binaries}

[factcheck]
description = Factcheck
conninfo = host={sockets} user=barman dbname=factcheck
streaming_conninfo = host={sockets} user=streaming_barman
backup_method = postgres
streaming_archiver = on
slot_name = barman
create_slot = auto
retention_policy = RECOVERY WINDOW OF 30 DAYS
minimum_redundancy = 2
last_backup_maximum_age = 25 HOURS
"""
ROLES = """
CREATE ROLE barman LOGIN;
GRANT pg_read_all_settings, pg_read_all_stats, pg_checkpoint TO barman;
GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean), pg_backup_stop(boolean), pg_switch_wal(),
    pg_create_restore_point(text) TO barman;
CREATE ROLE streaming_barman LOGIN REPLICATION;
"""

pytestmark = pytest.mark.skipif(
    not (PROGRAM.exists() and shutil.which("rsync")), reason="needs rsync, and Barman: make fleet installs it"
)


class Barman:
    def __init__(self, home: Path, primary: PostgresServer) -> None:
        self.home = home
        self.configuration = home / "barman.conf"
        self.configuration.write_text(
            CONFIGURATION.format(
                user=getpass.getuser(), home=home, binaries=primary.binaries, sockets=primary.cluster.sockets
            )
        )

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(PROGRAM), "-c", str(self.configuration), *arguments],
            env={**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def restore(self, server: PostgresServer, *target: str) -> PostgresServer:
        """Into the folder of a server that is gone or new, with what Barman has of the segment not yet full."""
        self.run("archive-wal", "factcheck")
        self.run("restore", *target, str(server.cluster.pgdata))
        for partial in (self.home / "factcheck/streaming").glob("*.partial"):
            shutil.copy(partial, server.cluster.pgdata / "barman_wal" / partial.stem)
        for path in (server.cluster.pgdata, *server.cluster.pgdata.rglob("*")):
            give_to_server(server.cluster, path)
        server.start()
        server.sql("ALTER SYSTEM RESET synchronous_standby_names")  # Barman does not follow this one yet
        server.sql("SELECT pg_reload_conf()")
        wait_until(server, "SELECT pg_is_in_recovery()", "f")
        return server


def wait_until(server: PostgresServer, query: str, answer: str) -> None:
    for _ in range(200):
        if server.sql(query) == answer:
            return
        time.sleep(0.1)
    raise AssertionError(f"{query} is not {answer}.")


class Writer(threading.Thread):
    """Alice, who goes on while the backup is made. What was answered with 201 is acknowledged."""

    def __init__(self, server: PostgresServer) -> None:
        super().__init__()
        self.server = server
        self.acknowledged: list[str] = []
        self.is_wanted = True

    def run(self) -> None:
        with self.server.as_default():
            newsroom = Newsroom()
            while self.is_wanted:
                name = f"During {len(self.acknowledged)}"
                if newsroom.post(name).status_code == 201:
                    self.acknowledged.append(name)
                time.sleep(0.05)


@dataclass
class Lost:
    """What is left of a newsroom whose database server is gone: the backup, and what others have kept."""

    barman: Barman
    folder: Path
    new_servers: list[PostgresServer]
    acknowledged: list[str] = field(default_factory=list)
    moment: str = ""
    early_cursor: str = ""
    late_cursor: str = ""

    def keep_checkpoint(self, server: PostgresServer, name: str) -> None:
        assert manage(server, "follow", "seal", "--once")[0] == 0
        note = server.sql("SELECT note FROM journal_checkpoint ORDER BY size DESC LIMIT 1")
        (self.folder / name).write_text(note + "\n")

    def checked(self, server: PostgresServer, name: str) -> tuple[int, str]:
        """The exit status, and what is said after whose signature it is."""
        status, said = manage(server, "verify_checkpoint", str(self.folder / name))
        return status, said.strip().partition("\n")[2]


def manage(server: PostgresServer, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "DEBUG": "1",
            "DATABASE_URL": f"postgres://{USER}@/factcheck?host={server.cluster.sockets}",
            "JOURNAL_SIGNING_KEY": SIGNING_KEY,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def lost(django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Lost]:
    folder = tmp_path_factory.mktemp("barman")
    with django_db_blocker.unblock(), servers() as (primary, *others):
        with primary.make_database().as_default():
            call_command("migrate", verbosity=0)
            user_with_role("alice", "editor")
        barman = Barman(folder, primary)
        kept = Lost(barman, folder, others)
        try:
            fill(kept, primary)
        finally:
            with suppress(AssertionError):
                barman.run("receive-wal", "--stop", "factcheck")
        yield kept


def fill(lost: Lost, primary: PostgresServer) -> None:
    primary.sql(ROLES)
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'barman_receive_wal'")  # what is acknowledged, Barman has
    primary.sql("SELECT pg_reload_conf()")
    lost.barman.run("cron")
    wait_until(primary, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", "1")
    writer = Writer(primary)
    writer.start()
    try:
        lost.barman.run("switch-wal", "--force", "--archive", "factcheck")
        lost.barman.run("backup", "--wait", "factcheck")
    finally:
        writer.is_wanted = False
        writer.join()
    assert len(writer.acknowledged) > 20
    with primary.as_default():
        newsroom = Newsroom()
        newsroom.add("After the backup")
        lost.early_cursor = last_cursor(newsroom)
        lost.keep_checkpoint(primary, "early-note")
        primary.sql("SELECT pg_switch_wal()")  # so Barman has a whole segment too that it has not put to the others
        lost.moment = primary.sql("SELECT clock_timestamp()")
        time.sleep(0.1)
        nonsense = [f"Nonsense {number}" for number in range(15)]
        newsroom.add(*nonsense)
        lost.late_cursor = last_cursor(newsroom)
        lost.keep_checkpoint(primary, "late-note")
    lost.acknowledged = [*writer.acknowledged, "After the backup", *nonsense]
    primary.kill()
    shutil.rmtree(primary.cluster.pgdata)


def last_cursor(newsroom: Newsroom) -> str:
    cursor = ""
    while True:
        names, following = newsroom.read(cursor)
        if not names:
            return following
        cursor = following


def names_of(sources: Any) -> list[str]:
    return list(sources.order_by("id").values_list("name", flat=True))


def test_after_the_loss_of_the_disk_all_that_was_acknowledged_is_there_and_the_feed_goes_on(
    lost: Lost, capsys: Any
) -> None:
    server = lost.barman.restore(lost.new_servers[0], "--target-tli", "latest", "factcheck", "latest")
    with server.as_default():
        assert names_of(Source.objects) == lost.acknowledged
        newsroom = Newsroom()
        assert_closed(newsroom, lost.early_cursor)
        assert manage(server, "verify_journal")[0] == 0
        assert lost.checked(server, "late-note") == (0, "The journal has these very entries, in this order.")
        raise_epoch(capsys)
        newsroom.add("Next")
        assert newsroom.read(lost.late_cursor)[0] == ["Next"]
        assert newsroom.read(lost.early_cursor)[0] == [f"Nonsense {number}" for number in range(15)] + ["Next"]


def test_of_a_restore_to_a_moment_the_readers_and_the_kept_checkpoint_tell_what_is_gone(
    lost: Lost, capsys: Any
) -> None:
    to_the_moment = ["--target-time", lost.moment, "--target-action", "promote", "factcheck", "auto"]
    server = lost.barman.restore(lost.new_servers[1], *to_the_moment)
    with server.as_default():
        assert names_of(Source.objects) == lost.acknowledged[:-15]
        newsroom = Newsroom()
        assert_closed(newsroom, lost.early_cursor)
        assert manage(server, "verify_journal")[0] == 0
        assert lost.checked(server, "early-note") == (0, "The journal has these very entries, in this order.")
        size = Entry.objects.count()
        assert lost.checked(server, "late-note") == (
            1,
            f"The journal ends after {size} entries: at least 15 of the sealed ones are missing. "
            f"The first {size} are as the stored checkpoint says.",
        )
        raise_epoch(capsys)
        added = newsroom.add("Next", "And the next")
        assert newsroom.read(lost.early_cursor)[0] == ["Next", "And the next"]
        gone = newsroom.ask(lost.late_cursor)
        assert (gone.status_code, gone.json()["type"]) == (410, "urn:factcheck:problem:gone")
        assert added[0] > MARGIN
        lost.keep_checkpoint(server, "new-note")
        assert lost.checked(server, "new-note") == (0, "The journal has these very entries, in this order.")
        assert lost.checked(server, "early-note")[0] == 0
        assert lost.checked(server, "late-note") == (
            1,
            f"The journal ends after {size + 2} entries: at least 13 of the sealed ones are missing. "
            f"The first {size + 2} are as the stored checkpoint says.",
        )
