"""The times of captions and of statements are what the record says: forgeries in raw SQL, with all guards on."""

import hashlib
import json

import pytest
from django.db import connection

from claims import services as claims
from claims.anchoring.cues import Cue
from claims.models import Article, ArticleRevision
from claims.verification import CHECKS
from factcheck.journal.models import Entry
from factcheck.journal.verification.ranges import Range
from tests.journal.world import COPY, World, committing, refused, rows, sql

pytestmark = pytest.mark.django_db
TEXT = "\U0001f600 We will not pay. The bridge is closed."
CUES = [Cue(0, 18, 1000, 4500), Cue(19, 40, 5000, 7125)]
REVISION = (
    "INSERT INTO claims_articlerevision (article, number, text, sha256, created_at, cue_times, cue_times_sha256) "
    "VALUES (%s, %s, %s, '', now(), %s, %s)"
)


@pytest.fixture
def talk(world: World) -> World:
    """The world's article and statement are those of captions."""
    with committing():
        article = claims.create_article(title="A talk", text=TEXT, cues=CUES, actor=world.actor)
        statement = claims.create_statement(
            article=article, start=2, end=30, source_id=world.speaker, actor=world.actor
        )
    world.ids |= {"article": article.pk, "statement": statement.pk}
    return world


def change(world: World, resource: str, changes: str, action: str = "updated") -> None:
    world.write(f"UPDATE {{table}} SET {changes}, version = version + 1 WHERE id = %s", resource)
    world.enter(resource, f"{resource}.{action}", 0)


def faults() -> set[str]:
    """Except that the tests lift the guard against TRUNCATE."""
    with connection.cursor() as cursor:
        codes = {fault["code"] for check in CHECKS for fault in Range(check).read(cursor).faults}
    return codes - {"guard_disabled"}


def test_the_statement_has_the_times_of_its_cues(talk: World) -> None:
    assert rows("SELECT media_start, media_end FROM claims_statement WHERE id = %s", talk.ids["statement"]) == [
        (1.0, 7.125)
    ]


@pytest.mark.parametrize("action", ["updated", "reanchored", "tagged"])
@pytest.mark.parametrize("times", ["media_start = 0.5", "media_end = 60", "media_start = NULL, media_end = NULL"])
def test_other_times_than_those_of_its_cues_are_refused(talk: World, action: str, times: str) -> None:
    with refused("statement_media_times_are_of_cues"):
        change(talk, "statement", times, action)


def test_times_of_a_statement_in_a_text_without_captions_are_refused(world: World) -> None:
    with refused("statement_media_times_are_of_cues"):
        change(world, "statement", "media_start = 1, media_end = 2")


def test_another_passage_with_the_former_times_is_refused(talk: World) -> None:
    with refused("statement_media_times_are_of_cues"):
        change(talk, "statement", "start = 19, \"end\" = 22, text = 'The', prefix = '', suffix = ''")


def test_another_passage_with_its_own_times_commits(talk: World) -> None:
    with committing():
        change(talk, "statement", "start = 19, \"end\" = 22, text = 'The', prefix = '', suffix = '', media_start = 5")


def test_a_new_statement_with_other_times_is_refused(talk: World) -> None:
    with refused("statement_media_times_are_of_cues"):
        talk.copy("statement", media_start=2)


@pytest.mark.parametrize(
    "times", ["media_start = 8, media_end = 7", "media_start = -1", "media_start = NULL", "media_end = NULL"]
)
def test_times_that_are_no_range_are_refused(talk: World, times: str) -> None:
    with refused("statement_media_range"):
        change(talk, "statement", times)


def test_a_tag_does_not_carry_other_times(talk: World) -> None:
    """The columns that an action may change are the guard's; here the times are true, since the cues changed too."""
    with refused("journal_entry_is_true"):
        change(talk, "statement", "start = 19, media_start = 5, text = substr(text, 18)", "tagged")


# Revisions


def test_the_digest_of_the_cues_is_the_databases_and_the_entry_has_it(talk: World) -> None:
    digest = hashlib.sha256(b"[[0, 18, 1000, 4500], [19, 40, 5000, 7125]]").hexdigest()
    assert ArticleRevision.objects.get(article=talk.ids["article"]).cue_times_sha256 == digest
    assert Entry.objects.of("article", talk.ids["article"]).get().data["cue_times_sha256"] == digest


@pytest.mark.parametrize(
    "cues",
    [
        [[0, 41, 0, 1]],
        [[-1, 4, 0, 1]],
        [[4, 4, 0, 1]],
        [[0, 4, 2, 1]],
        [[0, 4, -1, 1]],
        [[0, 9, 0, 1], [8, 12, 1, 2]],
        [[0, 9, 0]],
        [[0, 9, 0, 1, 2]],
    ],
)
def test_cues_that_do_not_fit_the_text_are_refused(talk: World, cues: list[list[int]]) -> None:
    with refused("cue_times_fit_text"):
        sql(REVISION, talk.ids["article"], 2, TEXT, json.dumps(cues), None)


@pytest.mark.parametrize("digest", ["00", None])
def test_an_article_that_tells_of_other_cues_than_its_revision_is_refused(talk: World, digest: str | None) -> None:
    with refused("article_cues_are_of_its_revision"):
        sql(REVISION, talk.ids["article"], 2, TEXT, "[[0, 9, 0, 1]]", "00")
        change(talk, "article", f"revision = 2, cue_times_sha256 = {'NULL' if digest is None else repr(digest)}")


def test_an_article_that_loses_its_cues_without_a_revision_is_refused(talk: World) -> None:
    with refused("article_cues_are_of_its_revision"):
        change(talk, "article", "cue_times_sha256 = NULL")


def test_a_new_article_that_tells_of_cues_has_them(world: World) -> None:
    with refused("article_cues_are_of_its_revision"):
        world.copy("article", cue_times_sha256="00", revision=1)
        sql(REVISION, COPY, 1, Article.objects.get(pk=world.ids["article"]).text, None, "00")
        sql(
            "INSERT INTO journal_entry (actor, action, resource, resource_id, version, article, reason, data) "
            "SELECT %s, 'article.created', 'article', r.id, 1, r.id, '', to_jsonb(r) - 'text' "
            "FROM claims_article r WHERE r.id = %s",
            world.actor.pk,
            COPY,
        )


def test_other_cues_of_the_same_text_are_a_revision(talk: World) -> None:
    with committing():
        sql(REVISION, talk.ids["article"], 2, TEXT, "[[0, 9, 0, 1]]", "forged")
        [[digest]] = rows("SELECT cue_times_sha256 FROM claims_articlerevision WHERE number = 2")
        change(talk, "article", f"revision = 2, cue_times_sha256 = '{digest}'")


def test_a_title_with_another_revision_is_refused(talk: World) -> None:
    with refused("journal_entry_is_true"):
        sql(REVISION, talk.ids["article"], 2, TEXT, json.dumps(CUES), "")
        change(talk, "article", "revision = 2")


# What an owner does


@pytest.mark.parametrize(
    ("table", "forgery", "code"),
    [
        ("claims_articlerevision", "SET cue_times = '[[0, 18, 1000, 4501], [19, 40, 5000, 7125]]'", "digest_differs"),
        ("claims_articlerevision", "SET cue_times = NULL", "digest_differs"),
        (
            "claims_articlerevision",
            "SET cue_times = '[[0, 9, 1, 2]]', "
            "cue_times_sha256 = encode(sha256(convert_to('[[0, 9, 1, 2]]', 'UTF8')), 'hex')",
            "revision_differs",
        ),
        ("claims_statement", "SET media_start = 0.5", "media_times_differ"),
        ("claims_statement", "SET media_start = NULL, media_end = NULL", "media_times_differ"),
    ],
)
def test_what_an_owner_falsifies_is_found(talk: World, table: str, forgery: str, code: str) -> None:
    assert faults() == set()
    row = talk.ids["statement"]
    of_statement = "id = %s"
    of_revision = "article = (SELECT article FROM claims_statement WHERE id = %s)"
    condition = of_statement if table == "claims_statement" else of_revision
    sql("SET LOCAL session_replication_role = replica")
    sql(f"UPDATE {table} {forgery} WHERE {condition}", row)
    sql("SET LOCAL session_replication_role = origin")
    assert code in faults()
