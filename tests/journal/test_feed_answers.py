"""What the feed and the histories answer, and how its filters are read."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import services
from factcheck.journal.models import Entry
from sources.services import create_source
from tests.journal.test_feed import read_when_there
from tests.newsroom import client_of, user_with_role

FEED = "/api/v1/journal/"


@pytest.mark.django_db(transaction=True)
def test_pages_follow_each_other_by_the_cursor_of_their_last_entry(alice):
    api = client_of(alice)
    made = [create_source(actor=alice, name=name, kind="person") for name in "ABCDE"]
    read_when_there(api, "0-0", 5)
    whole = api.get(FEED, {"page_size": 200}).json()
    assert [entry["resource"] for entry in whole["results"]] == ["source"] * 5
    entries = list(Entry.objects.filter(resource="source").order_by("transaction", "id"))
    cursors = [f"{entry.transaction}-{entry.pk}" for entry in entries]
    assert (whole["next"], whole["previous"], whole["cursor"]) == (None, None, cursors[4])
    assert whole["results"][0] == {
        "id": entries[0].pk,
        "at": entries[0].at.isoformat().replace("+00:00", "Z"),
        "actor": {"id": alice.pk, "username": "alice"},
        "actor_name": "alice",
        "action": "source.created",
        "resource": "source",
        "resource_id": made[0].pk,
        "version": 1,
        "article": None,
        "reason": "",
        "data": entries[0].data,
        "salt": str(entries[0].salt),
    }
    first = api.get(FEED, {"page_size": 2, "resource": "source"})
    following = f"http://testserver{FEED}?page_size=2&resource=source&after={cursors[1]}"
    assert first.json() == {
        "next": following, "previous": None, "cursor": cursors[1], "results": whole["results"][:2],
    }  # fmt: skip
    assert first["Link"] == f'<{following}>; rel="next"'
    second = api.get(following)
    assert second.json()["results"] == whole["results"][2:4]
    last = api.get(second.json()["next"])
    assert (last.json()["next"], last.json()["cursor"], "Link" in last) == (None, cursors[4], False)
    assert last.json()["results"] == whole["results"][4:]
    exact = api.get(FEED, {"page_size": 2, "after": cursors[2]}).json()
    assert (exact["next"], exact["cursor"], exact["results"]) == (None, cursors[4], whole["results"][3:])
    beyond = api.get(FEED, {"page_size": 2, "after": cursors[4]}).json()
    assert beyond == {"next": None, "previous": None, "cursor": cursors[4], "results": []}

    (transaction, entry), (other, _) = (cursor.split("-") for cursor in (cursors[1], cursors[3]))
    gone = "This cursor is of an entry that the journal does not have. Read it again from the beginning."
    for cursor in (f"{other}-{entry}", f"{transaction}-{int(entry) + 1_000_000}", f"0-{entry}", "1-1"):
        answer = api.get(FEED, {"after": cursor})
        assert (answer.status_code, answer.json()["detail"]) == (410, gone)


@pytest.mark.django_db
def test_what_is_no_cursor_is_refused_in_words(alice):
    detail = "This is not a cursor. Take it from `cursor` of an earlier answer."
    answer = client_of(alice).get(FEED, {"after": "1"}).json()
    assert (answer["detail"], answer["errors"]) == (
        f"after: {detail}", [{"pointer": "?after", "code": "invalid", "detail": detail}],
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_only_admins_read_who_was_given_which_role(alice):
    admin = user_with_role("anna", "admin")
    create_source(actor=alice, name="A source", kind="person")
    read_when_there(client_of(alice), "0-0", 1)

    def resources(user, **filters):
        return {entry["resource"] for entry in client_of(user).get(FEED, filters).json()["results"]}

    assert (resources(alice), resources(admin)) == ({"source"}, {"source", "user"})
    assert (resources(alice, resource="user"), resources(admin, resource="user")) == (set(), {"user"})


PLAIN = None  # the list is read in its order, or an index has the filter's entries in it


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("names", "scanned"),
    [
        ([], PLAIN),
        (["statement"], PLAIN),
        (["dispute"], PLAIN),
        (["actor"], PLAIN),
        (["statement", "actor"], PLAIN),
        (["article"], []),
        (["statement", "article"], []),
        (["dispute", "article"], ["resource"]),
        (["actor", "article"], ["actor"]),
        (["dispute", "actor"], ["resource"]),
        (["dispute", "actor", "article"], ["resource"]),
        (["statement", "actor", "article"], ["actor"]),
    ],
)
def test_a_filter_that_few_entries_may_pass_is_read_by_a_bounded_part_of_the_feed(alice, article, names, scanned):
    given = {
        "statement": {"resource": "statement"}, "dispute": {"resource": "dispute"},
        "actor": {"actor": alice.pk}, "article": {"article": article.pk},
    }  # fmt: skip
    filters = {name: value for each in names for name, value in given[each].items()}
    with CaptureQueriesContext(connection) as captured:
        assert client_of(alice).get(FEED, filters).status_code == 200
    (sql,) = [query["sql"] for query in captured if 'ORDER BY "journal_entry"."transaction"' in query["sql"]]
    part = re.search(r"scan_end AS MATERIALIZED \(\s*SELECT \* FROM \((.*?)\) t\(key", sql)
    assert (part and re.findall(r'"journal_entry"\."(resource|actor|article)" = ', part[1])) == scanned


@pytest.mark.django_db
def test_a_history_tells_each_change_of_a_field_newest_first(api, alice, article, minister):
    row = services.create_evidence(
        actor=alice, statement=services.create_statement(article=article, actor=alice, source=minister, start=2, end=6),
        stance="supports", title="A call", reason="Ann called.",
    )  # fmt: skip
    services.update_evidence(
        evidence_id=row.pk, versions=None, actor=alice, title="A mail", excerpt="No.", reason="Bob."
    )
    services.delete_evidence(evidence_id=row.pk, versions=None, actor=alice, reason="Twice.")
    address = f"/api/v1/evidence/{row.pk}/history/"
    page = api.get(address).json()
    told = [(entry["action"], entry["version"], entry["reason"], entry["changes"]) for entry in page["results"]]
    created = told.pop()
    assert told == [
        ("evidence.deleted", 3, "Twice.", {}),
        ("evidence.updated", 2, "Bob.", {
            "title": {"before": "A call", "after": "A mail"}, "excerpt": {"before": "", "after": "No."}}),
    ]  # fmt: skip
    assert created[:3] == ("evidence.created", 1, "Ann called.")
    assert created[3]["title"] == {"before": None, "after": "A call"}
    assert {name for name, change in created[3].items() if change["before"] is not None} == set()
    assert not {"version", "updated_at"} & created[3].keys()
    first = api.get(address, {"page_size": 2}).json()
    assert first["results"] == page["results"][:2]
    assert api.get(first["next"]).json()["results"] == page["results"][2:]
    assert api.get(f"/api/v1/evidence/{row.pk + 1}/history/").status_code == 404


@pytest.mark.django_db
def test_a_row_that_never_changed_has_a_history_of_one(api, minister):
    page = api.get(f"/api/v1/sources/{minister.pk}/history/").json()
    assert [entry["action"] for entry in page["results"]] == ["source.created"]
