"""An entry is equal to its row, and what has no row has no entry: forgeries in raw SQL, with all guards on."""

import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest

from claims import services as claims
from claims.models import Article, ArticleRevision, Statement
from factcheck.journal.models import Entry
from sources.models import Source, SourceRedirect
from sources.services import create_source, delete_source
from tests.journal.world import COLUMN, COPY, UPDATE, World, committing, every_resource, refused, rows, sql

pytestmark = pytest.mark.django_db

BY_ANOTHER = "(SELECT max(id) FROM auth_user)"


@pytest.fixture
def named(world: World) -> int:
    """A source with two aliases."""
    with committing():
        return create_source(name="Jane", kind="person", aliases=["J", "Jay"], same_as=["https://a.example"],
                             actor=world.actor).pk  # fmt: skip


def enter_source(
    world: World, source: int, action: str, data: str, *parameters: Any, step: int = 0, reason: str = ""
) -> None:
    """An entry of the source, with SQL for its data."""
    sql(
        f"INSERT INTO journal_entry (actor, action, resource, resource_id, version, reason, data) "
        f"SELECT %s, %s, 'source', r.id, r.version + %s, %s, {data} FROM sources_source r WHERE r.id = %s",
        world.actor.pk, f"source.{action}", step, reason, *parameters, source,
    )  # fmt: skip


# Its data


@pytest.mark.parametrize(
    "data",
    [
        'to_jsonb(r) || \'{"aliases": ["J", "Jay"]}\'',
        'to_jsonb(r) || \'{"aliases": ["J", "J"]}\'',
        "to_jsonb(r) || jsonb_build_object('version', (r.version || '.0')::jsonb)",
        "to_jsonb(r) || '{\"more\": 1}'",
        "to_jsonb(r) - 'description'",
        "jsonb_build_array(to_jsonb(r))",
        "to_jsonb(r) || '{\"part_of\": 0}'",
    ],
    ids=[
        "an array with more",
        "an array twice the same",
        "2.0 for 2",
        "one key more",
        "one key less",
        "a list",
        "null",
    ],
)
def test_an_entry_that_merely_contains_its_row_is_refused(world: World, named: int, data: str) -> None:
    with refused("journal_entry_is_true"):
        sql("UPDATE sources_source SET aliases = '{J}', version = version + 1 WHERE id = %s", named)
        enter_source(world, named, "updated", data)


def test_an_entry_with_another_order_of_an_array_is_refused(world: World, named: int) -> None:
    with refused("journal_entry_is_true"):
        sql("UPDATE sources_source SET aliases = '{Jay,J}', version = version + 1 WHERE id = %s", named)
        enter_source(world, named, "updated", 'to_jsonb(r) || \'{"aliases": ["J", "Jay"]}\'')


@every_resource
def test_an_entry_of_a_deletion_that_shows_another_last_state_is_refused(world: World, resource: str) -> None:
    with refused("journal_entry_is_true"):
        world.enter(resource, f"{resource}.deleted", 1, json.dumps({COLUMN[resource]: "harmless"}))
        world.write("DELETE FROM {table} WHERE id = %s", resource)


@every_resource
def test_an_entry_that_names_another_article_is_refused(world: World, resource: str) -> None:
    with refused("journal_entry_is_true"):
        world.write(UPDATE, resource)
        world.enter(resource, f"{resource}.updated", 0, article="4711")


def test_the_chain_of_an_intermediate_version_is_compared_too(world: World) -> None:
    with refused("journal_entry_is_true"):
        world.write(UPDATE, "statement")
        world.enter("statement", "statement.updated", 0, json.dumps({"via": [world.relay]}))
        world.write(UPDATE, "statement")
        world.enter("statement", "statement.updated", 0)


def test_the_data_of_an_intermediate_version_is_compared_too(world: World) -> None:
    with refused("journal_entry_is_true"):
        world.write(UPDATE, "source")
        world.enter("source", "source.updated", 0, json.dumps({"name": "harmless"}))
        world.write(UPDATE, "source")
        world.enter("source", "source.updated", 0)


def test_two_versions_in_one_transaction_have_two_entries(world: World) -> None:
    with committing():
        for _ in range(2):
            world.write(UPDATE, "source")
            world.enter("source", "source.updated", 0)
    assert rows("SELECT version FROM journal_entry WHERE resource = 'source' AND resource_id = %s ORDER BY version",
                world.ids["source"]) == [(1,), (2,), (3,)]  # fmt: skip


# What has no write has no entry


@every_resource
@pytest.mark.parametrize("step", [-1, 0, 1, 7])
def test_an_entry_of_a_version_that_is_not_written_now_is_refused(world: World, resource: str, step: int) -> None:
    constraint = "journal_entry_has_its_write" if step else "one_entry_for_each_version"
    with refused(constraint):
        world.enter(resource, f"{resource}.updated", step)


def test_no_tag_of_version_0_shows_as_another_editors_dissent(world: World) -> None:
    with refused("journal_entry_has_its_write"):
        world.enter("statement", "statement.tagged", -1, json.dumps({"tag": "denied"}), actor=BY_ANOTHER)


@pytest.mark.parametrize(("action", "version"), [("updated", 3), ("deleted", 3), ("deleted", 4)])
def test_no_entry_follows_the_deletion_of_a_row(world: World, action: str, version: int) -> None:
    with committing():
        made = create_source(name="Brief", kind="person", actor=world.actor)
        delete_source(source_id=made.pk, versions=None, actor=world.actor)
    with refused("journal_entry_has_its_write"):
        sql(
            "INSERT INTO journal_entry (actor, action, resource, resource_id, version, reason, data) "
            "SELECT actor, 'source.' || %s, resource, resource_id, %s, '', data FROM journal_entry "
            "WHERE resource = 'source' AND resource_id = %s AND version = 2",
            action, version, made.pk,
        )  # fmt: skip


@pytest.mark.parametrize("resource", ["source", "article", "statement", "evidence", "dispute", "user", "secret", ""])
@pytest.mark.parametrize(("action", "version"), [("created", 1), ("updated", 2), ("deleted", 1), ("deleted", 2)])
def test_nothing_is_told_of_a_row_that_never_was(world: World, resource: str, action: str, version: int) -> None:
    with refused("journal_entry_is_true" if (resource, version) == ("user", 1) else "journal_entry_has_its_write"):
        sql(
            "INSERT INTO journal_entry (actor, action, resource, resource_id, version, reason, data) "
            "VALUES (%s, %s, %s, %s, %s, '', '{}')",
            world.actor.pk, f"{resource}.{action}", resource, COPY, version,
        )  # fmt: skip


@every_resource
def test_a_deletion_that_is_told_and_not_done_cannot_commit(world: World, resource: str) -> None:
    with refused("journal_entry_has_its_write"):
        world.enter(resource, f"{resource}.deleted", 1)


def test_data_in_another_time_zone_than_utc_is_refused(world: World, named: int) -> None:
    with refused("journal_entry_is_true"):
        sql("SET LOCAL timezone = 'Asia/Tokyo'")
        sql("UPDATE sources_source SET version = version + 1 WHERE id = %s", named)
        enter_source(world, named, "updated", "to_jsonb(r)")


@pytest.mark.parametrize(
    ("resource", "change"),
    [
        ("statement", "article = {other}, revision = 1"),
        ("evidence", "statement = {elsewhere}"),
        ("dispute", "statement = {elsewhere}"),
    ],
)
def test_a_row_stays_with_what_it_belongs_to(world: World, resource: str, change: str) -> None:
    with committing():
        statement = Statement.objects.get(pk=world.ids["statement"])
        other = claims.create_article(actor=world.actor, title="Another", text=statement.article.text)
        place = {"start": statement.start, "end": statement.end, "source": statement.source}
        elsewhere = claims.create_statement(article=other, actor=world.actor, **place)
    with refused("journal_entry_is_true"):
        change = change.format(other=other.pk, elsewhere=elsewhere.pk)
        world.write(f"UPDATE {{table}} SET {change}, version = version + 1 WHERE id = %s", resource)
        world.enter(resource, f"{resource}.updated", 0)


# Its action


TAGGED = "tag = 'denied', tag_reason = 'So.', tagged_by = {actor}, tagged_at = now()"
RESOLVED = "state = 'upheld', resolution = 'So.', resolved_by = {actor}, resolved_at = now()"
SO = {"reason": "'So.'"}


def change(world: World, resource: str, changes: str) -> None:
    changes = changes.format(actor=world.actor.pk)
    world.write(f"UPDATE {{table}} SET {changes}, version = version + 1 WHERE id = %s", resource)


@pytest.mark.parametrize(
    ("resource", "changes", "action"),
    [
        ("source", "name = 'B'", "source.updated"),
        ("article", "title = 'B'", "article.updated"),
        ("article", "status = 'published'", "article.published"),
        ("statement", "paraphrase = 'B'", "statement.updated"),
        ("statement", "anchor = 'orphaned'", "statement.reanchored"),
        ("statement", TAGGED, "statement.tagged"),
        ("evidence", "title = 'B'", "evidence.updated"),
        ("dispute", "note = 'B'", "dispute.updated"),
        ("dispute", RESOLVED, "dispute.resolved"),
    ],
)
def test_a_change_is_told_by_its_own_action(world: World, resource: str, changes: str, action: str) -> None:
    known = ("created", "opened", "updated", "tagged", "reanchored", "published", "withdrawn", "resolved", "reopened",
             "merged", "deleted", "improved")  # fmt: skip
    others = {f"{resource}.{name}" for name in known} | {"statement.tagged", "updated", ""} - {action}
    if changes == "anchor = 'orphaned'":
        others -= {"statement.updated"}  # an editor may correct the passage together with other fields
    for other in sorted(others - {action, f"{resource}.deleted"}):
        with refused("journal_entry_is_true"):
            change(world, resource, changes)
            world.enter(resource, other, 0, **SO)
    with committing():
        change(world, resource, changes)
        world.enter(resource, action, 0, **SO)


REOPENED = "state = 'open', resolution = '', resolved_by = NULL, resolved_at = NULL"


def test_a_dispute_that_is_open_again_is_told_as_reopened(world: World) -> None:
    with committing():
        change(world, "dispute", RESOLVED)
        world.enter("dispute", "dispute.resolved", 0, **SO)
    for changes, action in [
        (REOPENED, "updated"), (REOPENED, "resolved"), (REOPENED, "opened"), (f"{REOPENED}, note = 'B'", "reopened"),
    ]:  # fmt: skip
        with refused("journal_entry_is_true"):
            change(world, "dispute", changes)
            world.enter("dispute", f"dispute.{action}", 0, **SO)
    with committing():
        change(world, "dispute", REOPENED)
        world.enter("dispute", "dispute.reopened", 0, **SO)


@pytest.mark.parametrize(
    ("resource", "changes", "action"),
    [
        ("statement", f"{TAGGED}, paraphrase = 'B'", "statement.tagged"),
        ("statement", "anchor = 'orphaned', paraphrase = 'B'", "statement.reanchored"),
        ("article", "status = 'published', title = 'B'", "article.published"),
        ("article", "status = 'withdrawn'", "article.withdrawn"),  # a draft
        ("article", "revision = 2", "article.updated"),
        ("dispute", f"{RESOLVED}, note = 'B'", "dispute.resolved"),
        ("dispute", "opened_at = '2001-01-01Z'", "dispute.updated"),
    ],
)
def test_an_act_changes_nothing_besides(world: World, resource: str, changes: str, action: str) -> None:
    with refused("journal_entry_is_true"):
        change(world, resource, changes)
        world.enter(resource, action, 0, **SO)


@pytest.mark.parametrize(
    ("resource", "changes", "action"), [("statement", TAGGED, "tagged"), ("dispute", RESOLVED, "resolved")]
)
@pytest.mark.parametrize("forged", [{"actor": "NULL"}, {"actor": BY_ANOTHER}, {"reason": "'Another.'"}])
def test_an_act_is_told_of_whom_and_why_the_row_says(
    world: World, alice: Any, resource: str, changes: str, action: str, forged: dict[str, str]
) -> None:
    with refused("journal_entry_is_true"):
        change(world, resource, changes)
        world.enter(resource, f"{resource}.{action}", 0, **(SO | forged))


@pytest.mark.parametrize(
    ("resource", "fields"),
    [
        ("article", {"status": "published"}),
        ("article", {"revision": 2}),
        ("statement", {"tag": "denied", "tag_reason": "So.", "tagged_at": "2026-01-01Z"}),
    ],
)
def test_a_new_row_begins_as_every_row_begins(world: World, resource: str, fields: dict[str, Any]) -> None:
    if "tag" in fields:
        fields = {**fields, "tagged_by": world.actor.pk}
    with refused("journal_entry_is_true"):
        world.copy(resource, **fields)
        created = world.ids | {resource: COPY}
        World(**vars(world) | {"ids": created}).enter(resource, f"{resource}.created", 0)


# What the database sets


def test_the_database_sets_id_time_transaction_name_and_salt_of_an_entry(world: World) -> None:
    last, salt = Entry.objects.latest("id").pk, uuid4()
    with committing():
        world.write(UPDATE, "source")
        given = {"id": "-5", "at": "'2001-01-01Z'", "transaction": "1", "actor_name": "'mallory'", "salt": f"'{salt}'"}
        world.enter("source", "source.updated", 0, **given)
    entry = Entry.objects.latest("id")
    assert rows("SELECT pg_current_xact_id()::text::bigint, %s > now()", entry.at) == [(entry.transaction, True)]
    assert (entry.pk, entry.actor_name) == (last + 1, "guards-editor")
    assert entry.salt not in (None, salt)


def test_an_entry_keeps_the_name_that_its_actor_had(world: World) -> None:
    world.actor.username = "renamed"
    world.actor.save()
    with committing():
        create_source(name="Later", kind="person", actor=world.actor)
    names = Entry.objects.filter(resource="source").order_by("id").values_list("actor_name", flat=True)
    assert list(names) == ["guards-editor"] * 3 + ["renamed"]


def test_the_time_of_a_version_follows_that_of_the_one_before_though_the_clock_was_set_back(world: World) -> None:
    sql("SET LOCAL session_replication_role = replica")  # without triggers, as only a superuser can
    sql("UPDATE journal_entry SET at = '2099-01-01Z'")
    sql("SET LOCAL session_replication_role = origin")
    with committing():
        for _ in range(2):
            world.write(UPDATE, "source")
            world.enter("source", "source.updated", 0)
    times = Entry.objects.of("source", world.ids["source"]).order_by("version").values_list("at", flat=True)
    assert [time.isoformat()[:26] for time in times] == [
        "2099-01-01T00:00:00+00:00", "2099-01-01T00:00:00.000001", "2099-01-01T00:00:00.000002",
    ]  # fmt: skip


# Revisions and redirects


FORGED = "INSERT INTO claims_articlerevision (article, number, text, sha256, created_at) VALUES (%s, %s, %s, %s, %s)"


@pytest.mark.parametrize("number", [0, 2, 7])
def test_a_revision_that_no_change_of_the_text_made_is_refused(world: World, number: int) -> None:
    with refused("journal_entry_required"):
        sql(FORGED, world.ids["article"], number, "Forged.", "00", "2001-01-01Z")


def test_a_revision_of_an_article_that_never_was_is_refused(world: World) -> None:
    with refused("journal_entry_required"):
        sql(FORGED, COPY, 1, "Forged.", "00", "2001-01-01Z")


@pytest.mark.parametrize("text", ["Forged.", "New."])
def test_a_second_revision_beside_that_of_the_change_is_refused(world: World, text: str) -> None:
    with refused("journal_entry_required"):
        claims.update_article(article_id=world.ids["article"], versions=None, actor=world.actor, text="New.")
        sql(FORGED, world.ids["article"], 3, text, "00", "2001-01-01Z")


def test_the_digest_and_the_time_of_a_revision_are_the_databases(world: World) -> None:
    article = Article.objects.get(pk=world.ids["article"])
    with committing():
        sql(FORGED, article.pk, 2, "New.", "00", "2001-01-01Z")
        [[digest]] = rows("SELECT sha256 FROM claims_articlerevision WHERE article = %s AND number = 2", article.pk)
        change(world, "article", f"text = 'New.', sha256 = '{digest}', revision = 2")
        world.enter("article", "article.updated", 0)
    revision = ArticleRevision.objects.get(article=article, number=2)
    assert revision.sha256 == hashlib.sha256(b"New.").hexdigest()
    assert rows("SELECT %s > now()", revision.created_at) == [(True,)]


@pytest.fixture
def merged(world: World) -> Source:
    """A source into which another was merged."""
    with committing():
        other = create_source(name="The mayoress", kind="person", actor=world.actor)
        into = Source.objects.get(pk=world.speaker)
        return claims.merge_source(source_id=other.pk, versions=None, actor=world.actor, into=into, reason="One.")


@pytest.mark.parametrize(
    "forgery",
    [
        "INSERT INTO sources_sourceredirect (id, into_source) VALUES (900000001, {speaker})",
        "INSERT INTO sources_sourceredirect (id, into_source) VALUES ({relay}, {speaker})",
        "UPDATE sources_sourceredirect SET into_source = {relay}",
        "UPDATE sources_sourceredirect SET id = 900000001",
        "DELETE FROM sources_sourceredirect",
    ],
)
def test_a_redirect_without_its_merge_is_refused(world: World, merged: Source, forgery: str) -> None:
    with refused("redirect_is_a_merge"):
        sql(forgery.format(speaker=world.speaker, relay=world.relay))


def merge_by_hand(world: World, source: int, into: int, reason: str) -> None:
    sql("UPDATE sources_source SET version = version + 1 WHERE id = %s", into)
    enter_source(world, into, "merged", "to_jsonb(r)")
    enter_source(world, source, "deleted", "to_jsonb(r)", step=1, reason=reason)
    sql("INSERT INTO sources_sourceredirect (id, into_source) VALUES (%s, %s)", source, into)
    sql("DELETE FROM sources_source WHERE id = %s", source)


def test_a_deletion_beside_a_merge_gets_no_redirect(world: World, merged: Source) -> None:
    with committing():
        gone, twin = (create_source(name=name, kind="person", actor=world.actor).pk for name in ("A", "B"))
    with refused("redirect_is_a_merge"):
        merge_by_hand(world, twin, merged.pk, f"Merged into source {merged.pk}. The same.")
        enter_source(world, gone, "deleted", "to_jsonb(r)", step=1, reason="A typo.")
        sql("INSERT INTO sources_sourceredirect (id, into_source) VALUES (%s, %s)", gone, merged.pk)
        sql("DELETE FROM sources_source WHERE id = %s", gone)


def test_a_deletion_that_calls_itself_a_merge_gets_no_redirect(world: World) -> None:
    with committing():
        gone = create_source(name="A", kind="person", actor=world.actor).pk
    with refused("redirect_is_a_merge"):
        enter_source(world, gone, "deleted", "to_jsonb(r)", step=1, reason=f"Merged into source {world.speaker}. No.")
        sql("INSERT INTO sources_sourceredirect (id, into_source) VALUES (%s, %s)", gone, world.speaker)
        sql("DELETE FROM sources_source WHERE id = %s", gone)


def test_a_merge_takes_the_redirects_along(world: World, merged: Source) -> None:
    with committing():
        into = create_source(name="The office", kind="person", actor=world.actor)
    with refused("redirect_is_a_merge"):
        sql("DELETE FROM sources_sourceredirect")
        claims.merge_source(source_id=merged.pk, versions=None, actor=world.actor, into=into, reason="One.")


def test_redirects_do_not_follow_to_where_their_source_gets_no_redirect(world: World) -> None:
    with committing():
        first, second, twin, into = (create_source(name=name, kind="person", actor=world.actor) for name in "ABCD")
        claims.merge_source(source_id=first.pk, versions=None, actor=world.actor, into=second, reason="One.")
    reason = f"Merged into source {into.pk}. One."
    with refused("redirect_is_a_merge"):
        merge_by_hand(world, twin.pk, into.pk, reason)
        enter_source(world, second.pk, "deleted", "to_jsonb(r)", step=1, reason=reason)
        sql("UPDATE sources_sourceredirect SET into_source = %s WHERE id = %s", into.pk, first.pk)
        sql("DELETE FROM sources_source WHERE id = %s", second.pk)


def test_redirects_follow_a_second_merge(world: World, merged: Source) -> None:
    with committing():
        into = create_source(name="The office", kind="person", actor=world.actor)
        claims.merge_source(source_id=merged.pk, versions=None, actor=world.actor, into=into, reason="One.")
    assert list(SourceRedirect.objects.values_list("into", flat=True)) == [into.pk, into.pk]


def test_redirects_end_with_the_source_that_they_lead_to(world: World) -> None:
    with committing():
        both = [create_source(name=name, kind="person", actor=world.actor) for name in ("One", "Other")]
        claims.merge_source(source_id=both[0].pk, versions=None, actor=world.actor, into=both[1], reason="One.")
    with committing():
        delete_source(source_id=both[1].pk, versions=None, actor=world.actor)
    assert not SourceRedirect.objects.exists()


def test_a_merge_is_told_as_one_and_nothing_else_is(world: World, named: int) -> None:
    with refused("journal_entry_is_true"):
        sql("UPDATE sources_source SET aliases = '{J}', version = version + 1 WHERE id = %s", named)
        enter_source(world, named, "merged", "to_jsonb(r)")
    with refused("journal_entry_is_true"):
        sql("UPDATE sources_source SET version = version + 1 WHERE id = %s", named)
        enter_source(world, named, "updated", "to_jsonb(r)")
        enter_source(world, world.ids["source"], "deleted", "to_jsonb(r)", step=1)
        sql("INSERT INTO sources_sourceredirect (id, into_source) VALUES (%s, %s)", world.ids["source"], named)
        sql("DELETE FROM sources_source WHERE id = %s", world.ids["source"])
