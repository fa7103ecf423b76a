"""From a time on a page to what was then."""

import html
import re

import pytest
from django.test import Client

from claims import services
from factcheck.journal.models import Entry
from tests.newsroom import browser_of, busy_newsroom, page_of


@pytest.fixture
def desk(alice):
    return browser_of(alice)


def tagged(alice, statement, tag):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag=tag, reason=f"It is {tag}.")


def times(page):
    return [html.unescape(link) for link in re.findall(r'<a class="then" href="([^"]*)"', page)]


def test_the_time_of_a_tag_leads_to_the_statement_with_that_tag(desk, alice, article, statement):
    tagged(alice, statement, "denied")
    card = re.search(r'<article class="card.*?</article>', page_of(desk, f"/api/v1/articles/{article.pk}/"), re.S)[0]
    tagged(alice, statement, "asserted")
    (link,) = times(card)
    assert link.startswith(f"/then/api/v1/statements/{statement.pk}/?at=")
    page = desk.get(link, follow=True)
    assert page.redirect_chain[0][0].startswith(f"/api/v1/statements/{statement.pk}/?as_of=")
    shown = page.content.decode()
    assert "It is denied." in shown
    assert "It is asserted." not in shown
    assert "This is the page as of" in shown


def test_every_time_on_a_busy_page_leads_to_a_page_of_the_past(desk, alice):
    busy_newsroom(alice, 2)
    seen = 0
    for address in (
        "/", "/api/v1/articles/", "/api/v1/statements/", "/api/v1/disputes/", "/api/v1/notes/", "/api/v1/journal/",
        "/search/?q=article",
    ):  # fmt: skip
        page = page_of(desk, address)
        links = times(page)
        assert len(links) == len(re.findall(r"<time ", page)) > 0, address
        for link in set(links):
            answer = desk.get(link, follow=True)
            assert answer.status_code == 200, link
            assert "This is the page as of" in answer.content.decode()
            seen += 1
    assert seen > 20


def test_the_time_of_a_deletion_leads_to_what_was_deleted(desk, alice, statement):
    services.delete_statement(statement_id=statement.pk, versions=None, actor=alice, reason="Twice.")
    page = page_of(desk, f"/api/v1/statements/{statement.pk}/", 404)
    (link,) = times(page)
    assert statement.text in page_of(desk, link)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-11-30T12:00:00+20:00"])
def test_a_time_at_the_end_of_the_calendar_or_of_the_zones_is_left_to_the_page(desk, statement, at):
    answer = desk.get(f"/then/api/v1/statements/{statement.pk}/", {"at": at})
    assert answer.status_code == 302
    assert desk.get(answer["Location"]).status_code in (400, 404)


def test_a_stranger_has_times_without_links(settings, alice, article, statement):
    settings.PUBLIC_READ = True
    tagged(alice, statement, "denied")
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Read.")
    stranger = Client(headers={"Accept": "text/html"})
    for address in (f"/api/v1/articles/{article.pk}/", f"/api/v1/statements/{statement.pk}/"):
        page = page_of(stranger, address)
        assert "<time " in page
        assert times(page) == []
        assert "As it stood at another time" not in page
    assert stranger.get(f"/then/api/v1/statements/{statement.pk}/?at=2026-01-01T00:00:00").status_code == 302
    assert "/login/" in stranger.get(f"/then/api/v1/statements/{statement.pk}/?at=2026-01-01")["Location"]


def test_a_day_and_a_time_lead_to_the_page_as_it_stood(desk, alice, article, statement):
    dispute = services.open_dispute(actor=alice, statement=statement, raised_by=statement.source, kind="denial")
    for address in (
        f"/api/v1/articles/{article.pk}/", f"/api/v1/statements/{statement.pk}/", f"/api/v1/disputes/{dispute.pk}/",
        f"/api/v1/statements/?article={article.pk}&tag=unverified&q=",
    ):  # fmt: skip
        form = re.search(r'<form method="get" action="(/then/[^"]*)">(.*?)</form>', page_of(desk, address), re.S)
        assert 'type="datetime-local" name="at" step="1" required value=""' in form[2]
        sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[2]))
        moment = Entry.objects.latest("id").at
        answer = desk.get(form[1], sent | {"at": f"{moment:%Y-%m-%dT%H:%M:%S.%f}"})
        query = "article=1&tag=unverified&".replace("1", str(article.pk)) if "?" in address else ""
        as_of = f"{moment:%Y-%m-%dT%H}%3A{moment:%M}%3A{moment:%S.%f}Z"
        assert answer["Location"] == f"{address.partition('?')[0]}?{query}as_of={as_of}"
        shown = page_of(desk, answer["Location"])
        assert f"This is the page as of <b>{moment.day} {moment:%B %Y, %H:%M:%S} UTC</b>" in shown
        assert f'value="{moment:%Y-%m-%dT%H:%M:%S}"' in shown
        back = html.unescape(re.search(r'<a href="([^"]*)">See it as it is now', shown)[1])
        assert back == address.replace("&q=", "")


def test_the_whole_list_offers_no_past(desk, statement):
    assert "As it stood at another time" not in page_of(desk, "/api/v1/statements/")


@pytest.mark.parametrize("typed", ["yesterday", "2999-01-01T00:00:00", "2026-13-01"])
def test_what_is_no_time_of_the_past_is_refused_by_the_page(desk, article, typed):
    refused = desk.get(f"/then/api/v1/articles/{article.pk}/?at={typed}", follow=True)
    assert refused.status_code == 400
    assert f"Go to article {article.pk}" in refused.content.decode()


def test_without_a_time_the_page_is_the_present_one_and_no_address_leads_elsewhere(desk, article):
    assert desk.get(f"/then/api/v1/articles/{article.pk}/?at=")["Location"] == f"/api/v1/articles/{article.pk}/"
    assert desk.get("/then//evil.example/?at=2026-01-01").status_code == 404
    assert desk.get("/then/api/v1//evil.example/")["Location"] == "/api/v1//evil.example/"
