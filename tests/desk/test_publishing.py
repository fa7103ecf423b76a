"""Publishing: a person is asked once more where the desk checks find errors; a program is not."""

import pytest

from claims import services
from claims.models import Article
from tests.newsroom import browser_of

IN_PLACE = {"HX-Request": "true"}


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def denied(alice, statement):
    """Denied, although nobody denies it: an error."""
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="So.")
    return statement


def publish(desk, article, headers=None, **sent):
    sent = {"version": "1", "reason": "It was read.", **sent}
    return desk.post(f"/api/v1/articles/{article.pk}/publish/", sent, headers=headers)


def status(article):
    return Article.objects.get(pk=article.pk).status


def test_an_article_with_errors_is_published_by_a_second_button_that_comes_with_them(desk, article, denied):
    asked = publish(desk, article)
    page = asked.content.decode()
    assert (asked.status_code, status(article)) == (409, "draft")
    assert "<h1>Publish it all the same?</h1>" in page
    assert "The desk checks find errors in it." in page
    assert f'<a href="/api/v1/articles/{article.pk}/?at={denied.pk}#statement-{denied.pk}" dir="auto">' in page
    assert "It was read.</textarea>" in page
    assert '<input type="hidden" name="confirmed" value="1">' in page
    assert '<button type="submit">Publish all the same</button>' in page
    assert f'<a href="/api/v1/articles/{article.pk}/">Cancel</a>' in page
    assert publish(desk, article, confirmed="1").status_code == 303
    assert status(article) == "published"


def test_it_is_asked_in_the_place_of_the_form_too(desk, article, denied):
    asked = publish(desk, article, IN_PLACE)
    page = asked.content.decode()
    assert asked.status_code == 409
    assert page.strip().startswith("<h2>Publish it all the same?</h2>")
    assert publish(desk, article, IN_PLACE, confirmed="1").status_code == 200
    assert status(article) == "published"


def test_without_errors_nothing_is_asked(desk, article, statement):
    assert publish(desk, article).status_code == 303


def test_a_program_is_not_asked(api, article, denied):
    headers = {"if-match": '"1"'}
    answer = api.post(f"/api/v1/articles/{article.pk}/publish/", {"reason": "It was read."}, headers=headers)
    assert (answer.status_code, status(article)) == (200, "published")


def test_a_late_form_that_was_confirmed_stays_so(desk, alice, article, denied):
    services.update_article(article_id=article.pk, versions=None, actor=alice, byline="Somebody")
    late = publish(desk, article, confirmed="1")
    assert late.status_code == 412
    assert '<input type="hidden" name="confirmed" value="1">' in late.content.decode()
