"""Two records of one source become one, and nothing that referred to either is lost."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from claims import services
from claims.models import Statement
from claims.services import merge_source
from factcheck.journal.models import Entry
from sources.services import create_source, update_source
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


# What strangers are told


PRIVATE = "https://www.wikidata.org/wiki/Q2"


@pytest.fixture
def stranger(settings, settings_without_throttle):
    settings.PUBLIC_READ = True
    return APIClient()


@pytest.fixture
def merged(alice):
    """A source that only a draft names was merged into a public one, and the draft moved with it."""
    known = create_source(
        actor=alice, name="Emily Horne", kind="person", aliases=["E. Horne"], same_as=["https://nsc.example/horne"]
    )
    deep = create_source(actor=alice, name="Deep Throat", kind="person", aliases=["Horne Emily"], same_as=[PRIVATE])
    report = services.create_article(actor=alice, title="A report", text="She said no.")
    draft = services.create_article(actor=alice, title="A draft", text="He said yes.")
    services.create_statement(article=report, actor=alice, source=known, start=0, end=11)
    said = services.create_statement(article=draft, actor=alice, source=deep, start=0, end=11)
    publish(alice, report)
    merge_source(source_id=deep.pk, versions=None, actor=alice, into=known, reason=WHY)
    return SimpleNamespace(known=known, deep=deep, report=report, draft=draft, said=said)


def set_status(alice, article, status):
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status=status, reason="Because.")


def publish(alice, article):
    set_status(alice, article, "published")


def names_told(client, source):
    row = client.get(f"/api/v1/sources/{source.pk}/").json()
    (listed,) = [each for each in client.get("/api/v1/sources/").json()["results"] if each["id"] == source.pk]
    assert (row["aliases"], row["same_as"]) == (listed["aliases"], listed["same_as"])
    return row["aliases"], row["same_as"]


def status_of_redirect(client, source):
    address = f"/api/v1/sources/{source.pk}/"
    (status,) = {
        client.get(address, headers={"accept": kind}).status_code for kind in ("application/json", "text/html")
    }
    return status


def found(client, words):
    return [row["name"] for row in client.get("/api/v1/sources/", {"q": words}).json()["results"]]


HIDDEN = (["E. Horne"], ["https://nsc.example/horne"])
WHOLE = (["E. Horne", "Deep Throat", "Horne Emily"], ["https://nsc.example/horne", PRIVATE])


@pytest.mark.django_db(transaction=True)
def test_strangers_learn_the_names_and_the_redirect_of_a_merged_source_when_it_is_published(
    api, alice, stranger, merged
):
    assert names_told(api, merged.known) == WHOLE
    assert status_of_redirect(api, merged.deep) == 301
    assert names_told(stranger, merged.known) == HIDDEN
    assert status_of_redirect(stranger, merged.deep) == 404
    publish(alice, merged.draft)
    assert names_told(stranger, merged.known) == WHOLE
    assert status_of_redirect(stranger, merged.deep) == 301
    set_status(alice, merged.draft, "withdrawn")
    assert names_told(stranger, merged.known) == HIDDEN
    assert status_of_redirect(stranger, merged.deep) == 404


@pytest.mark.django_db(transaction=True)
def test_no_page_feed_or_export_tells_strangers_a_hidden_name(alice, stranger, merged):
    def everything():
        html = {"accept": "text/html"}
        for address in (f"sources/{merged.known.pk}/", "sources/", "statements/", "sources/?q=horne"):
            yield stranger.get(f"/api/v1/{address}", headers=html)
        yield stranger.get("/search/?q=horne", headers=html)
        own = Statement.objects.get(article=merged.report)
        for address in (
            "statements/export/?format=csv", "statements/export/?format=jsonl", f"statements/{own.pk}/claimreview/",
            "feeds/claimreviews/", "feeds/changes.atom", f"articles/{merged.report.pk}/webannotations/",
        ):  # fmt: skip
            yield stranger.get(f"/api/v1/{address}")

    def told():
        answers = list(everything())
        assert {answer.status_code for answer in answers} == {200}
        texts = [answer.getvalue().decode() if answer.streaming else answer.content.decode() for answer in answers]
        return [any(secret in text for secret in ("Deep Throat", "Horne Emily", PRIVATE)) for text in texts]

    assert not any(told())
    publish(alice, merged.draft)
    assert told() == [True, True, False, True, False, False, False, True, True, False, False]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("words", ["deep", "Deep Throat", "thr de"])
def test_strangers_do_not_find_a_source_by_a_hidden_name(api, alice, stranger, merged, words):
    assert found(api, words) == ["Emily Horne"]
    assert (found(stranger, words), found(stranger, "emily")) == ([], ["Emily Horne"])
    html = {"accept": "text/html"}
    assert "Emily Horne" not in stranger.get("/search/", {"q": words}, headers=html).content.decode()
    publish(alice, merged.draft)
    assert found(stranger, words) == ["Emily Horne"]
    assert "Emily Horne" in stranger.get("/search/", {"q": words}, headers=html).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_hidden_name_names_nobody_in_a_strangers_filter(alice, stranger, merged):
    """Its words are those of the name itself, in another order."""
    html = {"accept": "text/html"}

    def is_found():
        page = stranger.get("/api/v1/statements/", {"source": "Horne Emily"}, headers=html).content.decode()
        return "She said no" in page

    assert not is_found()
    publish(alice, merged.draft)
    assert is_found()


@pytest.mark.django_db(transaction=True)
def test_a_name_without_letters_is_hidden_too(api, alice, stranger, merged):
    dots = create_source(actor=alice, name="...", kind="person")
    merge_source(source_id=dots.pk, versions=None, actor=alice, into=merged.known, reason=WHY)
    assert (found(api, "..."), found(stranger, "...")) == (["Emily Horne"], [])


@pytest.mark.django_db(transaction=True)
def test_an_editor_publishes_a_name_by_giving_it(api, alice, stranger, merged):
    def give(*aliases):
        update_source(source_id=merged.known.pk, versions=None, actor=alice, aliases=list(aliases))

    update_source(source_id=merged.known.pk, versions=None, actor=alice, description="Her spokeswoman.")
    assert names_told(stranger, merged.known) == HIDDEN
    give("E. Horne")
    give("E. Horne", "Deep Throat")
    assert names_told(stranger, merged.known)[0] == ["E. Horne", "Deep Throat"]
    assert found(stranger, "deep") == ["Emily Horne"]
    assert status_of_redirect(stranger, merged.deep) == 404


@pytest.mark.django_db(transaction=True)
def test_what_both_sources_were_called_stays_public(alice, stranger, merged):
    twin = create_source(actor=alice, name="Twin", kind="person", aliases=["E. Horne"])
    merge_source(source_id=twin.pk, versions=None, actor=alice, into=merged.known, reason=WHY)
    assert names_told(stranger, merged.known) == HIDDEN


@pytest.mark.django_db(transaction=True)
def test_the_names_of_a_source_that_was_public_are_public_at_once(alice, stranger, merged):
    second = create_source(actor=alice, name="The NSC", kind="person")
    merge_source(source_id=merged.known.pk, versions=None, actor=alice, into=second, reason=WHY)
    assert names_told(stranger, second)[0] == ["Emily Horne", "E. Horne"]
    assert (status_of_redirect(stranger, merged.known), status_of_redirect(stranger, merged.deep)) == (301, 404)
    publish(alice, merged.draft)
    assert names_told(stranger, second)[0] == ["Emily Horne", "E. Horne", "Deep Throat", "Horne Emily"]
    assert status_of_redirect(stranger, merged.deep) == 301


@pytest.mark.django_db(transaction=True)
def test_what_came_with_a_merge_and_is_said_by_another_now_publishes_nothing(alice, stranger, merged):
    other = create_source(actor=alice, name="Somebody else", kind="person")
    services.update_statement(statement_id=merged.said.pk, versions=None, actor=alice, source=other)
    publish(alice, merged.draft)
    assert names_told(stranger, merged.known) == HIDDEN
    assert status_of_redirect(stranger, merged.deep) == 404


def as_publisher(alice, draft, statement, source):
    services.update_article(article_id=draft.pk, versions=None, actor=alice, publisher=source)


def as_relay(alice, draft, statement, source):
    services.update_statement(statement_id=statement.pk, versions=None, actor=alice, via=[source])


def as_party(alice, draft, statement, source):
    services.open_dispute(actor=alice, statement=statement, raised_by=source, kind="denial")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("refer", [as_publisher, as_relay, as_party])
def test_any_reference_that_came_with_a_merge_publishes_the_source(alice, stranger, merged, refer):
    other = create_source(actor=alice, name="Other", kind="person")
    draft = services.create_article(actor=alice, title="Another draft", text="He said yes.")
    said = services.create_statement(article=draft, actor=alice, quote_type="narration", start=0, end=11)
    refer(alice, draft, said, other)
    merge_source(source_id=other.pk, versions=None, actor=alice, into=merged.known, reason=WHY)
    assert (names_told(stranger, merged.known), status_of_redirect(stranger, other)) == (HIDDEN, 404)
    publish(alice, draft)
    assert names_told(stranger, merged.known)[0] == ["E. Horne", "Other"]
    assert status_of_redirect(stranger, other) == 301


@pytest.mark.django_db(transaction=True)
def test_strangers_do_not_find_what_a_source_said_or_published_by_a_hidden_name(api, alice, stranger, merged):
    services.update_article(article_id=merged.report.pk, versions=None, actor=alice, publisher=merged.known)

    def found(client, kind, words):
        answer = client.get(f"/api/v1/{kind}/", {"q": words}).json()["results"]
        return [row["id"] for row in answer if row["id"] in (own.pk, merged.report.pk)]

    own = Statement.objects.get(article=merged.report)
    for kind, row_id in (("statements", own.pk), ("articles", merged.report.pk)):
        assert (found(api, kind, "deep throat"), found(api, kind, "horne -deep")) == ([row_id], [])
        for words in ("deep throat", '"deep throat" horne', "throat or nowhere"):
            assert found(stranger, kind, words) == [], words
        for words in ("horne", "horne -deep", '"e horne" -throat'):
            assert found(stranger, kind, words) == [row_id], words
    html = {"accept": "text/html"}
    page = stranger.get("/search/", {"q": "deep throut"}, headers=html).content.decode()
    assert f"/api/v1/statements/{own.pk}/" not in page
    assert "Emily Horne" not in page
    publish(alice, merged.draft)
    assert found(stranger, "statements", "deep throat") == [own.pk]
    assert found(stranger, "articles", "deep throat") == [merged.report.pk]
    assert "Emily Horne" in stranger.get("/search/", {"q": "deep throut"}, headers=html).content.decode()
