"""A call, a mail, a paper have no address: the title then says what it is."""

import pytest
from django.db import IntegrityError, transaction

from claims import services
from claims.models import Evidence
from factcheck.journal.models import Entry
from tests.newsroom import browser_of, page_of

NEEDS_TITLE = {"pointer": "#/title", "code": "required", "detail": "Without an address, the title says what it is."}
CALL = "Call with the ministry, 5 March"


@pytest.fixture
def call(alice, statement):
    return services.create_evidence(actor=alice, statement=statement, stance="supports", title=CALL)


@pytest.mark.parametrize("url", [{}, {"url": None}, {"url": ""}])
def test_it_is_recorded_by_its_title(api, statement, url):
    made = api.post("/api/v1/evidence/", {"statement": statement.pk, "stance": "supports", "title": CALL, **url})
    assert (made.status_code, made.json()["url"], made.json()["title"]) == (201, None, CALL)
    assert Entry.objects.get(resource="evidence").data["url"] is None


@pytest.mark.parametrize(
    "fields", [{}, {"url": None, "title": ""}, {"url": "", "title": " "}, {"excerpt": "It is so."}]
)
def test_without_both_it_is_refused_and_nothing_is_written(api, statement, fields):
    answer = api.post("/api/v1/evidence/", {"statement": statement.pk, "stance": "supports", **fields})
    assert (answer.status_code, answer.json()["errors"]) == (400, [NEEDS_TITLE])
    assert not Evidence.objects.exists()


def test_neither_is_taken_away_when_the_other_is_not_there(api, alice, call, statement):
    linked = services.create_evidence(actor=alice, statement=statement, stance="refutes", url="https://a.example/")
    for row, fields in ((call, {"title": ""}), (linked, {"url": None})):
        answer = api.patch(f"/api/v1/evidence/{row.pk}/", fields, headers={"if-match": "*"})
        assert (answer.status_code, answer.json()["errors"]) == (400, [NEEDS_TITLE])
    answer = api.patch(f"/api/v1/evidence/{linked.pk}/", {"url": None, "title": "A mail"}, headers={"if-match": "*"})
    assert (answer.status_code, answer.json()["url"]) == (200, None)


def test_the_database_refuses_it_too(call):
    with pytest.raises(IntegrityError, match="evidence_has_address_or_title"), transaction.atomic():
        Evidence.objects.update(title="")


def test_it_is_in_every_export_and_comes_back_with_a_document(api, alice, call, statement):
    services.set_article_status(
        article_id=statement.article_id, versions=None, actor=alice, status="published", reason="Ready."
    )
    annotation = api.get(f"/api/v1/statements/{statement.pk}/webannotation/").json()
    assert annotation["body"][-1] == {
        "type": "TextualBody", "purpose": "commenting", "format": "text/plain", "value": CALL, "stance": "supports",
    }  # fmt: skip
    review = api.get(f"/api/v1/statements/{statement.pk}/claimreview/").json()
    assert review["citation"] == [{"@type": "CreativeWork", "name": CALL}]
    address = f"/api/v1/articles/{statement.article_id}/annotations/"
    document = api.get(address).json()
    (evidence,) = document["statements"][0]["evidence"]
    assert (evidence["url"], evidence["title"]) == (None, CALL)
    count = Entry.objects.count()
    assert api.put(address, document, headers={"if-match": "*"}).status_code == 200
    assert Entry.objects.count() == count
    evidence["title"] = ""
    answer = api.put(address, document, headers={"if-match": "*"})
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{**NEEDS_TITLE, "pointer": "#/statements/0/evidence/0/title"}]
    evidence |= {"title": "A letter", "key": "letter"}
    del evidence["url"]
    assert api.put(address, document, headers={"if-match": "*"}).status_code == 200
    assert list(Evidence.objects.values_list("key", "url", "title")) == [("letter", None, "A letter")]


def test_pages_name_it_without_a_link(alice, call, statement):
    desk = browser_of(alice)
    page = page_of(desk, f"/api/v1/statements/{statement.pk}/")
    assert f'<span dir="auto">{CALL}</span>' in page
    assert 'href="None"' not in page
    own = page_of(desk, f"/api/v1/evidence/{call.pk}/")
    assert f"<h1>{CALL}</h1>" in own
    assert "It has no address." in own
    assert CALL in page_of(desk, "/api/v1/evidence/")


def test_the_form_takes_a_title_alone_and_says_what_is_missing(alice, statement):
    desk = browser_of(alice)
    sent = {"statement": statement.pk, "stance": "context", "url": "", "title": "", "excerpt": "", "archived_url": ""}
    refused = desk.post("/api/v1/evidence/", sent)
    assert refused.status_code == 400
    assert "Without an address, the title says what it is." in refused.content.decode()
    assert desk.post("/api/v1/evidence/", sent | {"title": CALL}).status_code == 303
    assert Evidence.objects.get().title == CALL


def test_what_was_there_as_of_then_has_no_address_either(api, call):
    at = Entry.objects.get(resource="evidence").at
    history = api.get(f"/api/v1/evidence/{call.pk}/history/").json()["results"]
    assert history[0]["data"]["url"] is None
    statement = api.get(f"/api/v1/statements/{call.statement_id}/?as_of={at:%Y-%m-%dT%H:%M:%S.%fZ}")
    assert statement.status_code == 200
