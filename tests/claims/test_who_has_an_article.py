"""`desk`: the user who has an article. Recorded, filtered by, and never public."""

import pytest
from rest_framework.test import APIClient

from claims import services
from factcheck.journal.models import Entry
from tests.newsroom import browser_of, client_of, page_of, user_with_role

ANY = {"if-match": "*"}
ARTICLES = "/api/v1/articles/"


@pytest.fixture
def bob(db):
    return user_with_role("bob", "reporter")


def test_a_reporter_takes_an_article_and_gives_it_back(bob, article):
    reporter, address = client_of(bob), f"{ARTICLES}{article.pk}/"
    assert reporter.get(address).json()["desk"] is None
    taken = reporter.patch(address, {"desk": bob.pk}, headers=ANY)
    assert (taken.status_code, taken.json()["desk"]) == (200, {"id": bob.pk, "username": "bob"})
    entry = Entry.objects.get(resource="article", version=2)
    assert (entry.action, entry.actor_name, entry.data["desk"]) == ("article.updated", "bob", bob.pk)
    assert reporter.patch(address, {"title": "Another"}, headers=ANY).json()["desk"]["id"] == bob.pk
    assert reporter.patch(address, {"desk": None}, headers=ANY).json()["desk"] is None
    then = reporter.get(f"{address}?as_of={entry.at:%Y-%m-%dT%H:%M:%S.%fZ}").json()
    assert then["desk"] == {"id": bob.pk, "username": "bob"}


def test_nobody_else_than_an_active_user_has_it(api, bob, article):
    bob.is_active = False
    bob.save()
    for wrong, code in ((bob.pk, "does_not_exist"), (4711, "does_not_exist"), ("bob", "invalid")):
        answer = api.patch(f"{ARTICLES}{article.pk}/", {"desk": wrong}, headers=ANY)
        assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [("#/desk", code)]


def test_lists_are_of_mine_of_somebody_s_and_of_nobody_s(alice, bob, article):
    by = {"actor": alice}
    mine = services.create_article(title="Mine", text="One.", desk=bob, **by)
    hers = services.create_article(title="Hers", text="Two.", desk=alice, **by)

    def listed(user, query):
        return [row["id"] for row in client_of(user).get(f"{ARTICLES}?desk={query}").json()["results"]]

    assert (listed(bob, "me"), listed(alice, "me")) == ([mine.pk], [hers.pk])
    assert (listed(bob, alice.pk), listed(bob, "none"), listed(bob, 4711)) == ([hers.pk], [article.pk], [])
    for wrong in ("mine", "-1", "1.0"):
        refused = client_of(bob).get(f"{ARTICLES}?desk={wrong}")
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "?desk")
    page = page_of(browser_of(bob), f"{ARTICLES}?desk=me")
    assert "Mine" in page
    assert "Hers" not in page


def test_strangers_do_not_see_who_has_it_and_cannot_ask(alice, bob, article, settings):
    settings.PUBLIC_READ = True
    services.update_article(article_id=article.pk, versions=None, actor=alice, desk=bob)
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Ready.")
    stranger = APIClient()
    for address in (ARTICLES, f"{ARTICLES}{article.pk}/"):
        for accept in ("application/json", "text/html"):
            answer = stranger.get(address, headers={"accept": accept}).content.decode()
            assert "A report" in answer
            assert "bob" not in answer
            assert '"desk"' not in answer
    for query in ("me", "none", bob.pk):
        assert stranger.get(f"{ARTICLES}?desk={query}").status_code == 401


def test_a_document_neither_tells_nor_changes_it(api, alice, bob, article):
    services.update_article(article_id=article.pk, versions=None, actor=alice, desk=bob)
    address = f"{ARTICLES}{article.pk}/annotations/"
    document = api.get(address).json()
    assert "desk" not in document["article"]
    document["article"]["title"] = "Another"
    assert api.put(address, document, headers=ANY).status_code == 200
    assert api.get(f"{ARTICLES}{article.pk}/").json()["desk"]["id"] == bob.pk


def test_pages_say_it_and_the_form_changes_it(alice, bob, article):
    desk, address = browser_of(alice), f"{ARTICLES}{article.pk}/"
    form = page_of(desk, f"{address}?form=edit")
    assert f'<option value="{bob.pk}">bob</option>' in form
    sent = {"_method": "PATCH", "version": 1, "title": "A report", "desk": bob.pk}
    assert desk.post(address, sent).status_code == 303
    assert f'with <a href="/api/v1/articles/?desk={bob.pk}">bob</a>' in page_of(desk, address)
    assert "with bob" in page_of(desk, ARTICLES)
    assert f'<option value="{bob.pk}" selected>bob</option>' in page_of(desk, f"{address}?form=edit")
    history = page_of(desk, f"{address}history/")
    assert '<ins dir="auto">bob</ins>' in history
    assert desk.post(address, {"_method": "PATCH", "version": 2, "title": "A report", "desk": ""}).status_code == 303
    assert "with <a" not in page_of(desk, address)
