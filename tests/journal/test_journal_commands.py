"""The journal's commands, from their arguments to what they print and how they end."""

import io
import json
import sys
from contextlib import ExitStack
from io import StringIO
from types import SimpleNamespace

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from factcheck.errors import Unavailable
from factcheck.journal.commands import actor_of_command
from factcheck.journal.epoch import first_open_transaction, raise_epoch
from factcheck.journal.models import Entry
from factcheck.journal.seal import notes
from factcheck.journal.seal.models import Checkpoint
from factcheck.journal.seal.services import append, sign
from sources.services import create_source
from tests.journal.world import rows, sql

pytestmark = pytest.mark.django_db
CLOSED = (
    "The database was restored, promoted or upgraded. Until an operator has run `manage.py journal_epoch --raise`, the "
    "journal cannot be read as a feed."
)


# Who writes


def test_a_command_without_a_name_writes_as_a_user_as_whom_nobody_can_log_in():
    actor = actor_of_command(None)
    assert (actor.username, actor.is_active, actor.password) == ("command-line", False, "!")
    assert actor_of_command(None) == actor
    assert actor_of_command("command-line") == actor


def test_a_command_writes_as_the_named_user_who_must_be_there(alice):
    User.objects.create_user("bob")
    assert actor_of_command("alice") == alice
    with pytest.raises(CommandError, match=r"^There is no user 'carol'\.$"):
        actor_of_command("carol")
    assert not User.objects.filter(username__in=["carol", "command-line"]).exists()


# Checkpoints


@pytest.fixture
def kept(alice, tmp_path):
    """The note of a sealed journal and the key that it is signed with, each in a file."""
    for n in range(3):
        create_source(actor=alice, name=f"Source {n}", kind="person")
    sign(append(list(Entry.objects.order_by("transaction", "id"))), notes.make_key("desk.example"))
    checkpoint = Checkpoint.objects.get()
    (tmp_path / "note").write_text(checkpoint.note)
    (tmp_path / "key").write_text(checkpoint.key)
    return SimpleNamespace(
        note=str(tmp_path / "note"), key_file=str(tmp_path / "key"), key=checkpoint.key, text=checkpoint.note,
        size=checkpoint.size, root=checkpoint.root, place=tmp_path,
    )  # fmt: skip


def verify(*arguments):
    shown, status = StringIO(), 0
    try:
        call_command("verify_checkpoint", *arguments, stdout=shown)
    except SystemExit as end:
        status = end.code
    except CommandError as error:
        return error.returncode, str(error)
    return status, shown.getvalue()


def agrees(kept):
    signed = f"Checkpoint of {kept.size} entries, signed by {kept.key}."
    return 0, f"{signed}\nThe journal has these very entries, in this order.\n"


def test_a_checkpoint_is_compared_with_the_entries_by_any_of_the_keys_given(kept):
    other = str(notes.make_key("other.example").public)
    assert verify(kept.note) == agrees(kept)
    for keys in ([kept.key], [kept.key_file], [other, kept.key], [kept.key_file, other]):
        assert verify(kept.note, *(f"--key={key}" for key in keys)) == agrees(kept)
    assert verify(kept.note, "--key", other)[0] == 1
    assert verify(kept.note, "--key", "x")[0] == 2


def test_a_checkpoint_may_come_from_standard_input(kept, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(kept.text.encode())))
    assert verify("-") == agrees(kept)


def test_the_findings_are_printed_as_json(kept):
    status, said = verify(kept.note, "--json")
    found = json.loads(said)
    assert (status, found["agrees"], found["faults"], found["size"], found["key"]) == (0, True, [], kept.size, kept.key)


def test_what_was_changed_is_named_and_the_status_is_one(kept):
    last = Entry.objects.order_by("transaction", "id").last().pk
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("ALTER TABLE journal_entry DISABLE TRIGGER ALL")
    sql("UPDATE journal_entry SET reason = 'because' WHERE id = %s", last)
    sql("ALTER TABLE journal_entry ENABLE TRIGGER ALL, DISABLE TRIGGER no_truncate")
    status, said = verify(kept.note)
    assert (status, said.splitlines()[:2]) == (
        1, [f"Checkpoint of {kept.size} entries, signed by {kept.key}.", f"Entry {last} is not what was sealed."],
    )  # fmt: skip
    status, said = verify(kept.note, "--json")
    assert (status, json.loads(said)["agrees"]) == (1, False)


def test_without_a_signature_of_a_known_key_the_status_is_one_and_without_a_checkpoint_two(kept):
    forged = kept.place / "forged"
    text = notes.checkpoint_text("desk.example", kept.size, bytes(32))
    forged.write_text(notes.sign(text, notes.make_key("desk.example")))
    assert verify(str(forged), f"--key={kept.key}")[0] == 1
    forged.write_text("no note")
    assert verify(str(forged)) == (2, "This holds no whole checkpoint, with its signature.")
    missing = str(kept.place / "missing")
    status, said = verify(missing)
    assert (status, said.startswith(f"{missing} cannot be read: [Errno 2]")) == (2, True)


def test_a_journal_that_cannot_be_read_is_told_in_one_line(kept):
    sql("ALTER TABLE journal_entry RENAME COLUMN reason TO why")
    status, said = verify(kept.note)
    assert status == 2
    assert said.startswith("The journal cannot be read: column ")
    assert "\n" not in said
    assert "  " not in said


# The epoch


def say_epoch(*arguments):
    shown = StringIO()
    call_command("journal_epoch", *arguments, stdout=shown)
    return shown.getvalue()


def of_another_cluster():
    sql("UPDATE journal_epoch SET timeline = timeline + 1")


def not_confirmed():
    sql("UPDATE journal_epoch SET confirmed = false")


@pytest.mark.parametrize("change", [of_another_cluster, not_confirmed])
def test_the_feed_is_closed_until_the_epoch_is_raised_for_this_server(alice, change):
    [(since,)] = rows("SELECT to_char(raised_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') FROM journal_epoch")
    assert say_epoch() == f"The epoch of {since} UTC fits this database server: the feed is open.\n"
    before = first_open_transaction()
    change()
    with pytest.raises(Unavailable) as closed:
        first_open_transaction()
    assert closed.value.detail == CLOSED
    refused = (
        rf"^The epoch of {since} UTC is not confirmed for this database server: the feed is closed\. "
        r"If this is the database to go on with, run `manage\.py journal_epoch --raise`\.$"
    )
    with pytest.raises(CommandError, match=refused):
        say_epoch()
    assert say_epoch("--raise") == "The epoch is raised: the feed is open.\n"
    assert first_open_transaction() > before
    assert say_epoch().endswith(" fits this database server: the feed is open.\n")


def test_the_first_open_transaction_is_the_one_that_asks_if_it_has_written(alice):
    [(base, own)] = rows("SELECT base, pg_current_xact_id()::text::bigint FROM journal_epoch")
    assert first_open_transaction() == base + own
    create_source(actor=alice, name="A source", kind="person")
    assert Entry.objects.latest("id").transaction == base + own


@pytest.mark.django_db(transaction=True)
def test_the_first_open_transaction_is_the_oldest_of_this_database_that_has_written(alice):
    [(base,)] = rows("SELECT base FROM journal_epoch")
    database = connection.settings_dict
    with ExitStack() as stack:
        foreign, older, newer = (
            stack.enter_context(
                psycopg.connect(host=database["HOST"], port=database["PORT"], user=database["USER"], dbname=name)
            )
            for name in ("postgres", database["NAME"], database["NAME"])
        )
        ids = [
            each.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()[0] for each in (foreign, older, newer)
        ]
        create_source(actor=alice, name="Later", kind="person")
        assert first_open_transaction() == base + ids[1]
        older.rollback()
        assert first_open_transaction() == base + ids[2]
        newer.rollback()
        assert first_open_transaction() > Entry.objects.latest("id").transaction > base + ids[2]
    assert first_open_transaction() > base + ids[2]


def test_the_epoch_is_raised_while_nobody_writes_entries(alice):
    raise_epoch()
    assert rows(
        "SELECT mode FROM pg_locks WHERE relation = 'journal_entry'::regclass AND pid = pg_backend_pid() "
        "AND mode = 'ShareRowExclusiveLock'"
    )


def test_only_the_owner_of_the_tables_raises_the_epoch(alice, monkeypatch):
    sql("CREATE ROLE reader_of_the_feed")
    sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader_of_the_feed")
    sql("SET ROLE reader_of_the_feed")
    with pytest.raises(CommandError, match=r"^Only the owner of the tables can raise the epoch\.$"):
        say_epoch("--raise")
    connection.set_rollback(True)


def test_another_error_is_not_told_as_a_lack_of_rights(alice):
    sql("ALTER TABLE journal_epoch RENAME TO epoch_of_the_journal")
    with pytest.raises(DatabaseError, match="does not exist"):
        say_epoch("--raise")
    connection.set_rollback(True)
