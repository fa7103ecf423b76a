"""The links of a page to itself as JSON, to exports and to feeds."""

import re
from html import unescape

import pytest
from django.utils import timezone

from claims import services
from tests.newsroom import article_page, browser_of, page_of


@pytest.fixture
def desk(alice):
    return browser_of(alice)


def test_a_page_links_to_itself_as_json_and_as_curl(desk, statement):
    html = page_of(desk, "/api/v1/statements/?tag=unverified")
    assert 'href="/api/v1/statements/?tag=unverified&amp;format=json"' in html
    assert "http://testserver/api/v1/statements/?tag=unverified" in html
    assert desk.get("/api/v1/statements/?tag=unverified&format=json").json()["results"][0]["id"] == statement.pk


def test_what_a_page_calls_itself_as_json_and_as_curl_answers(desk, alice, minister, article, statement):
    for address in ("/api/v1/statements/?q=&tag=&source=jane+doe&ordering=-id", "/api/v1/journal/?before=99&actor=",
                    f"/api/v1/articles/{article.pk}/?cards=1", "/api/v1/sources/?form=new&name=Ann"):  # fmt: skip
        html = page_of(desk, address)
        as_json = unescape(re.search(r'<a href="([^"]*)">This page as JSON</a>', html)[1])
        answer = desk.get(as_json)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json"), as_json
        curl = unescape(re.search(r'"http://testserver([^"]*)"', html)[1])
        assert desk.get(curl, headers={"Accept": "*/*"}).status_code == 200
    html = page_of(desk, f"/api/v1/articles/{article.pk}/checks/?code=anchor_orphaned")
    assert "checks/?code=anchor_orphaned&amp;format=json" in html
    html = page_of(desk, "/api/v1/statements/?q=&source=jane+doe")
    assert f'href="/api/v1/statements/?source={minister.pk}&amp;format=json"' in html


def exports_of(html):
    links = [unescape(link) for link in re.findall(r'<a href="([^"]*)"', html)]
    return [link for link in links if re.search(r"export/|webannotation|claimreview|format=json$|feeds/", link)]


def test_an_article_links_to_all_that_it_is_exported_as(desk, article, statement):
    exports = exports_of(article_page(desk, article))
    assert exports == [
        f"/api/v1/articles/{article.pk}/annotations/?format=json",
        f"/api/v1/articles/{article.pk}/webannotations/",
        f"/api/v1/statements/export/?article={article.pk}&format=csv",
        f"/api/v1/statements/export/?article={article.pk}&format=csv&bom=1",
        f"/api/v1/statements/export/?article={article.pk}&format=jsonl",
        f"/api/v1/articles/{article.pk}/?format=json",
    ]
    assert [desk.get(link).status_code for link in exports] == [200] * 6


def test_a_statement_links_to_its_review_once_it_is_published(desk, alice, article, statement):
    address = f"/api/v1/statements/{statement.pk}/"
    assert exports_of(page_of(desk, address)) == [f"{address}webannotation/", f"{address}?format=json"]
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Read.")
    exports = exports_of(page_of(desk, address))
    assert exports == [f"{address}webannotation/", f"{address}claimreview/", f"{address}?format=json"]
    assert [desk.get(link).status_code for link in exports] == [200] * 3


def test_a_list_of_statements_is_exported_as_it_is_filtered(desk, statement, minister):
    html = page_of(desk, "/api/v1/statements/?q=&tag=unverified&source=the+minister&page_size=20&ordering=-id")
    csv, excel, lines, _ = exports_of(html)
    query = f"tag=unverified&source={minister.pk}&ordering=-id"
    assert [csv, excel, lines] == [
        f"/api/v1/statements/export/?{query}&format={form}" for form in ("csv", "csv&bom=1", "jsonl")
    ]
    assert b"The minister said no." in b"".join(desk.get(csv).streaming_content)


@pytest.mark.parametrize("resource", ["articles", "sources", "disputes", "evidence"])
def test_every_other_list_is_exported_too(desk, statement, resource):
    exports = exports_of(page_of(desk, f"/api/v1/{resource}/?page_size=20&updated_since=2020-01-01T00:00:00Z"))
    query = "updated_since=2020-01-01T00%3A00%3A00Z"
    assert exports[:3] == [
        f"/api/v1/{resource}/export/?{query}&format={form}" for form in ("csv", "csv&bom=1", "jsonl")
    ]
    assert [desk.get(link).status_code for link in exports] == [200] * 4


def test_a_list_of_the_past_offers_no_export_of_the_present(desk, article, statement):
    now = f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}"
    html = page_of(desk, f"/api/v1/disputes/?article={article.pk}&as_of={now}")
    assert "export/" not in html


@pytest.mark.parametrize("address", ["/", "/api/v1/journal/"])
def test_the_feeds_of_what_is_published_are_at_hand(desk, article, address):
    html = page_of(desk, address)
    feeds = re.findall(r'<a href="(/api/v1/feeds/[^"]*)"', html)
    assert feeds == ["/api/v1/feeds/changes.atom", "/api/v1/feeds/claimreviews/"]
    assert [desk.get(feed).status_code for feed in feeds] == [200, 200]
