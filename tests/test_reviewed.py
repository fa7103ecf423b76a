"""What a reviewer found: requests that were answered 500, or otherwise than promised."""

import pytest
from django.test import Client

from claims import services
from tests.test_import_of_many import document

PAGE = {"accept": "text/html"}


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["q='", "q=%5C", "q=''&anonymous=true"])
def test_words_without_a_letter_find_nothing(api, query):
    assert api.get(f"/api/v1/sources/?{query}").json() == {"next": None, "previous": None, "results": []}


def test_a_version_beyond_all_versions_is_stale(api, statement):
    act = {"tag": "denied", "reason": "She denies it."}
    answer = api.post(f"/api/v1/statements/{statement.pk}/tag/", act, headers={"if-match": '"999999999999999999-ab"'})
    assert (answer.status_code, answer.json()["type"]) == (412, "urn:factcheck:problem:stale-version")


@pytest.mark.parametrize(("body", "headers"), [({"tag": "denied", "reason": "So."}, {}), ({}, {"if-match": "*"})])
def test_an_act_on_a_row_that_is_not_there_is_answered_404_whatever_else_is_wrong(api, body, headers):
    assert api.post("/api/v1/statements/999999/tag/", body, headers=headers).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["statements/99999999999999999999/", "sources/9223372036854775808/history/"])
def test_a_number_that_no_row_can_have_is_answered_404(api, address):
    assert api.get(f"/api/v1/{address}").status_code == 404


def test_a_source_that_stands_twice_in_a_documents_chain_is_pointed_at(api, article):
    sent = document(2)
    sent["statements"][1]["via"] = ["source-0", "source-0"]
    answer = api.put(f"/api/v1/articles/{article.pk}/annotations/", sent, headers={"if-match": "*"})
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [{"pointer": "#/statements/1/via/1", "code": "duplicate", "detail": "This source stands twice."}],
    )


@pytest.mark.django_db
def test_an_address_too_long_for_its_index_is_refused(api):
    body = {"name": "A", "kind": "outlet", "same_as": ["https://news.example/" + "\u65b0" * 700]}
    answer = api.post("/api/v1/sources/", body)
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [
            {
                "pointer": "#/same_as/0",
                "code": "long",
                "detail": "This is longer than 2,000 bytes. Leave out what the page does not need.",
            }
        ],
    )


def test_an_article_with_a_dash_in_its_title_is_found_by_it(alice):
    from claims.models import Article

    made = services.create_article(actor=alice, title="The call - what -we know", text="A text.")
    assert list(Article.objects.called("the call - what -we know")) == [made]


def test_a_document_nested_deeply_is_refused_on_the_import_page(client, alice):
    client.force_login(alice)
    nested = '{"format":' + "[" * 600 + "]" * 600 + "}"
    assert client.post("/import/", {"document": nested}, headers=PAGE).status_code == 400


@pytest.mark.django_db
def test_a_stranger_who_sends_a_broken_form_is_shown_no_form(settings):
    settings.PUBLIC_READ = True
    answer = Client().post("/api/v1/statements/", b"x", content_type="multipart/form-data", headers=PAGE)
    assert b'<form method="post"' not in answer.content
    assert answer.status_code in (302, 400, 401)
