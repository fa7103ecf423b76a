"""A tag and its entry are written by one SQL statement, also while another transaction writes the same row."""

from threading import Event, Thread

import pytest
from django.db import connections, transaction

from claims import services
from claims.models import Statement
from factcheck.errors import StaleVersion
from factcheck.journal.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)


def tag(statement, alice, versions=None):
    services.tag_statement(
        statement_id=statement.pk, versions=versions, actor=alice, tag="denied", reason="She denies it."
    )


def while_the_chain_changes(statement, minister, alice, act):
    """Runs `act` while another transaction holds the row. Returns the exceptions it raised."""
    changed, done, raised = Event(), Event(), []

    def change():
        with transaction.atomic():
            services.update_statement(statement_id=statement.pk, versions=None, actor=alice, via=[minister])
            changed.set()
            done.wait(0.5)  # time for the other thread to reach the lock
        connections.close_all()

    def wait():
        try:
            act()
        except Exception as error:
            raised.append(error)
        connections.close_all()

    threads = [Thread(target=change), Thread(target=wait)]
    threads[0].start()
    assert changed.wait(10)
    threads[1].start()
    for thread in threads:
        thread.join()
    return raised


def entries(statement):
    found = Entry.objects.of("statement", statement.pk).order_by("version")
    return [(entry.version, entry.action, entry.data["via"], entry.data["tag"]) for entry in found]


def test_who_waited_for_the_row_records_the_chain_that_was_written_meanwhile(statement, minister, alice):
    assert while_the_chain_changes(statement, minister, alice, lambda: tag(statement, alice)) == []
    assert entries(statement) == [
        (1, "statement.created", [], "unverified"),
        (2, "statement.updated", [minister.pk], "unverified"),
        (3, "statement.tagged", [minister.pk], "denied"),
    ]


def test_who_waited_for_a_version_that_is_gone_by_now_writes_nothing(statement, minister, alice):
    [error] = while_the_chain_changes(statement, minister, alice, lambda: tag(statement, alice, frozenset({1})))
    assert isinstance(error, StaleVersion)
    assert [version for version, *_ in entries(statement)] == [1, 2]


def test_a_version_that_nobody_has_seen_yet_may_be_the_one_that_is_waited_for(statement, minister, alice):
    assert while_the_chain_changes(statement, minister, alice, lambda: tag(statement, alice, frozenset({1, 2}))) == []
    assert entries(statement)[-1] == (3, "statement.tagged", [minister.pk], "denied")


def test_a_statement_that_is_not_there_cannot_be_tagged(statement, alice):
    statement.pk += 1
    with pytest.raises(Statement.DoesNotExist):
        tag(statement, alice)
