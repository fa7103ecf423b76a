"""`manage.py follow vectors`, with what it finds there already, and killed."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from claims.vectors.table import has_table
from factcheck.journal.followers import lags
from factcheck.journal.seal.notes import make_key
from tests.journal.test_followers import eventually, process

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = """
import sys, django
django.setup()
from django.core.management import call_command
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
call_command("follow", "vectors")
"""
TABLE = "claims_statementvector_minilm"


def rows(columns):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {TABLE} ORDER BY statement")
        return cursor.fetchall()


@pytest.fixture(autouse=True)
def _with_a_model(settings):
    settings.MATCHING_MODEL = "minilm"
    settings.JOURNAL_SIGNING_KEY = str(make_key("factcheck.example"))
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")


def follow(*names):
    call_command("follow", *names, once=True)


def test_it_begins_with_what_is_there_and_goes_on_with_what_is_written(record):
    recorded = [record(f"The minister said no {n} times.").pk for n in range(40)]
    assert lags(["vectors"])[0].entries > 40
    follow("vectors")
    assert rows("statement") == [(pk,) for pk in recorded]
    later = record("He said yes.").pk
    follow()
    assert rows("statement")[-1] == (later,)
    assert lags(["vectors"])[0].entries == 0


def test_one_that_was_killed_goes_on_where_it_ended_and_makes_nothing_twice(record):
    recorded = [record(f"The minister said no {n} times.").pk for n in range(200)]
    killed = process("-c", STEPS, connection.settings_dict["NAME"])
    eventually(lambda: has_table() and rows("statement"))
    killed.kill()
    killed.communicate()
    before = rows("statement, ctid")
    assert len(before) > 0
    follow("vectors")
    assert rows("statement") == [(pk,) for pk in recorded]
    assert rows("statement, ctid")[: len(before)] == before


def test_without_a_model_it_ends_at_once_with_a_sentence_and_the_others_go_on(record, settings):
    settings.MATCHING_MODEL = "none"
    with pytest.raises(CommandError, match="MATCHING_MODEL is none, so no vectors are made"):
        follow("vectors")
    record("He said yes.")
    follow()
    assert lags(["seal"])[0].entries == 0
