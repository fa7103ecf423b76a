"""The form of a new article can be filled from an address."""

import json
import re

import pytest

from claims.models import Article
from factcheck.journal.models import Entry
from tests.newsroom import browser_of, client_of, page_of, user_with_role
from tests.other_servers import report_on_another_server

FETCH = "/api/v1/articles/fetch/"
NEW = "/api/v1/articles/?form=new"


@pytest.fixture(autouse=True)
def allowed(settings):
    settings.FETCH_ARTICLES = True


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def address():
    with report_on_another_server() as found:
        yield found


def values_in(html):
    form = html[html.index('action="/api/v1/articles/"') :]
    found = dict(re.findall(r'<input type="[a-z-]+" name="(\w+)" value="([^"]*)"', form))
    text = re.search(r'<textarea name="text"[^>]*>\n(.*?)</textarea>', form, re.S)[1]
    return {**found, "text": text}


def test_the_form_comes_back_filled_and_nothing_is_saved(desk, address):
    entries = Entry.objects.count()
    assert f'action="{FETCH}"' in page_of(desk, NEW)
    answer = desk.post(FETCH, {"url": address})
    assert answer.status_code == 200
    html = answer.content.decode()
    values = values_in(html)
    assert {name: values[name] for name in ("title", "url", "byline", "language", "published_at")} == {
        "title": "Minister denies it", "url": address, "byline": "Jane Doe", "language": "uk-UA",
        "published_at": "2022-01-28T00:00:00.000",
    }  # fmt: skip
    assert "“It is false,” she told reporters in Kyiv — and left the room" in values["text"]
    assert "nothing is saved yet" in html
    assert (Article.objects.count(), Entry.objects.count()) == (0, entries)


def test_the_filled_form_is_saved_like_any_other(desk, address):
    values = values_in(desk.post(FETCH, {"url": address}).content.decode())
    wanted = ("title", "url", "byline", "language", "published_at", "text")
    answer = desk.post("/api/v1/articles/", {name: values[name] for name in wanted})
    assert answer.status_code == 303
    article = Article.objects.get()
    assert (article.title, article.byline, article.status) == ("Minister denies it", "Jane Doe", "draft")
    assert f"{article.published_at:%Y-%m-%d %H:%M}" == "2022-01-28 00:00"


def test_programs_get_what_was_found_as_json(alice, address):
    answer = client_of(alice).post(FETCH, {"url": address})
    assert answer.status_code == 200
    found = json.loads(answer.content)
    assert found.pop("text").startswith("Minister denies it")
    assert found == {
        "url": address, "title": "Minister denies it", "byline": "Jane Doe", "language": "uk-UA",
        "published_at": "2022-01-28T00:00:00.000000Z",
    }  # fmt: skip


@pytest.mark.parametrize(("url", "detail"), [
    ("http://127.0.0.1/admin", "127.0.0.1 is in a network that is not public, so it is not asked. Paste the text."),
    ("http://localhost:8000/", "Port 8000 is not asked. Pages are fetched from ports 80 and 443 only."),
    ("ftp://news.example/", "Give an address that begins with http:// or https://."),
    ("", "This field may not be blank."),
])  # fmt: skip
def test_an_address_that_is_refused_comes_back_as_it_was_typed_with_the_reason(desk, alice, url, detail):
    answer = desk.post(FETCH, {"url": url})
    assert answer.status_code == 400
    html = answer.content.decode()
    words = detail if url else "Fill this in."
    assert f'<p class="error" role="alert">{words}</p>' in html
    assert f'<input type="url" name="url" value="{url}" required' in html
    assert values_in(html)["url"] == url
    problem = json.loads(client_of(alice).post(FETCH, {"url": url}).content)
    assert [(error["pointer"], error["detail"]) for error in problem["errors"]] == [("#/url", detail)]


def test_where_the_admin_did_not_allow_it_nobody_is_offered_it_and_nothing_is_fetched(desk, alice, settings, address):
    settings.FETCH_ARTICLES = False
    assert FETCH not in page_of(desk, NEW)
    answer = client_of(alice).post(FETCH, {"url": address})
    assert answer.status_code == 403
    assert json.loads(answer.content)["detail"] == (
        "This service does not fetch pages. Its admin can allow it: FETCH_ARTICLES=1."
    )
    assert desk.post(FETCH, {"url": address}).status_code == 403


def test_only_editors_are_offered_it_and_may_do_it(db, address):
    bob = user_with_role("bob", "reporter")
    assert FETCH not in page_of(browser_of(bob), NEW)
    assert client_of(bob).post(FETCH, {"url": address}).status_code == 403


def test_the_form_of_an_article_that_is_there_does_not_offer_it(desk, article):
    assert FETCH not in page_of(desk, f"/api/v1/articles/{article.pk}/?form=edit")
