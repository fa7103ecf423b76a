"""What is counted of the exchanges with the database, and which queries are logged as slow."""

import logging

import pytest
from django.db import connection, transaction

from factcheck.postgres import timing
from factcheck.postgres.prepared import execute_prepared
from factcheck.postgres.timing import TimedConnection, tally

pytestmark = pytest.mark.django_db(transaction=True)


def counted(work) -> int:
    connection.ensure_connection()
    before, waited = tally.exchanges, tally.seconds
    work()
    assert tally.seconds > waited or tally.exchanges == before
    return tally.exchanges - before


def in_a_transaction() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE counted (n int) ON COMMIT DROP")
        with cursor.copy("COPY counted FROM STDIN") as copy:
            copy.write("1\n")


@pytest.mark.parametrize(
    ("work", "exchanges"),
    [
        (lambda: execute_prepared("SELECT 1", ()), 1),
        (lambda: connection.cursor().execute("SELECT 1"), 1),
        (lambda: None, 0),
    ],
)
def test_each_way_to_the_database_is_counted_once(work, exchanges):
    assert counted(work) == exchanges


def test_copies_and_commits_are_counted_too():
    assert counted(in_a_transaction) >= 3


def test_a_connection_without_a_pool_is_counted_as_well():
    made = timing.timed.connect(**{**connection.get_connection_params(), "autocommit": True})
    with made:
        assert isinstance(made, TimedConnection)


def test_a_slow_query_is_logged_without_its_values(monkeypatch, caplog):
    monkeypatch.setattr(timing, "SLOW", 0.02)
    with caplog.at_level(logging.WARNING, "factcheck.database"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.execute("SELECT pg_sleep(0.03), %s, 'it''s written', 7", ["a-secret"])
    (record,) = caplog.records
    assert record.fields["query"] == "SELECT pg_sleep(0.03), %s, '?', 7"
    assert "a-secret" not in record.getMessage()
