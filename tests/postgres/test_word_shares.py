"""How common words are is read from what ANALYZE has found."""

import pytest
from django.db import connection

from factcheck.postgres import word_shares
from factcheck.postgres.word_shares import WordShares


def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def table(db):
    run("CREATE TABLE said (words tsvector)")
    return WordShares("said", "words")


def test_a_table_that_nobody_has_analysed_has_no_shares(table):
    table.refresh()
    assert (table.rows, table.shares) == (-1, {})


def test_the_words_that_many_rows_have_are_known_with_their_share(table):
    run(
        "INSERT INTO said SELECT CASE WHEN n % 4 = 0 THEN 'all some' ELSE 'all' END::tsvector"
        " FROM generate_series(1, 400) n"
    )
    run("ANALYZE said")
    table.refresh()
    assert (table.rows, table.shares) == (400, {"all": 1.0, "some": 0.25})


def test_they_are_read_again_after_a_minute(table, monkeypatch):
    now = 1_000.0
    monkeypatch.setattr(word_shares.time, "monotonic", lambda: now)
    table.refresh()
    run("INSERT INTO said VALUES ('all'), ('all')")
    run("ANALYZE said")
    now += 60
    table.refresh()
    assert table.rows == -1
    now += 1
    table.refresh()
    assert (table.rows, table.shares) == (2, {"all": 1.0})
