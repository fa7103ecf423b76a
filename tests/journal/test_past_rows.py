"""Inside `as_of` the tables have the rows of that time, with every column; and each entry knows the one before it."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from claims import services
from claims.models import Article, Dispute, Evidence, Statement, StatementVia
from factcheck.journal.as_of import as_of
from factcheck.journal.models import Entry
from sources.models import Source
from sources.services import create_source, update_source

TABLES = (Source, Article, Statement, StatementVia, Evidence, Dispute)


def now():
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def present():
    """Everything that is recorded. The id of a link of a chain is not."""
    rows = {
        model.__name__: list(model.objects.order_by("pk").values()) for model in TABLES if model is not StatementVia
    }
    links = StatementVia.objects.order_by("statement", "position").values("statement", "position", "source")
    return rows | {"via": list(links), "entries": list(Entry.objects.order_by("id").values())}


@pytest.fixture
def room(alice):
    by = {"actor": alice}
    ministry = create_source(name="The ministry", kind="organization", description="Of defence.", **by)
    official = create_source(
        name="An official", kind="person", anonymous=True, part_of=ministry, aliases=["He", 'A "quoted", one'],
        same_as=["https://www.wikidata.org/wiki/Q1"], **by,
    )  # fmt: skip
    article = services.create_article(
        title="The bridge", url="https://b.example/", text="He left. The bridge is closed. They agreed.",
        publisher=ministry, byline="Ana Ruiz", language="en", published_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC), **by,
    )  # fmt: skip
    full = services.create_statement(
        article=article, source=official, via=[ministry, official], start=9, end=30, said_on="2026-01-01",
        paraphrase="It is closed.", quote_type="direct", **by,
    )  # fmt: skip
    bare = services.create_statement(article=article, quote_type="narration", start=0, end=8, **by)
    call = services.create_evidence(
        statement=full, stance="supports", url="https://c.example/", title="A call", excerpt="Yes.", **by
    )
    dispute = services.open_dispute(statement=full, raised_by=ministry, counter_statement=bare, kind="denial", **by)
    services.tag_statement(statement_id=full.pk, versions=None, tag="denied", reason="So they say.", **by)
    services.update_article(
        article_id=article.pk, versions=None, text="They left. The bridge was closed. They agreed.", **by
    )
    return {"ministry": ministry, "article": article, "full": full, "bare": bare, "call": call, "dispute": dispute}


def change_everything(alice, room):
    by = {"versions": None, "actor": alice}
    services.resolve_dispute(dispute_id=room["dispute"].pk, state="upheld", reason="So it is.", **by)
    services.update_statement(statement_id=room["full"].pk, via=[], paraphrase="No.", start=0, end=4, **by)
    services.update_evidence(evidence_id=room["call"].pk, excerpt="No.", **by)
    update_source(source_id=room["ministry"].pk, aliases=["MoD"], description="", **by)
    services.update_article(article_id=room["article"].pk, text="Nothing.", byline="", **by)
    create_source(actor=alice, name="New", kind="person")
    services.create_article(actor=alice, title="New", text="One.")
    services.delete_evidence(evidence_id=room["call"].pk, reason="Over.", **by)
    services.delete_dispute(dispute_id=room["dispute"].pk, reason="Over.", **by)
    services.delete_statement(statement_id=room["bare"].pk, reason="Over.", **by)


def test_every_row_is_read_as_it_was_and_then_again_as_it_is(alice, room):
    before, moment = present(), now()
    change_everything(alice, room)
    after, later = present(), now()
    assert before != after
    with as_of(moment):
        assert present() == before
    with as_of(later):
        assert present() == after
    assert present() == after
    with as_of(datetime(2026, 1, 1, tzinfo=UTC)):
        assert present() == {name: [] for name in after}


def test_an_article_that_was_deleted_is_read_with_the_text_of_then(alice, room):
    before, moment = present(), now()
    services.delete_article(article_id=room["article"].pk, versions=None, actor=alice, reason="Over.")
    assert not Statement.objects.exists()
    with as_of(moment):
        assert present() == before


def test_an_entry_is_before_another_only_of_the_same_row_and_by_one_version(alice):
    with connection.cursor() as cursor:
        for table in ("sources_source", "claims_article"):
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), 7000000)", [table])
    twin, other = (create_source(actor=alice, name=f"Source {n}", kind="person") for n in range(2))
    article = services.create_article(actor=alice, title="Title 1", text="One.")
    assert twin.pk == article.pk
    for number in (2, 3):
        for source in (twin, other):
            update_source(source_id=source.pk, versions=None, actor=alice, name=f"{source.name}, {number}")
        services.update_article(article_id=article.pk, versions=None, actor=alice, title=f"Title {number}")
    entries = Entry.objects.of("source", twin.pk).order_by("version").with_before()
    assert [entry.before and (entry.before["id"], entry.before["name"]) for entry in entries] == [
        None,
        (twin.pk, "Source 0"),
        (twin.pk, "Source 0, 2"),
    ]
    assert [entry.data["name"] for entry in entries] == ["Source 0", "Source 0, 2", "Source 0, 3"]
