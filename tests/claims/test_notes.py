"""Notes: what the newsroom remarks on an article, a statement or a dispute. Recorded like all else, never public."""

import re

import pytest
from django.db import IntegrityError, connection, transaction
from rest_framework.test import APIClient

from claims import services
from claims.models import Note
from factcheck.journal.models import Entry
from factcheck.journal.services import record
from tests.newsroom import browser_of, client_of, page_of, user_with_role

NOTES = "/api/v1/notes/"
WORDS = {"text": "Ask the ministry again."}
ANY = {"if-match": "*"}
NOT_ALLOWED = "Only its author and editors change or delete a note."


@pytest.fixture
def bob(db):
    return user_with_role("bob", "reporter")


@pytest.fixture
def dispute(alice, statement, minister):
    return services.open_dispute(actor=alice, statement=statement, raised_by=minister, kind="denial")


@pytest.fixture
def note(bob, statement):
    return services.create_note(actor=bob, statement=statement, **WORDS)


def entries(note_id):
    found = Entry.objects.of("note", note_id).order_by("version")
    return list(found.values_list("action", "version", "actor_name", "reason"))


def commit():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def written(note, change, action, actor):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE claims_note SET version = 2, {change}")
    record([note], action=action, actor=actor)
    commit()


def test_a_note_is_on_an_article_a_statement_or_a_dispute_and_belongs_to_the_article(bob, article, statement, dispute):
    reporter = client_of(bob)
    for name, row in (("article", article), ("statement", statement), ("dispute", dispute)):
        made = reporter.post(NOTES, {name: row.pk, **WORDS})
        assert made.status_code == 201
        shown = made.json()
        assert {key: shown[key] for key in ("article", "statement", "dispute", "text", "resolved", "version")} == {
            "article": article.pk, "statement": None, "dispute": None, **WORDS, "resolved": False, "version": 1,
            name: row.pk,
        }  # fmt: skip
        assert shown["author"] == {"id": bob.pk, "username": "bob"}
        assert (shown["resolved_by"], shown["resolved_at"]) == (None, None)
        entry = Entry.objects.get(resource="note", resource_id=shown["id"])
        assert (entry.action, entry.article, entry.data["text"]) == ("note.created", article.pk, WORDS["text"])
    commit()


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({}, ("#/article", "required")),
        ({"statement": "{statement}", "dispute": "{dispute}"}, ("#/dispute", "invalid")),
        ({"statement": "{statement}", "article": "{other}"}, ("#/article", "invalid")),
        ({"dispute": 4711}, ("#/dispute", "does_not_exist")),
        ({"article": "{article}", "text": " "}, ("#/text", "blank")),
        ({"article": "{article}", "resolved": True}, ("#/resolved", "act_required")),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(api, alice, article, statement, dispute, sent, error):
    other = services.create_article(actor=alice, title="Another", text="Yes.")
    rows = {"{article}": article.pk, "{statement}": statement.pk, "{dispute}": dispute.pk, "{other}": other.pk}
    answer = api.post(NOTES, {**WORDS, **{name: rows.get(value, value) for name, value in sent.items()}})
    assert answer.status_code == 400
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [error]
    assert not Note.objects.exists()


def test_lists_are_of_the_article_with_all_in_it_of_one_row_and_by_whether_they_are_resolved(
    api, alice, article, statement, dispute
):
    on_article = services.create_note(actor=alice, article=article, **WORDS)
    on_statement = services.create_note(actor=alice, statement=statement, **WORDS)
    on_dispute = services.create_note(actor=alice, dispute=dispute, **WORDS)
    elsewhere = services.create_article(actor=alice, title="Another", text="Yes.")
    services.create_note(actor=alice, article=elsewhere, **WORDS)
    services.resolve_note(note_id=on_statement.pk, versions=None, actor=alice)

    def listed(query):
        return [row["id"] for row in api.get(f"{NOTES}?{query}").json()["results"]]

    assert listed(f"article={article.pk}") == [on_dispute.pk, on_statement.pk, on_article.pk]
    assert listed(f"statement={statement.pk}") == [on_statement.pk]
    assert listed(f"dispute={dispute.pk}") == [on_dispute.pk]
    assert listed(f"article={article.pk}&resolved=false") == [on_dispute.pk, on_article.pk]
    assert listed("resolved=true") == [on_statement.pk]
    rows = {row["id"]: row["open_notes"] for row in api.get("/api/v1/articles/").json()["results"]}
    assert rows == {article.pk: 2, elsewhere.pk: 1}
    first = api.get(f"{NOTES}?article={article.pk}&page_size=2").json()
    assert [row["id"] for row in api.get(first["next"]).json()["results"]] == [on_article.pk]


def test_it_is_resolved_and_reopened_by_reporters_too_each_with_an_entry(api, bob, note):
    reporter, address = client_of(bob), f"{NOTES}{note.pk}/"
    assert reporter.post(f"{address}resolve/", {}).status_code == 428
    resolved = reporter.post(f"{address}resolve/", {"reason": "They answered."}, headers={"if-match": '"1"'})
    shown = resolved.json()
    assert (resolved.status_code, shown["resolved"], shown["resolved_by"]["username"]) == (200, True, "bob")
    assert shown["resolved_at"]
    assert reporter.post(f"{address}resolve/", {}, headers={"if-match": '"1"'}).status_code == 412
    assert reporter.post(f"{address}resolve/", {}, headers=ANY).status_code == 409
    again = api.post(f"{address}reopen/", {}, headers=ANY).json()
    assert (again["resolved"], again["resolved_by"], again["resolved_at"]) == (False, None, None)
    assert api.post(f"{address}reopen/", {}, headers=ANY).status_code == 409
    assert api.patch(address, {"text": "Ask both."}, headers=ANY).json()["text"] == "Ask both."
    commit()
    assert entries(note.pk) == [
        ("note.created", 1, "bob", ""),
        ("note.resolved", 2, "bob", "They answered."),
        ("note.reopened", 3, "alice", ""),
        ("note.updated", 4, "alice", ""),
    ]
    history = api.get(f"{address}history/").json()["results"]
    assert [entry["action"] for entry in history][-1] == "note.created"
    at = Entry.objects.get(resource="note", version=2).at
    then = api.get(f"{address}?as_of={at:%Y-%m-%dT%H:%M:%S.%fZ}").json()
    assert (then["resolved"], then["text"]) == (True, WORDS["text"])
    then = api.get(f"{NOTES}?article={note.article_id}&as_of={at:%Y-%m-%dT%H:%M:%S.%fZ}").json()
    assert [row["resolved"] for row in then["results"]] == [True]


def test_what_was_read_can_be_sent_back_and_nothing_moves(api, note, article):
    address = f"{NOTES}{note.pk}/"
    read = api.get(address).json()
    sent = {name: read[name] for name in ("article", "statement", "dispute", "text")}
    assert api.put(address, sent, headers=ANY).json()["version"] == 1
    refused = api.patch(address, {"statement": None}, headers=ANY)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "immutable")
    assert api.put(address, WORDS, headers=ANY).json()["errors"][0]["pointer"] == "#/statement"


def test_a_reporter_changes_and_deletes_only_own_notes_and_an_editor_any(api, bob, note):
    address = f"{NOTES}{note.pk}/"
    carol = client_of(user_with_role("carol", "reporter"))
    for answer in (
        carol.patch(address, {"text": "x"}, headers=ANY),
        carol.delete(address, headers=ANY),
    ):
        assert (answer.status_code, answer.json()["detail"]) == (403, NOT_ALLOWED)
    viewer = client_of(user_with_role("vera", "viewer"))
    assert viewer.get(address).status_code == 200
    assert viewer.post(f"{address}resolve/", {}, headers=ANY).status_code == 403
    assert viewer.post(NOTES, {"article": note.article_id, **WORDS}).status_code == 403
    own = client_of(bob)
    assert own.patch(address, {"text": "Mine."}, headers=ANY).status_code == 200
    assert own.delete(f"{address}?reason=Done", headers=ANY).status_code == 204
    assert own.delete(address, headers=ANY).status_code == 404
    commit()
    assert entries(note.pk)[-1] == ("note.deleted", 3, "bob", "Done")
    other = services.create_note(actor=bob, article=note.article, **WORDS)
    assert api.delete(f"{NOTES}{other.pk}/", headers=ANY).status_code == 204


def test_strangers_never_see_a_note_nor_how_many_there_are(api, alice, article, statement, dispute, settings):
    settings.PUBLIC_READ = True
    made = [
        services.create_note(actor=alice, text="Xylophon", **{name: row})
        for name, row in (("article", article), ("statement", statement), ("dispute", dispute))
    ]
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Ready.")
    stranger = APIClient()
    for address in (NOTES, f"{NOTES}{made[0].pk}/", f"{NOTES}{made[0].pk}/history/", f"{NOTES}?article={article.pk}"):
        assert stranger.get(address).status_code == 401
    pages = [
        f"/api/v1/articles/{article.pk}/", f"/api/v1/statements/{statement.pk}/", f"/api/v1/disputes/{dispute.pk}/",
        "/api/v1/articles/", "/",
    ]  # fmt: skip
    for address in pages:
        for accept in ("text/html", "application/json"):
            answer = stranger.get(address, headers={"accept": accept}).content.decode()
            assert "Xylophon" not in answer
            assert not re.search(r"/notes/|open_notes|open note", answer)
    document = api.get(f"/api/v1/articles/{article.pk}/annotations/")
    assert "Xylophon" not in document.content.decode()
    before = document.json()["version"]
    services.create_note(actor=alice, article=article, text="Another")
    assert api.get(f"/api/v1/articles/{article.pk}/annotations/").json()["version"] == before


@pytest.mark.parametrize("deleted", ["article", "statement", "dispute"])
def test_notes_go_with_what_they_are_on_each_with_its_entry(alice, article, statement, dispute, deleted):
    on = {
        name: services.create_note(actor=alice, text=name, **{name: row}).pk
        for name, row in (("article", article), ("statement", statement), ("dispute", dispute))
    }
    delete = getattr(services, f"delete_{deleted}")
    delete(**{f"{deleted}_id": {"article": article, "statement": statement, "dispute": dispute}[deleted].pk},
           versions=None, actor=alice, reason="A mistake.")  # fmt: skip
    commit()
    names = list(on)
    gone = names[names.index(deleted) :]
    assert set(Note.objects.values_list("text", flat=True)) == set(names) - set(gone)
    for name in gone:
        assert entries(on[name])[-1] == ("note.deleted", 2, "alice", "A mistake.")


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("note_on_one_thing", {"dispute": True}),
        ("note_resolution_whole_or_absent", {"resolved_by": True}),
    ],
)
def test_the_database_holds_what_a_note_is(alice, note, dispute, constraint, change):
    values = {"dispute": dispute, "resolved_by": alice}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Note.objects.update(**{name: values[name] for name in change})


@pytest.mark.parametrize(
    ("action", "change"),
    [
        ("note.updated", "resolved_by = author, resolved_at = now()"),
        ("note.resolved", "text = 'Other words'"),
        ("note.resolved", "resolved_by = {alice}, resolved_at = now()"),  # by bob, says the entry
        ("note.reopened", "text = 'Other words'"),
        ("note.updated", "author = {alice}"),
        ("note.updated", "statement = NULL"),
    ],
)
def test_the_database_refuses_a_change_that_its_entry_does_not_mean(alice, bob, note, action, change):
    commit()
    with pytest.raises(IntegrityError, match="is not what"), transaction.atomic():
        written(note, change.format(alice=alice.pk), action, bob)


def test_the_database_refuses_a_note_in_another_article_than_what_it_is_on(alice, statement, dispute):
    other = services.create_article(actor=alice, title="Another", text="Yes.")
    for on in ({"statement": statement}, {"dispute": dispute}):
        with pytest.raises(IntegrityError, match="is not in article"), transaction.atomic():
            Note.objects.create(article=other, text="x", author=alice, **on)


def test_pages_show_notes_and_take_them(alice, bob, article, statement, dispute):
    reporter = browser_of(bob)
    pages = {
        "article": f"/api/v1/articles/{article.pk}/", "statement": f"/api/v1/statements/{statement.pk}/",
        "dispute": f"/api/v1/disputes/{dispute.pk}/",
    }  # fmt: skip
    for subject, address in pages.items():
        page = page_of(reporter, address)
        assert f'<input type="hidden" name="{subject}" value="' in page
        sent = {subject: address.split("/")[-2], "text": f"Words on the {subject}", "next": address + "#note-{id}"}
        answer = reporter.post(NOTES, sent)
        made = Note.objects.latest("pk")
        assert (answer.status_code, answer["Location"]) == (303, f"{address}#note-{made.pk}")
        assert f"Words on the {subject}" in page_of(reporter, address)
        resolve = reporter.post(f"{NOTES}{made.pk}/resolve/", {"version": 1, "next": address})
        assert resolve.status_code == 303
        assert "<b>resolved</b> by bob" in page_of(reporter, address)
    article_page = page_of(reporter, pages["article"])
    assert all(f"Words on the {subject}" in article_page for subject in pages)
    listed = page_of(reporter, NOTES)
    assert all(f"Words on the {subject}" in listed for subject in pages)
    own = page_of(reporter, f"{NOTES}{made.pk}/")
    assert "?form=edit" in own
    assert "Delete the note" in own
    theirs = page_of(browser_of(user_with_role("carol", "reporter")), f"{NOTES}{made.pk}/")
    assert "Delete the note" not in theirs
    assert f"Words on the {subject}" in page_of(reporter, f"{NOTES}{made.pk}/?form=edit")
    changed = {"_method": "PATCH", "version": 2, "text": "Other words", "dispute": dispute.pk}
    assert reporter.post(f"{NOTES}{made.pk}/", changed).status_code == 303
    assert "Other words" in page_of(reporter, f"{NOTES}{made.pk}/history/")
    refused = reporter.post(NOTES, {"statement": statement.pk, "text": " "})
    assert refused.status_code == 400
    assert reporter.post(f"{NOTES}{made.pk}/", {"_method": "DELETE", "version": 3, "next": "/"}).status_code == 303
    services.create_note(actor=alice, article=article, text="One more")
    assert "1 open note<" in page_of(reporter, "/api/v1/articles/")
    viewer = page_of(browser_of(user_with_role("vera", "viewer")), pages["article"])
    assert "One more" in viewer
    assert "Add a note" not in viewer
