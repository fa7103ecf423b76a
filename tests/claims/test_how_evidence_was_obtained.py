"""When and how the newsroom got a piece of evidence.

It may tell of a source to protect, so only the newsroom sees it.
"""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from claims import services
from claims.models import Evidence
from factcheck.journal.models import Entry
from tests.newsroom import browser_of, page_of

CALL = {"obtained_on": "2026-03-05", "obtained_how": "call"}
UNKNOWN = {"obtained_on": None, "obtained_how": None}
NO_DAY = {"pointer": "#/obtained_on", "code": "invalid", "detail": "Give a day as YYYY-MM-DD."}


@pytest.fixture
def call(alice, statement):
    return services.create_evidence(
        actor=alice, statement=statement, stance="supports", title="What the ministry says",
        obtained_on=date(2026, 3, 5), obtained_how="call",
    )  # fmt: skip


def obtained(data):
    return {name: data[name] for name in UNKNOWN}


@pytest.mark.parametrize(
    ("sent", "stored"), [(CALL, CALL), ({}, UNKNOWN), (UNKNOWN, UNKNOWN), ({"obtained_how": ""}, UNKNOWN)]
)
def test_it_is_recorded_and_answered(api, statement, sent, stored):
    made = api.post("/api/v1/evidence/", {"statement": statement.pk, "stance": "supports", "title": "A call", **sent})
    assert made.status_code == 201
    assert obtained(made.json()) == obtained(Entry.objects.get(resource="evidence").data) == stored
    page = api.get(f"/api/v1/evidence/?statement={statement.pk}").json()
    assert [obtained(row) for row in page["results"]] == [stored]


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"obtained_on": "2026-03"}, NO_DAY),
        ({"obtained_on": ""}, NO_DAY),
        (
            {"obtained_how": "phone"},
            {
                "pointer": "#/obtained_how",
                "code": "invalid_choice",
                "detail": "“phone” is not one of link, call, mail, document, visit, other.",
            },
        ),
    ],
)
def test_another_form_is_refused_and_nothing_is_written(api, statement, sent, error):
    answer = api.post("/api/v1/evidence/", {"statement": statement.pk, "stance": "supports", "title": "x", **sent})
    assert (answer.status_code, answer.json()["errors"]) == (400, [error])
    assert not Evidence.objects.exists()


def test_the_database_knows_the_ways_too(call):
    with pytest.raises(IntegrityError, match="evidence_obtained_how_known"), transaction.atomic():
        Evidence.objects.update(obtained_how="phone")


def test_a_change_keeps_what_is_not_sent_and_the_past_stays(api, call):
    address = f"/api/v1/evidence/{call.pk}/"
    changed = api.patch(address, {"obtained_how": "visit"}, headers={"if-match": "*"})
    assert obtained(changed.json()) == {"obtained_on": "2026-03-05", "obtained_how": "visit"}
    replaced = api.put(
        address, {"statement": call.statement_id, "stance": "supports", "title": "x"}, headers={"if-match": "*"}
    )
    assert obtained(replaced.json()) == UNKNOWN
    at = Entry.objects.get(resource="evidence", version=2).at
    assert obtained(api.get(f"{address}?as_of={at:%Y-%m-%dT%H:%M:%S.%fZ}").json()) == {
        "obtained_on": "2026-03-05", "obtained_how": "visit",
    }  # fmt: skip


def test_strangers_are_told_neither(api, alice, call, settings):
    settings.PUBLIC_READ = True
    article = call.statement.article_id
    services.set_article_status(article_id=article, versions=None, actor=alice, status="published", reason="Ready.")
    stranger, address = APIClient(), f"/api/v1/evidence/{call.pk}/"
    row = stranger.get(address).json()
    assert row["title"] == "What the ministry says"
    assert not UNKNOWN.keys() & row.keys()
    assert stranger.get(f"/api/v1/evidence/?statement={call.statement_id}").json()["results"] == [row]
    for page in (address, f"/api/v1/statements/{call.statement_id}/", "/api/v1/evidence/"):
        shown = stranger.get(page, headers={"accept": "text/html"}).content.decode()
        assert "What the ministry says" in shown
        assert "Obtained" not in shown
    for other in ("webannotation", "claimreview"):
        assert "obtained" not in stranger.get(f"/api/v1/statements/{call.statement_id}/{other}/").content.decode()


def test_a_document_carries_it_and_one_from_before_is_taken_as_it_is(api, call):
    address = f"/api/v1/articles/{call.statement.article_id}/annotations/"
    document = api.get(address).json()
    (evidence,) = document["statements"][0]["evidence"]
    assert obtained(evidence) == CALL
    count = Entry.objects.count()
    assert api.put(address, document, headers={"if-match": "*"}).status_code == 200
    assert Entry.objects.count() == count
    for name in UNKNOWN:
        del evidence[name]
    evidence["key"] = "from-before"
    assert api.put(address, document, headers={"if-match": "*"}).status_code == 200
    assert list(Evidence.objects.values_list("key", "obtained_on", "obtained_how")) == [("from-before", None, None)]
    count = Entry.objects.count()
    assert api.put(address, document, headers={"if-match": "*"}).status_code == 200
    assert Entry.objects.count() == count
    evidence["obtained_how"] = "phone"
    answer = api.put(address, document, headers={"if-match": "*"})
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/statements/0/evidence/0/obtained_how"]


def test_pages_tell_it_and_the_form_takes_it(alice, statement):
    desk = browser_of(alice)
    empty = {"statement": statement.pk, "stance": "context", "url": "", "excerpt": "", "archived_url": ""}
    for title, sent in (("Both", CALL), ("None", dict.fromkeys(UNKNOWN, ""))):
        assert desk.post("/api/v1/evidence/", {**empty, **sent, "title": title}).status_code == 303
    both, neither = Evidence.objects.order_by("pk")
    assert (both.obtained_on, both.obtained_how) == (date(2026, 3, 5), "call")
    assert (neither.obtained_on, neither.obtained_how) == (None, None)
    said = "Obtained in a call on 5 March 2026"
    assert said in page_of(desk, f"/api/v1/evidence/{both.pk}/")
    assert "Obtained" not in page_of(desk, f"/api/v1/evidence/{neither.pk}/")
    page = page_of(desk, f"/api/v1/statements/{statement.pk}/")
    assert page.count(said) == 1
    assert '<option value="visit">visit</option>' in page
    form = page_of(desk, f"/api/v1/evidence/{both.pk}/?form=edit")
    assert 'type="date" name="obtained_on" value="2026-03-05"' in form
    assert '<option value="call" selected>call</option>' in form
