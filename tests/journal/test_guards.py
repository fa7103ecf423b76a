"""The database itself refuses forbidden writes, whoever makes them: each attempt here is raw SQL.

Over 400 lines: a catalogue of forbidden writes in raw SQL, one for each way around a guard.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from claims import services as claims
from factcheck.journal.models import Recorded
from sources.services import create_source, delete_source
from tests.journal.world import (
    ADD_RELAY,
    APPEND_ONLY,
    COLUMN,
    COPY,
    DELETE,
    REMOVE_RELAYS,
    REPLACE_RELAY,
    TABLES,
    UPDATE,
    WRITES,
    World,
    committing,
    every_resource,
    refused,
    refused_at_commit,
    rows,
    sql,
    with_real_commits,
)

pytestmark = pytest.mark.django_db

# Each write has its entry


@every_resource
def test_an_update_with_its_true_entry_commits(world: World, resource: str) -> None:
    with committing():
        world.write(UPDATE, resource)
        world.enter(resource, f"{resource}.updated", 0)
    assert rows(f"SELECT {COLUMN[resource]}, version FROM {TABLES[resource]} WHERE id = %s", world.ids[resource]) == [
        ("rewritten", 2)
    ]


@every_resource
def test_a_deletion_with_its_entry_commits(world: World, resource: str) -> None:
    with committing():
        world.enter(resource, f"{resource}.deleted", 1)
        world.write(DELETE, resource)
    assert rows(f"SELECT id FROM {TABLES[resource]} WHERE id = %s", world.ids[resource]) == []


@every_resource
def test_an_update_without_its_entry_cannot_commit(world: World, resource: str) -> None:
    with refused("journal_entry_required"):
        world.write(UPDATE, resource)


@every_resource
def test_an_insert_without_its_entry_cannot_commit(world: World, resource: str) -> None:
    with refused("journal_entry_required"):
        world.copy(resource)


@every_resource
def test_a_deletion_without_its_entry_cannot_commit(world: World, resource: str) -> None:
    with refused("journal_entry_required"):
        world.write(DELETE, resource)


@every_resource
def test_one_entry_does_not_cover_two_updates(world: World, resource: str) -> None:
    with refused("journal_entry_required"):
        world.write(UPDATE, resource)
        world.enter(resource, f"{resource}.updated", 0)
        world.write(UPDATE, resource)


def test_a_relay_added_to_the_chain_without_an_entry_cannot_commit(world: World) -> None:
    with refused("journal_entry_is_true"):
        sql(ADD_RELAY, world.ids["source"], world.chained)


def test_a_relay_replaced_in_the_chain_without_an_entry_cannot_commit(world: World) -> None:
    with refused("journal_entry_is_true"):
        sql(REPLACE_RELAY, world.ids["source"], world.chained)


def test_a_relay_removed_from_the_chain_without_an_entry_cannot_commit(world: World) -> None:
    with refused("journal_entry_is_true"):
        sql(REMOVE_RELAYS, world.ids["source"], world.chained)


# Versions


@every_resource
@pytest.mark.parametrize("step", [0, 2, -1])
def test_an_update_that_does_not_raise_the_version_by_one_is_refused(world: World, resource: str, step: int) -> None:
    with refused("version_rises_by_one"):
        world.write("UPDATE {table} SET {column} = 'rewritten', version = version + %s WHERE id = %s", resource, step)


@every_resource
def test_a_row_that_begins_at_another_version_than_one_is_refused(world: World, resource: str) -> None:
    with refused("version_rises_by_one"):
        world.copy(resource, version=2)


# Entries are true


@every_resource
def test_an_entry_whose_data_differs_from_the_row_is_refused(world: World, resource: str) -> None:
    with refused("journal_entry_is_true"):
        world.write(UPDATE, resource)
        world.enter(resource, f"{resource}.updated", 0, json.dumps({COLUMN[resource]: "harmless"}))


@every_resource
def test_an_entry_that_calls_an_update_a_deletion_is_refused(world: World, resource: str) -> None:
    with refused("journal_entry_has_its_write"):
        world.write(UPDATE, resource)
        world.enter(resource, f"{resource}.deleted", 0)


@every_resource
def test_an_entry_that_calls_a_deletion_an_update_is_refused(world: World, resource: str) -> None:
    with refused("journal_entry_has_its_write"):
        world.enter(resource, f"{resource}.updated", 1)
        world.write(DELETE, resource)


def test_a_backdated_entry_gets_the_real_time_and_transaction(world: World) -> None:
    world.write(UPDATE, "source")
    sql(
        """
        INSERT INTO journal_entry (at, transaction, actor, action, resource, resource_id, version, reason, data)
        SELECT '2001-01-01Z', 1, %s, 'source.updated', 'source', r.id, r.version, '', to_jsonb(r)
        FROM sources_source r WHERE r.id = %s
        """,
        world.actor.pk, world.ids["source"],
    )  # fmt: skip
    assert rows(
        """
        SELECT at BETWEEN now() AND clock_timestamp(), transaction = pg_current_xact_id()::text::bigint
        FROM journal_entry WHERE resource = 'source' AND resource_id = %s AND version = 2
        """,
        world.ids["source"],
    ) == [(True, True)]


# The record is append-only


@pytest.mark.parametrize(("table", "column"), [("journal_entry", "reason"), ("claims_articlerevision", "text")])
def test_the_record_cannot_be_updated(world: World, table: str, column: str) -> None:
    with refused("record_is_append_only"):
        sql(f"UPDATE {table} SET {column} = 'never happened'")


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_record_cannot_be_deleted(world: World, table: str) -> None:
    with refused("record_is_append_only"):
        sql(f"DELETE FROM {table}")


@pytest.mark.parametrize("table", [*APPEND_ONLY, *TABLES.values(), "claims_statementvia"])
def test_no_table_of_the_record_can_be_truncated(world: World, table: str) -> None:
    with refused("record_is_append_only"):
        sql(f"ALTER TABLE {table} ENABLE TRIGGER no_truncate")  # it is disabled in test databases
        sql(f"TRUNCATE {table} CASCADE")


# The same at a real COMMIT; the tests above run the deferred guards before it


@with_real_commits
@every_resource
@pytest.mark.parametrize("write", WRITES)
def test_no_write_without_its_entry_survives_its_commit(world: World, resource: str, write: str) -> None:
    with refused_at_commit("journal_entry_required"):
        WRITES[write](world, resource)


@with_real_commits
@every_resource
@pytest.mark.parametrize("step", [0, 2])
def test_no_leap_of_the_version_survives_its_commit_though_it_has_an_entry(
    world: World, resource: str, step: int
) -> None:
    with refused_at_commit("version_rises_by_one"):
        world.write("UPDATE {table} SET {column} = 'rewritten', version = version + %s WHERE id = %s", resource, step)
        if step:  # version 1 has the entry of its creation
            world.enter(resource, f"{resource}.updated", 0)


@pytest.fixture
def foretelling(transactional_db: None) -> Iterator[None]:
    """Allows an entry to be committed before its write. Only the owner of the tables can do that."""
    for trigger in ("journal_entry_true", "deletion_required"):
        sql(f"ALTER TABLE journal_entry DISABLE TRIGGER {trigger}")
    yield
    for trigger in ("journal_entry_true", "deletion_required"):
        sql(f"ALTER TABLE journal_entry ENABLE TRIGGER {trigger}")


@with_real_commits
@pytest.mark.usefixtures("foretelling")
@every_resource
def test_an_entry_that_an_earlier_transaction_wrote_does_not_cover_an_update(world: World, resource: str) -> None:
    world.enter(resource, f"{resource}.updated", 1, json.dumps({COLUMN[resource]: "rewritten", "version": 2}))
    with refused_at_commit("journal_entry_required"):
        world.write(UPDATE, resource)


@with_real_commits
@pytest.mark.usefixtures("foretelling")
@every_resource
def test_an_entry_that_an_earlier_transaction_wrote_does_not_cover_a_deletion(world: World, resource: str) -> None:
    world.enter(resource, f"{resource}.deleted", 1)
    with refused_at_commit("journal_entry_required"):
        world.write(DELETE, resource)


@with_real_commits
@pytest.mark.usefixtures("foretelling")
def test_an_entry_that_an_earlier_transaction_wrote_does_not_cover_an_insert(world: World) -> None:
    sql(
        """
        INSERT INTO journal_entry (actor, action, resource, resource_id, version, reason, data)
        SELECT %s, 'source.created', 'source', %s, 1, '', to_jsonb(r) || %s::jsonb FROM sources_source r WHERE r.id = %s
        """,
        world.actor.pk, COPY, json.dumps({"id": COPY}), world.ids["source"],
    )  # fmt: skip
    with refused_at_commit("journal_entry_required"):
        world.copy("source")


@with_real_commits
@pytest.mark.usefixtures("foretelling")
@pytest.mark.parametrize("foretold", [False, True], ids=["no entry", "an earlier entry"])
@pytest.mark.parametrize("change", [ADD_RELAY, REPLACE_RELAY, REMOVE_RELAYS], ids=["add", "replace", "remove"])
def test_no_change_of_a_chain_without_an_entry_of_its_statement_survives_its_commit(
    world: World, change: str, foretold: bool
) -> None:
    lone, relay = world.ids["source"], world.relay
    chain = {ADD_RELAY: [relay, lone], REPLACE_RELAY: [lone], REMOVE_RELAYS: []}[change]
    if foretold:
        sql(
            """
            INSERT INTO journal_entry (actor, action, resource, resource_id, version, reason, data)
            VALUES (%s, 'statement.updated', 'statement', %s, 2, '', %s)
            """,
            world.actor.pk, world.chained, json.dumps({"via": chain}),
        )  # fmt: skip
    with refused_at_commit("journal_entry_required"):
        assert sql(change, lone, world.chained) == 1


# Gaps that earlier guards had


@with_real_commits
def test_a_relay_moved_to_another_statement_needs_the_entries_of_both(world: World) -> None:
    bare = world.ids["statement"]
    with refused_at_commit("journal_entry_required"):
        world.write(UPDATE, "statement")
        sql("UPDATE claims_statementvia SET statement = %s WHERE statement = %s", bare, world.chained)
        world.enter("statement", "statement.updated", 0, json.dumps({"via": [world.relay]}))


@with_real_commits
@pytest.mark.parametrize("forged", [{"via": None}, {"via": [7]}], ids=["no chain", "another chain"])
def test_an_entry_that_does_not_show_the_chain_is_refused(world: World, forged: dict[str, Any]) -> None:
    with refused_at_commit("journal_entry_is_true"):
        world.write(UPDATE, "statement")
        world.enter("statement", "statement.updated", 0, json.dumps(forged))


@with_real_commits
@every_resource
@pytest.mark.parametrize(("action", "step"), [("updated", 1), ("updated", 98), ("deleted", 1)])
def test_an_entry_without_its_write_cannot_commit(world: World, resource: str, action: str, step: int) -> None:
    with refused_at_commit("journal_entry_has_its_write"):
        world.enter(resource, f"{resource}.{action}", step)


@with_real_commits
def test_an_entry_about_a_row_that_never_was_cannot_commit(world: World) -> None:
    with refused_at_commit("journal_entry_has_its_write"):
        sql(
            """
            INSERT INTO journal_entry (actor, action, resource, resource_id, version, reason, data)
            VALUES (%s, 'source.created', 'source', %s, 1, '', '{}')
            """,
            world.actor.pk, COPY,
        )  # fmt: skip


@with_real_commits
def test_a_row_made_and_deleted_in_one_transaction_keeps_both_entries(world: World) -> None:
    with transaction.atomic():
        made = create_source(name="Brief", kind="person", actor=world.actor)
        delete_source(source_id=made.pk, versions=None, actor=world.actor)
    entries = rows(
        "SELECT action FROM journal_entry WHERE resource = 'source' AND resource_id = %s ORDER BY id", made.pk
    )
    assert entries == [("source.created",), ("source.deleted",)]


def test_every_recorded_table_is_known_to_the_guard_of_entries(world: World) -> None:
    recorded = {model.journal_resource for model in apps.get_models() if issubclass(model, Recorded)}
    assert recorded == set(world.ids)


# Rules about the rows themselves


def test_two_sources_cannot_be_parts_of_each_other(world: World) -> None:
    part_of = "UPDATE sources_source SET part_of = %s, version = version + 1 WHERE id = %s"
    with refused("source_part_of_acyclic"):
        sql(part_of, world.relay, world.speaker)
        sql(part_of, world.speaker, world.relay)


def test_an_article_whose_text_is_not_its_revision_cannot_commit(world: World) -> None:
    with refused("article_text_is_its_revision"):
        world.write("UPDATE {table} SET text = 'Other words.', version = version + 1 WHERE id = %s", "article")
        world.enter("article", "article.updated", 0)


@pytest.mark.parametrize("change", ["text = 'words nobody wrote'", "start = start + 1", "revision = 2"])
def test_a_statement_moved_off_its_passage_is_refused(world: World, change: str) -> None:
    with refused("statement_text_is_its_passage"):
        world.write(f"UPDATE {{table}} SET {change}, version = version + 1 WHERE id = %s", "statement")
        world.enter("statement", "statement.updated", 0)


def test_a_new_statement_whose_text_is_not_the_passage_is_refused(world: World) -> None:
    with refused("statement_text_is_its_passage"):
        world.copy("statement", text="words nobody wrote")


LONG = "".join(f"{number:05d} \U0001f600 " for number in range(2000))  # 16,000 code points, more bytes
INSERT_PASSAGES = """
    INSERT INTO claims_statement (version, article, key, text, start, "end", prefix, suffix, revision, anchor,
        paraphrase, quote_type, source, tag, tag_reason)
    SELECT 1, %s, 'place-' || place, words, place, place + char_length(words), '', '', 1, 'anchored',
        '', 'indirect', %s, 'unverified', ''
    FROM unnest(%s::integer[], %s::text[]) AS given(place, words)
"""


@pytest.mark.parametrize("stray", [None, 0, 2, 3, 6])
def test_of_many_statements_in_one_insert_each_must_be_its_passage(world: World, stray: int | None) -> None:
    article = claims.create_article(title="Long", text=LONG, actor=world.actor).pk
    places = [
        0,
        4000,
        4095,
        4096,
        4097,
        12_287,
        15_790,
    ]  # some cross the edges of the guard's stretches
    passages = [LONG[place : place + 200] for place in places]
    if stray is not None:
        passages[stray] = LONG[places[stray] + 1 : places[stray] + 201]
    with refused("journal_entry_required" if stray is None else "statement_text_is_its_passage"):
        assert sql(INSERT_PASSAGES, article, world.speaker, places, passages) == 7


@pytest.mark.parametrize("stray", [None, 0, 2, 3, 6])
def test_of_many_statements_moved_in_one_update_each_must_be_its_passage(world: World, stray: int | None) -> None:
    article = claims.create_article(title="Long", text="_" + LONG, actor=world.actor)
    ids = [
        claims.create_statement(
            article=article, source_id=world.speaker, start=place + 1, end=place + 201, actor=world.actor
        ).pk
        for place in [0, 4000, 4095, 4096, 4097, 12_287, 15_790]
    ]
    claims.update_article(article_id=article.pk, versions=None, text=LONG + "!", found={}, actor=world.actor)
    assert rows("SELECT count(*) FROM claims_statement WHERE article = %s AND revision = 2", article.pk) == [(7,)]
    moved_back = """
        UPDATE claims_statement SET revision = 1, version = version + 1,
            start = start + 1 + (id = %s)::integer, "end" = "end" + 1 + (id = %s)::integer WHERE article = %s
    """
    wrong = 0 if stray is None else ids[stray]
    with refused("journal_entry_required" if stray is None else "statement_text_is_its_passage"):
        assert sql(moved_back, wrong, wrong, article.pk) == 7


def test_a_statement_that_takes_another_id_must_be_its_passage_too(world: World) -> None:
    with refused("statement_text_is_its_passage"):
        world.write("UPDATE {table} SET id = id + 1000, text = 'words nobody wrote' WHERE id = %s", "statement")


def test_a_new_statement_of_a_revision_that_is_not_there_is_refused(world: World) -> None:
    with refused("statement_text_is_its_passage"):
        world.copy("statement", revision=2)


def test_a_statement_cannot_dispute_itself(world: World) -> None:
    with refused("dispute_not_with_itself"):
        world.write("UPDATE {table} SET counter_statement = statement, version = version + 1 WHERE id = %s", "dispute")


@pytest.mark.parametrize("state", ["upheld", "rejected", "withdrawn"])
def test_a_dispute_resolved_without_a_resolution_is_refused(world: World, state: str) -> None:
    with refused("dispute_resolution_whole_or_absent"):
        world.write(
            "UPDATE {table} SET state = %s, resolved_by = %s, resolved_at = now(), version = version + 1 WHERE id = %s",
            "dispute", state, world.actor.pk,
        )  # fmt: skip


def test_a_dispute_resolved_by_nobody_is_refused(world: World) -> None:
    with refused("dispute_resolution_whole_or_absent"):
        world.write(
            "UPDATE {table} SET state = 'upheld', resolution = 'So it is.', version = version + 1 WHERE id = %s",
            "dispute",
        )


def test_every_guard_has_a_fixed_search_path(world: World) -> None:
    without = """
        SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = current_schema() AND p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')
        AND NOT 'search_path=' || n.nspname || ', pg_temp' = ANY(coalesce(p.proconfig, '{}'))
    """
    assert rows(without) == []


@with_real_commits
def test_a_temporary_table_does_not_stand_in_for_the_journal(world: World) -> None:
    sql("CREATE TEMPORARY TABLE journal_entry (LIKE public.journal_entry INCLUDING DEFAULTS)")
    try:
        with refused_at_commit("journal_entry_required"):
            sql(
                """
                INSERT INTO journal_entry (id, actor, action, resource, resource_id, version, reason, data, transaction)
                SELECT 1, %s, 'source.updated', 'source', id, 2, '',
                    to_jsonb(r) || '{"version": 2, "name": "rewritten"}', pg_current_xact_id()::text::bigint
                FROM sources_source r WHERE id = %s
                """,
                world.actor.pk, world.ids["source"],
            )  # fmt: skip
            sql("UPDATE sources_source SET name = 'rewritten', version = 2 WHERE id = %s", world.ids["source"])
    finally:
        sql("DROP TABLE pg_temp.journal_entry")


@every_resource
def test_the_id_of_a_row_that_was_deleted_is_not_used_again_in_its_transaction(world: World, resource: str) -> None:
    """The new row could pass with the entries of the deleted one: each was true when the guard checked it."""
    copy = World(**vars(world) | {"ids": world.ids | {resource: COPY}})
    with refused("journal_entry_is_true"):
        world.copy(resource)
        copy.enter(resource, "dispute.opened" if resource == "dispute" else f"{resource}.created", 0)
        copy.enter(resource, f"{resource}.deleted", 1)
        copy.write(DELETE, resource)
        world.copy(resource)
