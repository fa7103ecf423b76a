"""The public feed of changes: a caller who reads it on never misses one, and never learns of a draft."""

import pytest
from rest_framework.test import APIClient

from claims import services
from claims.models import Article
from claims.views import changes
from factcheck.journal.models import Entry
from sources.services import create_source, update_source

FEED = "/api/v1/feeds/changes/"


@pytest.fixture(autouse=True)
def settled(monkeypatch, request):
    """The feed waits for open transactions, and a test is one."""
    if "open_transaction" not in request.node.name:
        monkeypatch.setattr("factcheck.journal.feed.first_open_transaction", lambda: 2**62)


@pytest.fixture
def stranger(settings, settings_without_throttle):
    settings.PUBLIC_READ = True
    return APIClient()


def set_status(article, alice, status):
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status=status, reason="It is ready.")


def tag(statement, alice, name, reason="She said so."):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag=name, reason=reason)


def read(client, **parameters):
    answer = client.get(FEED, parameters)
    assert answer.status_code == 200, answer.content
    return answer.json()


def seen(page):
    return [(row["action"], row["resource_id"]) for row in page["results"]]


def test_it_begins_with_the_publication_of_an_article(stranger, alice, article, statement):
    tag(statement, alice, "denied", "In the draft.")
    assert seen(read(stranger)) == []
    set_status(article, alice, "published")
    tag(statement, alice, "asserted")
    assert seen(read(stranger, resource="article")) == [("article.published", article.pk)]
    assert seen(read(stranger, article=article.pk)) == [
        ("article.published", article.pk),
        ("statement.tagged", statement.pk),
    ]


def test_a_row_names_what_changed_and_nothing_of_the_newsroom(stranger, alice, article, statement):
    set_status(article, alice, "published")
    tag(statement, alice, "asserted", "Xylophon")
    [row] = read(stranger, resource="statement")["results"]
    entry = Entry.objects.latest("pk")
    assert row == {
        "id": entry.pk,
        "at": entry.at.isoformat().replace("+00:00", "Z"),
        "action": "statement.tagged",
        "resource": "statement",
        "resource_id": statement.pk,
        "version": 2,
        "article": article.pk,
    }


def test_it_ends_at_once_when_the_article_is_withdrawn_and_begins_anew(stranger, alice, article, statement):
    set_status(article, alice, "published")
    tag(statement, alice, "asserted")
    set_status(article, alice, "withdrawn")
    assert seen(read(stranger)) == []
    tag(statement, alice, "denied", "While it was withdrawn.")
    set_status(article, alice, "published")
    assert seen(read(stranger, article=article.pk)) == [("article.published", article.pk)]


def test_a_deleted_statement_is_told_so_that_copies_of_it_can_go(stranger, alice, article, statement):
    set_status(article, alice, "published")
    services.delete_statement(statement_id=statement.pk, versions=None, actor=alice, reason="Twice.")
    assert seen(read(stranger, resource="statement")) == [("statement.deleted", statement.pk)]


def test_a_source_is_told_once_something_published_names_it(stranger, alice, article, statement):
    unnamed = create_source(actor=alice, name="Nobody named it", kind="person")
    update_source(source_id=statement.source_id, versions=None, actor=alice, description="New.")
    assert seen(read(stranger, resource="source")) == []
    set_status(article, alice, "published")
    told = seen(read(stranger, resource="source"))
    assert ("source.updated", statement.source_id) in told
    assert unnamed.pk not in {pk for _, pk in told}


def test_notes_and_users_are_never_told(stranger, alice, article, statement):
    set_status(article, alice, "published")
    services.create_note(actor=alice, statement=statement, text="Ask again.")
    assert {row["resource"] for row in read(stranger)["results"]} == {"article", "source"}
    for resource in ("note", "user"):
        answer = stranger.get(FEED, {"resource": resource})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "?resource"


def test_a_reader_goes_on_from_the_cursor_and_from_now(stranger, alice, article, statement):
    set_status(article, alice, "published")
    now = read(stranger, after="now")
    assert (now["results"], now["next"], now["previous"]) == ([], None, None)
    assert read(stranger, after=now["cursor"])["cursor"] == now["cursor"]
    tag(statement, alice, "asserted")
    tag(statement, alice, "denied")
    first = read(stranger, after=now["cursor"], page_size=1)
    second = stranger.get(first["next"]).json()
    assert [row["version"] for row in first["results"] + second["results"]] == [2, 3]
    assert second["next"] is None
    assert read(stranger, after=second["cursor"])["results"] == []


def test_what_strangers_do_not_see_is_passed_over_page_by_page(stranger, alice, article, statement, monkeypatch):
    monkeypatch.setattr(changes, "SCANNED", 2)
    draft = Article.objects.get(
        pk=services.create_article(actor=alice, title="A draft", text="Nothing yet. Nothing more.").pk
    )
    start = read(stranger, after="now")["cursor"]
    for number in range(4):
        services.update_article(article_id=draft.pk, versions=None, actor=alice, title=f"Draft {number}")
    set_status(article, alice, "published")
    pages = [read(stranger, after=start)]
    while pages[-1]["next"]:
        pages.append(stranger.get(pages[-1]["next"]).json())
    assert [seen(page) for page in pages] == [[], [], [("article.published", article.pk)]]


def test_it_waits_for_an_open_transaction(stranger, alice, article):
    set_status(article, alice, "published")
    assert seen(read(stranger)) == []


@pytest.mark.parametrize("cursor", ["1", "x-y", "-1-1", "1-1-1", "Now"])
def test_what_is_no_cursor_is_refused(stranger, db, cursor):
    answer = stranger.get(FEED, {"after": cursor})
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {
            "pointer": "?after",
            "code": "invalid",
            "detail": "This is not a cursor. Take it from `cursor` of an earlier answer.",
        }
    ]


def test_a_cursor_of_another_journal_is_gone(stranger, db):
    assert stranger.get(FEED, {"after": "7-123456789"}).status_code == 410


def test_it_is_closed_to_strangers_without_public_reads(stranger, settings, db):
    settings.PUBLIC_READ = False
    assert stranger.get(FEED).status_code == 401
