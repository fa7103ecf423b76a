"""An editor's work over HTTP, as a frontend does it.

Over 400 lines: one day of work runs through every endpoint, with shared fixtures.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from rest_framework.test import APIClient

from claims import services
from claims.models import Statement
from factcheck.journal.models import Entry
from sources.services import create_source
from tests.newsroom import TEXT, client_of, user_with_role


def test_offsets_count_code_points_after_an_emoji(api, article, minister):
    answer = api.post("/api/v1/statements/", {"article": article.pk, "start": 2, "end": 23, "source": minister.pk})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["text"], body["start"], body["end"]) == ("The minister said no.", 2, 23)
    assert body["prefix"] == "\U0001f600 "
    assert body["tag"] == "unverified"
    assert body["source"] == {"id": minister.pk, "name": "The minister", "kind": "person", "anonymous": False}
    assert answer["Location"].endswith(f"/api/v1/statements/{body['id']}/")


def test_a_passage_that_stands_twice_is_answered_with_its_candidates(api, article, minister):
    answer = api.post(
        "/api/v1/statements/", {"article": article.pk, "text": "The minister said no.", "source": minister.pk}
    )
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert [(c["start"], c["end"]) for c in answer.json()["candidates"]] == [(2, 23), (24, 45)]
    assert answer.json()["errors"][0]["pointer"] == "#/text"


@pytest.mark.parametrize("passage", ["\u0645\u0631\u062d\u0628\u0627", "cafe\u0301\r\nEnd."])
def test_right_to_left_combining_and_crlf_text_is_pinned_as_it_is(api, article, minister, passage):
    answer = api.post("/api/v1/statements/", {"article": article.pk, "text": passage, "source": minister.pk})
    assert answer.status_code == 201
    assert answer.json()["text"] == passage
    assert TEXT[answer.json()["start"] : answer.json()["end"]] == passage


def test_the_context_tells_a_repeated_passage_apart(api, article, minister):
    body = {"article": article.pk, "text": "The minister said no.", "prefix": "no. ", "source": minister.pk}
    assert api.post("/api/v1/statements/", body).json()["start"] == 24


def test_the_chain_keeps_its_order(api, alice, article, minister):
    cnn = create_source(actor=alice, name="CNN", kind="outlet")
    reporter = create_source(actor=alice, name="A reporter", kind="person")
    body = {"article": article.pk, "start": 2, "end": 23, "source": minister.pk, "via": [reporter.pk, cnn.pk]}
    made = api.post("/api/v1/statements/", body)
    assert [source["name"] for source in made.json()["via"]] == ["A reporter", "CNN"]
    address = f"/api/v1/statements/{made.json()['id']}/"
    changed = api.patch(address, {"via": [cnn.pk, reporter.pk]}, headers={"If-Match": made["ETag"]})
    assert [source["name"] for source in changed.json()["via"]] == ["CNN", "A reporter"]
    assert changed.json()["version"] == 2


def test_a_known_etag_is_answered_304_and_a_stale_one_412_with_the_current(api, statement):
    address = f"/api/v1/statements/{statement.pk}/"
    first = api.get(address)
    assert api.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    act = {"tag": "denied", "reason": "The ministry denies it."}
    tagged = api.post(address + "tag/", act, headers={"If-Match": first["ETag"]})
    assert (tagged.status_code, tagged.json()["tag"], tagged.json()["version"]) == (200, "denied", 2)
    stale = api.post(address + "tag/", act, headers={"If-Match": first["ETag"]})
    assert stale.status_code == 412
    assert stale["ETag"] == tagged["ETag"] == api.get(address)["ETag"]
    assert api.post(address + "tag/", act).status_code == 428


@pytest.mark.django_db(transaction=True)
def test_of_two_editors_who_tag_at_once_one_wins_and_the_other_hears_of_it():
    alice, carol = user_with_role("alice", "editor"), user_with_role("carol", "editor")
    article = services.create_article(actor=alice, title="A report", text=TEXT)
    statement = services.create_statement(article=article, actor=alice, quote_type="narration", start=2, end=23)
    clients = [client_of(alice), client_of(carol)]

    def tag(client: APIClient) -> int:
        try:
            body = {"tag": "asserted", "reason": "At the same time."}
            answer = client.post(f"/api/v1/statements/{statement.pk}/tag/", body, headers={"If-Match": '"1-0"'})
            return answer.status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(tag, clients)) == [200, 412]
    assert Statement.objects.get().version == 2
    assert Entry.objects.filter(action="statement.tagged").count() == 1


def test_a_dispute_is_opened_resolved_with_a_new_tag_and_reopened(api, alice, statement):
    ministry = create_source(actor=alice, name="The ministry", kind="organization")
    body = {"statement": statement.pk, "raised_by": ministry.pk, "kind": "denial"}
    made = api.post("/api/v1/disputes/", body)
    assert (made.status_code, made.json()["state"]) == (201, "open")
    assert api.post("/api/v1/disputes/", body).status_code == 409
    assert api.get(f"/api/v1/statements/{statement.pk}/").json()["open_disputes"] == 1
    address = f"/api/v1/disputes/{made.json()['id']}/"
    act = {"state": "upheld", "reason": "The minutes say so.", "tag": "denied"}
    resolved = api.post(address + "resolve/", act, headers={"If-Match": made["ETag"]})
    assert (resolved.json()["state"], resolved.json()["resolution"]) == ("upheld", "The minutes say so.")
    assert resolved.json()["resolved_by"] == {"id": alice.pk, "username": "alice"}
    assert api.get(f"/api/v1/statements/{statement.pk}/").json()["tag"] == "denied"
    reopened = api.post(address + "reopen/", {"reason": "New facts."}, headers={"If-Match": resolved["ETag"]})
    assert (reopened.json()["state"], reopened.json()["resolved_at"]) == ("open", None)


def test_a_list_pages_through_ties_forwards_and_backwards_without_loss(api, alice, article):
    for _ in range(7):
        services.create_statement(article=article, actor=alice, quote_type="narration", start=2, end=23)
    seen, address = [], f"/api/v1/statements/?article={article.pk}&page_size=3"
    pages = []
    while address:
        page = api.get(address).json()
        pages.append([row["id"] for row in page["results"]])
        seen += pages[-1]
        previous, address = page["previous"], page["next"]
    assert len(seen) == len(set(seen)) == 7
    assert [row["id"] for row in api.get(previous).json()["results"]] == pages[-2]


@pytest.mark.parametrize("ordering", ["id", "-id", "start", "-start", "created_at", "-created_at", "-updated_at"])
def test_every_ordering_pages_through_all_rows(api, alice, article, ordering):
    for end in range(10, 15):
        services.create_statement(article=article, actor=alice, quote_type="narration", start=2, end=end)
    address, seen = f"/api/v1/statements/?ordering={ordering}&page_size=2", []
    while address:
        page = api.get(address).json()
        seen += [row["id"] for row in page["results"]]
        address = page["next"]
    assert len(set(seen)) == 5
    assert seen == sorted(seen, reverse=ordering.startswith("-") and ordering != "-start") or "start" in ordering


@pytest.mark.parametrize("path", ["statements", "articles", "sources", "disputes", "evidence"])
def test_a_list_takes_the_same_number_of_queries_however_long_it_is(
    api, alice, article, minister, path, django_assert_num_queries
):
    def fill() -> None:
        row = services.create_statement(article=article, actor=alice, source=minister, via=[minister], start=2, end=23)
        services.create_article(actor=alice, title="Another", text=TEXT, publisher=minister)
        create_source(actor=alice, name="Part", kind="person", part_of=minister)
        services.open_dispute(actor=alice, statement=row, raised_by=minister, kind="denial")
        services.create_evidence(actor=alice, statement=row, stance="context", url="https://a.example/")

    from django.test.utils import CaptureQueriesContext

    fill()
    with CaptureQueriesContext(
        connection,
    ) as one:
        api.get(f"/api/v1/{path}/")
    for _ in range(5):
        fill()
    with django_assert_num_queries(len(one)):
        assert api.get(f"/api/v1/{path}/").status_code == 200


def test_an_edited_text_makes_a_revision_and_finds_each_statement_again(api, article, statement):
    address = f"/api/v1/articles/{article.pk}/"
    etag = api.get(address)["ETag"]
    changed = api.patch(address, {"text": "Breaking.\r\n\r\n" + TEXT}, headers={"If-Match": etag})
    assert changed.json()["revision"] == 2
    found = api.get(f"/api/v1/statements/{statement.pk}/").json()
    assert (found["anchor"], found["start"], found["revision"]) == ("moved", 15, 2)
    assert api.get(address + "revisions/1/").json()["text"] == TEXT


def test_the_history_tells_who_changed_what_from_what_and_why(api, statement):
    body = {"tag": "asserted", "reason": "Nobody contests it."}
    api.post(f"/api/v1/statements/{statement.pk}/tag/", body, headers={"If-Match": "*"})
    latest = api.get(f"/api/v1/statements/{statement.pk}/history/").json()["results"][0]
    assert (latest["action"], latest["actor"]["username"], latest["reason"]) == (
        "statement.tagged",
        "alice",
        "Nobody contests it.",
    )
    assert latest["changes"]["tag"] == {"before": "unverified", "after": "asserted"}


def test_a_source_that_is_referred_to_cannot_be_deleted(api, statement, minister):
    answer = api.delete(f"/api/v1/sources/{minister.pk}/", headers={"If-Match": "*"})
    assert answer.status_code == 409
    assert "statement" in answer.json()["detail"]


def test_a_source_is_found_by_its_alias(api, minister):
    assert [row["id"] for row in api.get("/api/v1/sources/?q=jan").json()["results"]] == [minister.pk]


def test_a_deleted_article_takes_its_statements_along_and_leaves_their_history(api, article, statement):
    answer = api.delete(f"/api/v1/articles/{article.pk}/", headers={"If-Match": "*"})
    assert answer.status_code == 204
    assert api.get(f"/api/v1/statements/{statement.pk}/").status_code == 404
    history = api.get(f"/api/v1/statements/{statement.pk}/history/").json()["results"]
    assert [entry["action"] for entry in history] == ["statement.deleted", "statement.created"]


def test_the_tag_is_given_by_the_act_and_not_by_a_plain_write(api, statement):
    answer = api.patch(f"/api/v1/statements/{statement.pk}/", {"tag": "denied"}, headers={"If-Match": "*"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "#/tag"


def test_an_unknown_address_is_a_problem_document(api):
    answer = api.get("/api/v1/nothing/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_an_exported_document_is_imported_again_without_a_change(api, alice, article, statement):
    services.create_evidence(actor=alice, statement=statement, stance="context", url="https://a.example/")
    source = create_source(actor=alice, name="The ministry", kind="organization")
    services.open_dispute(actor=alice, statement=statement, raised_by=source, kind="denial")
    document = api.get(f"/api/v1/articles/{article.pk}/annotations/").json()
    assert [row["text"] for row in document["statements"]] == ["The minister said no."]
    entries = Entry.objects.count()
    address = f"/api/v1/articles/{article.pk}/annotations/"
    etag = api.get(address)["ETag"]
    assert api.put(address, document).status_code == 428
    assert api.put(address, document, headers={"If-Match": etag}).json() == document
    assert Entry.objects.count() == entries
    document["statements"][0]["paraphrase"] = "The minister refused."
    changed = api.put(address, document, headers={"If-Match": etag})
    assert changed.json()["statements"][0]["paraphrase"] == "The minister refused."
    assert Entry.objects.count() == entries + 1
    assert api.put(address, document, headers={"If-Match": etag}).status_code == 412
    emptied = document | {"statements": [], "disputes": []}
    assert api.put(address, emptied, headers={"If-Match": changed["ETag"]}).json()["statements"] == []
    assert Entry.objects.count() == entries + 4


@pytest.mark.django_db(transaction=True)
def test_the_journal_feed_is_read_on_from_its_cursor():
    alice = user_with_role("alice", "editor")
    api = client_of(alice)
    for number in range(3):
        create_source(actor=alice, name=f"Source {number}", kind="person")
    first = api.get("/api/v1/journal/?page_size=2").json()
    assert [entry["action"] for entry in first["results"]] == ["source.created", "source.created"]
    rest = api.get(f"/api/v1/journal/?after={first['cursor']}").json()
    assert [entry["data"]["name"] for entry in rest["results"]] == ["Source 2"]
    assert api.get(f"/api/v1/journal/?after={rest['cursor']}").json()["results"] == []
    assert api.get("/api/v1/journal/?after=x").status_code == 400


def test_the_eleventh_log_in_of_a_minute_is_refused_whatever_address_it_claims(client, db):
    for attempt in range(10):
        answer = client.post(
            "/login/", {"username": "x", "password": "y"}, headers={"X-Forwarded-For": f"10.0.0.{attempt}"}
        )
        assert answer.status_code == 200
    answer = client.post("/login/", {"username": "x", "password": "y"})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert answer["Content-Type"] == "application/problem+json"


def test_statements_are_listed_by_the_day_said_with_the_undated_last_in_both_directions(api, alice, article, minister):
    days = ["2022-01-28", None, "2022-01-27", None, "2022-01-28"]
    made = [
        services.create_statement(article=article, actor=alice, source=minister, start=at, end=at + 3, said_on=day).pk
        for at, day in enumerate(days)
    ]

    def pages(ordering: str) -> list[int]:
        found, url = [], f"/api/v1/statements/?ordering={ordering}&page_size=2"
        while url:
            page = api.get(url).json()
            found += [row["id"] for row in page["results"]]
            url = page["next"]
        return found

    assert pages("said_on") == [made[2], made[0], made[4], made[1], made[3]]
    assert pages("-said_on") == [made[4], made[0], made[2], made[3], made[1]]


def test_a_plain_write_may_say_why_and_the_journal_keeps_it(api, statement):
    path = f"/api/v1/statements/{statement.pk}/"
    changed = api.patch(path, {"paraphrase": "He refused.", "reason": "Said it plainer."}, headers={"if-match": '"1-"'})
    assert changed.status_code == 200
    assert "reason" not in changed.json()
    refused = api.delete(path + "?reason=" + "x" * 2001, headers={"if-match": '"2-"'})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "?reason")
    assert api.delete(path + "?reason=Marked+twice", headers={"if-match": '"2-"'}).status_code == 204
    history = api.get(path + "history/").json()["results"]
    assert [(entry["action"], entry["reason"]) for entry in history] == [
        ("statement.deleted", "Marked twice"),
        ("statement.updated", "Said it plainer."),
        ("statement.created", ""),
    ]


def test_a_changed_text_answers_where_each_statement_stands_now(api, article, statement):
    path = f"/api/v1/articles/{article.pk}/"
    answer = api.patch(path, {"text": "New first line.\n" + TEXT}, headers={"if-match": '"1-"'})
    assert answer.status_code == 200
    assert answer.json()["anchors"] == [
        {
            "statement": statement.pk,
            "version": 2,
            "anchor": "moved",
            "start": 18,
            "end": 39,
            "revision": 2,
            "candidate": None,
        }
    ]
    assert answer["ETag"] == api.get(path)["ETag"]
    unchanged = api.patch(path, {"title": "Another title"}, headers={"if-match": answer["ETag"]}).json()
    assert [anchor["anchor"] for anchor in unchanged["anchors"]] == ["moved"]


LONG = "The council met on Monday. The spokeswoman said the report was entirely false. The mayor left early."
EDITED = LONG.replace("was entirely false", "was completely false")


@pytest.fixture
def doubtful(api, alice, minister):
    """A statement whose passage changed in the text, so that an editor must review it."""
    article = services.create_article(actor=alice, title="A report", text=LONG)
    made = services.create_statement(
        article=article, actor=alice, source=minister, text="The spokeswoman said the report was entirely false."
    )
    api.patch(f"/api/v1/articles/{article.pk}/", {"text": EDITED}, headers={"if-match": "*"})
    return made


def test_a_near_match_waits_for_review_pinned_to_the_old_revision(api, doubtful):
    answer = api.get(f"/api/v1/statements/{doubtful.pk}/").json()
    assert (answer["anchor"], answer["revision"], answer["text"]) == (
        "needs_review",
        1,
        "The spokeswoman said the report was entirely false.",
    )
    assert answer["candidate"].pop("score") > 0.7
    assert answer["candidate"] == {
        "revision": 2,
        "start": 27,
        "end": 80,
        "text": "The spokeswoman said the report was completely false.",
    }


def test_an_editor_confirms_the_candidate(api, doubtful):
    path = f"/api/v1/statements/{doubtful.pk}/"
    assert api.post(path + "reanchor/", {}).status_code == 428
    answer = api.post(path + "reanchor/", {"reason": "Only the adverb."}, headers={"if-match": '"2-"'})
    assert answer.status_code == 200
    row = answer.json()
    assert (row["anchor"], row["revision"], row["start"], row["end"], row["text"], row["candidate"]) == (
        "anchored",
        2,
        27,
        80,
        "The spokeswoman said the report was completely false.",
        None,
    )
    newest = api.get(path + "history/").json()["results"][0]
    assert (newest["action"], newest["reason"]) == ("statement.reanchored", "Only the adverb.")
    assert api.post(path + "reanchor/", {}, headers={"if-match": '"2-"'}).status_code == 412


def test_an_editor_pins_the_statement_to_other_words(api, doubtful):
    path = f"/api/v1/statements/{doubtful.pk}/reanchor/"
    nowhere = api.post(path, {"text": "entirely false"}, headers={"if-match": "*"})
    assert (nowhere.status_code, nowhere.json()["errors"][0]["code"]) == (422, "not_found")
    row = api.post(path, {"text": "completely false"}, headers={"if-match": "*"}).json()
    assert (row["anchor"], row["revision"], row["text"]) == ("anchored", 2, "completely false")


def test_a_lost_statement_is_found_again_when_its_words_come_back(api, doubtful):
    article = f"/api/v1/articles/{doubtful.article_id}/"
    gone = api.patch(article, {"text": "Nothing of it is left here."}, headers={"if-match": "*"}).json()
    assert [(row["anchor"], row["revision"], row["candidate"]) for row in gone["anchors"]] == [("orphaned", 1, None)]
    refused = api.post(f"/api/v1/statements/{doubtful.pk}/reanchor/", {}, headers={"if-match": "*"})
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "The passage was not found in the article's present text. Send start and end, or text.",
    )
    back = api.patch(article, {"text": LONG}, headers={"if-match": "*"}).json()
    assert [(row["anchor"], row["revision"], row["start"]) for row in back["anchors"]] == [("anchored", 4, 27)]


def test_an_old_revision_is_read_with_its_statements_as_they_were(api, doubtful):
    path = f"/api/v1/articles/{doubtful.article_id}/revisions/"
    api.post(f"/api/v1/statements/{doubtful.pk}/reanchor/", {}, headers={"if-match": "*"})
    api.post(
        f"/api/v1/statements/{doubtful.pk}/tag/",
        {"tag": "denied", "reason": "He denies it."},
        headers={"if-match": "*"},
    )
    first, second = (api.get(f"{path}{number}/").json() for number in (1, 2))
    assert (first["number"], first["text"]) == (1, LONG)
    assert [(row["text"], row["tag"], row["version"]) for row in first["statements"]] == [
        ("The spokeswoman said the report was entirely false.", "unverified", 1)
    ]
    assert (second["number"], second["text"]) == (2, EDITED)
    assert [(row["text"], row["tag"], row["version"]) for row in second["statements"]] == [
        ("The spokeswoman said the report was completely false.", "denied", 4)
    ]
    assert api.get(f"{path}3/").status_code == 404
