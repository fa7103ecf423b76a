"""An article's statements as a page for the frames of other sites."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims import services
from factcheck.desk.pages import embedded
from sources.services import create_source
from tests.newsroom import browser_of, busy_newsroom

ORIGIN = "https://factcheck.example"


@pytest.fixture(autouse=True)
def public(settings):
    settings.PUBLIC_READ, settings.PUBLIC_URL = True, ORIGIN


def set_status(article, status, alice):
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status=status, reason="Read.")


@pytest.fixture
def published(article, statement, alice, minister):
    critic = create_source(actor=alice, name="<The critic> & Co", kind="person")
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="He denies it.")
    services.open_dispute(actor=alice, statement=statement, raised_by=critic, kind="denial", scope="part")
    services.create_note(actor=alice, statement=statement, text="Ask again.")
    set_status(article, "published", alice)
    return article


def read(article_id, query="", status=200, client=None, **headers):
    answer = (client or Client()).get(f"/embed/articles/{article_id}/{query}", headers=headers)
    assert answer.status_code == status
    return answer


def words(answer):
    inside = re.sub(r"<head>.*</head>|<[^>]*>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", inside).strip()


def test_it_shows_the_statements_and_leads_to_their_public_pages(published, statement):
    answer = read(published.pk)
    assert words(answer) == (
        "A report − denied “The minister said no.” attributed to The minister "
        "Denial of part of it by &lt;The critic&gt; &amp; Co: open "
        "A tag records who stands behind a statement. It does not say whether the statement is true."
    )
    assert re.findall('<a href="(.*?)" (.*?)>', answer.content.decode()) == [
        (f"{ORIGIN}/articles/{published.pk}-a-report/", 'target="_blank" rel="noopener"'),
        (f"{ORIGIN}/statements/{statement.pk}-the-minister-said-no/", 'target="_blank" rel="noopener"'),
    ]
    assert f'<link rel="canonical" href="{ORIGIN}/articles/{published.pk}-a-report/">' in answer.content.decode()


def test_it_is_light_and_the_same_for_everybody_and_gives_no_cookie(published, alice):
    desk = browser_of(alice)
    with CaptureQueriesContext(connection) as asked:
        answers = [read(published.pk), read(published.pk, client=desk)]
    assert answers[0].content == answers[1].content
    assert len(asked) == 2 * 4
    assert not answers[0].cookies
    assert answers[1]["Cache-Control"] == "public, max-age=60, s-maxage=5, stale-while-revalidate=4"
    assert answers[1]["Surrogate-Key"] == f"article-{published.pk} all"
    assert len(answers[0].content) < 3_000
    assert re.findall("<script[^>]*>", answers[0].content.decode()) == ['<script src="/static/desk/embedded.js" defer>']
    assert "<style" not in answers[0].content.decode()
    assert 'style="' not in answers[0].content.decode()


def test_the_theme_and_the_language_are_chosen_in_the_address(published):
    assert b'<html lang="en-gb">' in read(published.pk).content
    assert b'<html lang="de" data-theme="dark">' in read(published.pk, "?lang=de-AT&theme=dark").content
    assert b'<html lang="de">' in read(published.pk, **{"Accept-Language": "de"}).content
    assert b'<html lang="en-gb" data-theme="light">' in read(published.pk, "?lang=en&theme=light").content
    for unknown in ("?lang=fr&theme=pink", "?lang=&theme=", f"?lang={'x' * 600}", '?lang=%00&theme=dark"'):
        assert b'<html lang="en-gb">' in read(published.pk, unknown).content


def test_what_is_not_published_is_missing_and_the_frame_says_so(published, alice, settings):
    set_status(published, "withdrawn", alice)
    answer = read(published.pk, status=404)
    assert words(answer) == "This article is not published here."
    assert (answer["Cache-Control"], answer["Surrogate-Key"]) == ("public, max-age=5", f"article-{published.pk} all")
    assert answer.content == read(published.pk + 99, status=404).content == read(10**30, status=404).content
    assert read(10**30, status=404)["Surrogate-Key"] == "lists all"
    draft = services.create_article(actor=alice, title="A draft", text="So.")
    assert b"draft" not in read(draft.pk, status=404).content
    set_status(published, "published", alice)
    settings.PUBLIC_READ = False
    assert read(published.pk, status=404)["X-Frame-Options"] == "DENY"


def test_a_long_article_takes_no_more_queries_and_leads_to_the_rest(alice, monkeypatch):
    busy_newsroom(alice, 1)
    (article,) = {each.article for each in embedded.Statement.objects.select_related("article")}
    set_status(article, "published", alice)
    with CaptureQueriesContext(connection) as asked:
        assert b">All statements<" not in read(article.pk).content
    monkeypatch.setattr(embedded, "MAX_STATEMENTS", 1)
    with CaptureQueriesContext(connection) as again:
        page = read(article.pk).content.decode()
    assert len(asked) == len(again) == 4
    assert page.count("<blockquote") == 1
    assert (
        f'<a href="{ORIGIN}/articles/{article.pk}-article-0/" target="_blank" rel="noopener">All statements</a>' in page
    )


def test_an_article_without_statements_says_so(alice):
    empty = services.create_article(actor=alice, title="\U0001f600", text="So.")
    set_status(empty, "published", alice)
    assert "No statement is marked in this article." in words(read(empty.pk))
