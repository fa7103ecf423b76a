"""Two records of one source become one, and nothing that referred to either is lost."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from django.db import connection, transaction

from claims import services
from claims.services import merge_source
from factcheck.journal.models import Entry
from sources.services import create_source
from tests.newsroom import client_of

ANY = {"if-match": "*"}
WHY = "The same spokeswoman, spelt twice."


@pytest.fixture
def horne(alice):
    return create_source(actor=alice, name="Emily Horne", kind="person", aliases=["E. Horne"])


@pytest.fixture
def twin(alice):
    return create_source(
        actor=alice,
        name="Emily J. Horne",
        kind="person",
        aliases=["Horne"],
        same_as=["https://www.wikidata.org/wiki/Q1"],
    )


def merge(api, source, into, reason=WHY, headers=ANY):
    return api.post(f"/api/v1/sources/{source.pk}/merge/", {"into": into.pk, "reason": reason}, headers=headers)


def test_every_reference_moves_with_one_entry_for_each_row(api, alice, article, horne, twin):
    said = services.create_statement(article=article, actor=alice, source=twin, start=2, end=6)
    told = services.create_statement(article=article, actor=alice, source=horne, via=[twin], start=2, end=9)
    both = services.create_statement(article=article, actor=alice, source=twin, via=[twin, horne], start=2, end=12)
    dispute = services.open_dispute(actor=alice, statement=told, raised_by=twin, kind="denial")
    part = create_source(actor=alice, name="Her office", kind="organization", part_of=twin)
    services.update_article(article_id=article.pk, versions=None, actor=alice, publisher=twin)
    written = Entry.objects.count()

    answer = merge(api, twin, horne)
    assert answer.status_code == 200, answer.content
    row = answer.json()
    assert (row["id"], row["name"], row["aliases"], row["same_as"], row["version"]) == (
        horne.pk,
        "Emily Horne",
        ["E. Horne", "Emily J. Horne", "Horne"],
        ["https://www.wikidata.org/wiki/Q1"],
        2,
    )

    def source_and_chain(statement):
        row = api.get(f"/api/v1/statements/{statement.pk}/").json()
        return row["source"]["id"], [source["id"] for source in row["via"]], row["version"]

    assert source_and_chain(said) == (horne.pk, [], 2)
    assert source_and_chain(told) == (horne.pk, [horne.pk], 2)
    assert source_and_chain(both) == (horne.pk, [horne.pk], 2)
    assert api.get(f"/api/v1/disputes/{dispute.pk}/").json()["raised_by"]["id"] == horne.pk
    assert api.get(f"/api/v1/sources/{part.pk}/").json()["part_of"]["id"] == horne.pk
    assert api.get(f"/api/v1/articles/{article.pk}/").json()["publisher"]["id"] == horne.pk
    entries = Entry.objects.order_by("id")[written:]
    assert sorted((entry.action, entry.resource_id) for entry in entries) == sorted(
        [
            ("source.updated", part.pk),
            ("statement.updated", said.pk),
            ("statement.updated", told.pk),
            ("statement.updated", both.pk),
            ("article.updated", article.pk),
            ("dispute.updated", dispute.pk),
            ("source.merged", horne.pk),
            ("source.deleted", twin.pk),
        ]
    )
    assert {entry.reason for entry in entries} == {WHY, f"Merged into source {horne.pk}. {WHY}"}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db(transaction=True)  # two merges, of which each is a transaction
def test_the_old_address_leads_to_the_new_one_and_keeps_its_history(api, alice, horne, twin):
    third = create_source(actor=alice, name="Emily Horne (NSC)", kind="person")
    assert merge(api, twin, horne).status_code == 200
    moved = api.get(f"/api/v1/sources/{twin.pk}/")
    assert (moved.status_code, moved["Location"]) == (301, f"http://testserver/api/v1/sources/{horne.pk}/")
    assert moved["Cache-Control"] == "private, no-cache"
    assert {"Accept", "Authorization", "Cookie"} <= set(moved["Vary"].split(", "))
    assert api.get(f"/api/v1/sources/{twin.pk}/", headers={"accept": "text/html"}).status_code == 301
    assert merge(api, horne, third).status_code == 200
    assert api.get(f"/api/v1/sources/{twin.pk}/")["Location"] == f"http://testserver/api/v1/sources/{third.pk}/"
    history = api.get(f"/api/v1/sources/{twin.pk}/history/").json()["results"]
    assert [entry["action"] for entry in history] == ["source.deleted", "source.created"]
    assert [row["id"] for row in api.get("/api/v1/sources/?q=emily+j").json()["results"]] == [third.pk]
    assert api.delete(f"/api/v1/sources/{third.pk}/", headers=ANY).status_code == 204
    assert api.get(f"/api/v1/sources/{twin.pk}/").status_code == 404


def test_a_whole_is_not_merged_into_its_own_part_but_a_part_into_its_whole_is(api, alice, horne, twin):
    office = create_source(actor=alice, name="Office", kind="organization", part_of=horne)
    desk = create_source(actor=alice, name="Desk", kind="organization", part_of=office)
    assert merge(api, horne, desk).status_code == 409
    assert merge(api, office, horne).status_code == 200
    assert api.get(f"/api/v1/sources/{desk.pk}/").json()["part_of"]["id"] == horne.pk


def test_what_cannot_be_merged_is_refused_and_nothing_moves(api, alice, article, horne, twin):
    unnamed = create_source(actor=alice, name="an official", kind="person", anonymous=True)
    statement = services.create_statement(article=article, actor=alice, source=unnamed, start=2, end=6)
    for raised_by in (horne, twin):
        services.open_dispute(actor=alice, statement=statement, raised_by=raised_by, kind="denial")
    written = Entry.objects.count()
    stale, unseen = {"if-match": '"7-"'}, {}
    naming = "An anonymous source and a named one cannot be merged: that would record who it was."
    twice = "This source's dispute of this statement is open already. Resolve that one."
    for answer, status, said in (
        (merge(api, horne, horne), 400, "into: A source cannot be merged into itself."),
        (merge(api, unnamed, horne), 409, naming),
        (merge(api, horne, unnamed), 409, naming),
        (merge(api, twin, horne), 409, twice),
        (merge(api, twin, horne, reason=" "), 400, "reason: This field may not be blank."),
        (merge(api, twin, horne, headers=stale), 412, "This is at version 1 now. Read it again, then decide."),
    ):
        assert (answer.status_code, answer.json()["detail"]) == (status, said)
    assert merge(api, twin, horne, headers=unseen).status_code == 428
    assert Entry.objects.count() == written


@pytest.mark.django_db(transaction=True)
def test_a_statement_made_during_the_merge_is_refused_and_not_left_without_its_source(alice, article, horne, twin):
    """The merge holds the source; who refers to it waits, and then hears that it is gone."""
    api = client_of(alice)

    def refer():
        try:
            return api.post("/api/v1/statements/", {"article": article.pk, "start": 2, "end": 6, "source": twin.pk})
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            merge_source(source_id=twin.pk, versions=None, actor=alice, into=horne, reason=WHY)
            waiting = threads.submit(refer)
            sleep(0.5)
            assert not waiting.done()
        answer = waiting.result(10)
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "Something that this refers to, or that refers to it, was changed in the meantime. Read it again.",
    )


def test_a_merge_that_would_make_more_names_than_a_source_may_have_is_refused(api, alice, horne):
    many = create_source(actor=alice, name="Many", kind="person", aliases=[f"alias {n}" for n in range(99)])
    answer = merge(api, many, horne)
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "Together they have more than 100 aliases or addresses. Remove some first.",
    )
    assert api.get(f"/api/v1/sources/{many.pk}/").status_code == 200
