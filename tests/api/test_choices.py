"""The error for an invalid choice lists the valid ones."""

import pytest
from django.test import Client

from tests.newsroom import client_of, user_with_role


@pytest.mark.parametrize(("path", "sent", "pointer", "detail"), [
    ("statements/{id}/tag/", {"tag": "refuted", "reason": "x"}, "#/tag",
     "“refuted” is not one of asserted, denied, unverified."),
    ("sources/", {"name": "CNN", "kind": "channel"}, "#/kind",
     "“channel” is not one of person, organization, outlet, document, account."),
    ("evidence/", {"statement": 1, "stance": "proves", "url": "https://news.example/"}, "#/stance",
     "“proves” is not one of supports, refutes, context."),
    ("statements/", {"quote_type": "x"}, "#/quote_type", "“x” is not one of direct, indirect, mixed, narration."),
])  # fmt: skip
def test_a_field_of_the_api_lists_its_choices(api, statement, path, sent, pointer, detail):
    answer = api.post(f"/api/v1/{path.format(id=statement.pk)}", sent, headers={"if-match": "*"})
    errors = [error for error in answer.json()["errors"] if error["pointer"] == pointer]
    assert (answer.status_code, errors) == (
        400, [{"pointer": pointer, "code": "invalid_choice", "detail": detail}],
    )  # fmt: skip


@pytest.mark.parametrize(("query", "detail"), [
    ("statements/?tag=refuted", "“refuted” is not one of asserted, denied, unverified."),
    ("statements/?disputed=maybe", "“maybe” is not one of true, false."),
    ("sources/?kind=channel", "“channel” is not one of person, organization, outlet, document, account."),
    ("journal/?resource=secret", "“secret” is not one of source, article, statement, evidence, dispute, note, user."),
    ("checks/?severity=grave", "“grave” is not one of error, warning."),
])  # fmt: skip
def test_a_filter_lists_its_choices(api, query, detail):
    error = api.get(f"/api/v1/{query}").json()["errors"][0]
    assert (error["code"], error["detail"]) == ("invalid_choice", detail)


def test_a_page_lists_the_choices_at_the_field(alice, statement):
    desk = Client(headers={"Accept": "text/html"})
    desk.force_login(alice)
    sent = {"tag": "refuted", "reason": "x", "version": "1"}
    refused = desk.post(f"/api/v1/statements/{statement.pk}/tag/", sent).content.decode()
    assert "“refuted” is not one of asserted, denied, unverified." in refused


def test_a_document_lists_the_choices_too(db):
    erin = client_of(user_with_role("erin", "editor"))
    made = erin.post("/api/v1/articles/", {"title": "T", "text": "t"}).json()
    path = f"/api/v1/articles/{made['id']}/annotations/"
    document = erin.get(path).json()
    document["sources"] = [{"key": "a", "name": "A", "kind": "channel"}]
    error = erin.put(path, document, headers={"if-match": "*"}).json()["errors"][0]
    assert error["detail"] == "“channel” is not one of person, organization, outlet, document, account."
