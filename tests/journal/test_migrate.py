from importlib import import_module

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from claims.verification import CHECKS
from factcheck.journal.models import Entry
from factcheck.journal.verification.ranges import Range
from factcheck.postgres.embedded import locate
from tests.newsroom import lift_truncate_guards

pytestmark = pytest.mark.django_db


def refusal_by_migrate() -> str:
    MigrationRecorder(connection).record_applied("journal", "0002_guards")
    with pytest.raises(CommandError) as refused:
        call_command("migrate", verbosity=0)
    return str(refused.value)


def test_a_database_from_before_0_1_is_refused_in_one_line_that_says_how_to_start_again():
    home = locate(connection.settings_dict["DATA_DIR"]).home
    assert refusal_by_migrate() == (
        f"The database in {home} was made by a development version before 0.1, and this version cannot use it. To keep "
        "articles, export the annotation document of each with the old checkout (/api/v1/articles/ID/annotations/) and "
        f"import it afterwards. To start again, move or remove {home}, or point DATABASE_URL to an empty database."
    )


def test_of_a_server_of_ones_own_it_names_the_database(monkeypatch):
    monkeypatch.delitem(connection.settings_dict, "DATA_DIR", raising=False)
    name = connection.settings_dict["NAME"]
    said = refusal_by_migrate()
    assert said.startswith(f"The database '{name}' was made by a development version before 0.1")
    assert said.endswith("To start again, point DATABASE_URL to an empty one.")


@pytest.mark.django_db(transaction=True)
def test_the_migrations_can_be_undone_and_applied_again(statement):
    before = connection.introspection.table_names()
    try:
        for app in ("claims", "sources", "journal"):
            call_command("migrate", app, "zero", verbosity=0)
        undone = set(before) - set(connection.introspection.table_names())
    finally:  # the tests after this one need the database too
        call_command("migrate", verbosity=0)
        lift_truncate_guards()
    assert {name.split("_")[0] for name in undone} == {"claims", "sources", "webhooks", "journal"}
    assert connection.introspection.table_names() == before


@pytest.mark.django_db(transaction=True)
def test_entries_keep_their_salts_while_the_column_is_taken_back_and_those_in_between_get_none(alice):
    before = list(Entry.objects.order_by("id").values_list("id", "salt"))
    try:
        call_command("migrate", "journal", "0005", verbosity=0)
        alice.groups.clear()
    finally:
        call_command("migrate", verbosity=0)
        lift_truncate_guards()
    User.objects.create_user("later")
    *kept, between, after = Entry.objects.order_by("id").values_list("id", "salt")
    assert kept == before
    assert (between[1], after[1] is None) == (None, False)
    assert changed_guards() == []


@pytest.mark.django_db(transaction=True)
def test_no_guard_is_missing_after_a_way_back_behind_the_migration_that_made_them_again():
    try:
        call_command("migrate", "claims", "0002", verbosity=0)
    finally:
        call_command("migrate", verbosity=0)
        lift_truncate_guards()
    [check] = [check for check in CHECKS if check.name == "guard"]
    with connection.cursor() as cursor:
        codes = {fault["code"] for fault in Range(check).read(cursor).faults}
    assert "guard_missing" not in codes


def test_guards_are_made_again_where_their_former_texts_lack_a_function_or_have_another_body():
    migration = import_module("claims.migrations.0003_make_guards_again").Migration
    with connection.schema_editor(atomic=False) as editor:
        editor.execute("DROP FUNCTION journal_require_read_committed, keep_id CASCADE")
        editor.execute("CREATE OR REPLACE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'")
        assert changed_guards() == ["journal_refuse", "journal_require_read_committed", "keep_id"]
        for operation in migration.operations:
            operation.database_forwards("claims", editor, None, None)
    assert changed_guards() == []


def changed_guards() -> list[str]:
    [check] = [check for check in CHECKS if check.name == "function"]
    with connection.cursor() as cursor:
        return sorted(fault["resource"] for fault in Range(check).read(cursor).faults)
