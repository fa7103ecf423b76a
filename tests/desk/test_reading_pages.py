"""Pages to read: histories, formats for other software, and the titles of pages."""

import html
import re

import pytest

from claims import services
from sources.services import create_source, update_source
from tests.desk.test_pages import browser_of, page_of
from tests.newsroom import user_with_role


@pytest.fixture
def desk(alice):
    return browser_of(alice)


def words_of(page):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page)))


@pytest.fixture
def rows(alice, article, statement, minister):
    critic = create_source(actor=alice, name="The critic", kind="person")
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason="She denies it.")
    dispute = services.open_dispute(actor=alice, statement=statement, raised_by=critic, kind="denial")
    evidence = services.create_evidence(
        actor=alice, statement=statement, stance="refutes", url="https://b.example/", title="The record"
    )
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Read.")
    return {
        "articles": article.pk, "statements": statement.pk, "sources": minister.pk,
        "disputes": dispute.pk, "evidence": evidence.pk,
    }  # fmt: skip


def test_a_history_tells_who_did_what_when_from_what_to_what_and_why(desk, rows):
    page = page_of(desk, f"/api/v1/statements/{rows['statements']}/history/")
    told = words_of(page)
    assert f"alice tagged statement {rows['statements']} − denied just now undo She denies it." in told
    assert "tag: unverified became → denied" in told
    assert f"alice marked statement {rows['statements']} just now" in told
    assert '<time datetime="' in page


@pytest.mark.parametrize("kind", ["articles", "statements", "sources", "disputes", "evidence"])
def test_each_kind_of_row_has_its_history_as_a_diary(desk, rows, kind):
    page = page_of(desk, f"/api/v1/{kind}/{rows[kind]}/history/")
    assert '<ol class="diary">' in page
    assert f'href="/api/v1/{kind}/{rows[kind]}/">' in page
    assert '<pre class="json"' not in page


def test_a_long_history_is_read_page_by_page(desk, alice, rows):
    for n in range(3):
        update_source(source_id=rows["sources"], versions=None, actor=alice, description=f"Version {n}.")
    first = page_of(desk, f"/api/v1/sources/{rows['sources']}/history/?page_size=2")
    assert re.findall(r"<ins[^>]*>([^<]*)</ins>", first) == ["Version 2.", "Version 1."]
    following = html.unescape(re.search(r'<a href="([^"]*)" rel="next">', first)[1])
    assert re.findall(r"<ins[^>]*>([^<]*)</ins>", page_of(desk, following)) == ["Version 0."]


def test_positions_are_told_in_words(desk, rows):
    erin = user_with_role("erin", "editor")
    services.tag_statement(
        statement_id=rows["statements"], versions=None, actor=erin, tag="asserted", reason="He says so by name."
    )
    told = words_of(page_of(desk, f"/api/v1/statements/{rows['statements']}/positions/"))
    assert "erin + asserted just now He says so by name." in told
    assert "alice − denied just now She denies it." in told


FORMATS = {
    "statements/{statements}/webannotation/": "the tag assesses it",
    "statements/{statements}/claimreview/": "not whether it is true",
    "articles/{articles}/webannotations/": "as a collection in pages",
    "articles/{articles}/annotations/": "which can be imported again",
    "feeds/claimreviews/": "newest first",
    "feeds/changes/": "oldest first",
}


@pytest.mark.parametrize("address", FORMATS)
def test_what_programs_read_says_what_it_is_leads_back_and_can_be_saved(desk, rows, address):
    given = "/api/v1/" + address.format(**rows)
    page = page_of(desk, given)
    assert FORMATS[address] in page
    back = re.sub(r"\w+/$", "", given) if "{" in address else "/api/v1/feeds/changes.atom"
    assert f'href="{back}"' in page
    saved, file = re.search(r'<a href="([^"]*)" download="([^"]*)">', page).groups()
    resource, row_id, action = (*given.split("/")[3:5], given.split("/")[-2])
    assert file == (f"{resource[:-1]}-{row_id}-{action}.json" if "{" in address else f"{action}.json")
    assert desk.get(saved)["Content-Type"].startswith("application/json")
    assert '<pre class="json" tabindex="0">{\n  &quot;' in page


def test_of_a_long_document_a_page_shows_the_beginning_and_saves_the_whole(desk, alice):
    article = services.create_article(actor=alice, title="Long", text="x" * 150_000 + " the end")
    address = f"/api/v1/articles/{article.pk}/annotations/"
    page = page_of(desk, address)
    assert "This is only the beginning. The file has all of it." in page
    assert "the end" not in page
    assert len(page) < 110_000
    assert "the end" in desk.get(f"{address}?format=json").content.decode()


def test_a_collection_is_turned_page_by_page_in_a_browser(desk, alice, article, rows, minister):
    services.create_statement(article=article, actor=alice, source=minister, start=24, end=45)
    first = page_of(desk, f"/api/v1/articles/{rows['articles']}/webannotations/?page_size=1")
    following = html.unescape(re.search(r'<a href="([^"]*)" rel="next">', first)[1])
    second = page_of(desk, following)
    assert 'rel="prev"' in second
    assert 'rel="next"' not in second


def test_the_apis_root_says_what_is_where(desk):
    page = page_of(desk, "/api/v1/")
    assert "Who changed what, when and why." in page
    for address in ("/api/v1/docs/", "/api/v1/feeds/changes.atom", "http://testserver/api/v1/statements/"):
        assert f'href="{address}"' in page


TITLES = {
    "/": "The desk",
    "/login/": "Log in",
    "/search/?q=minister": "minister – Search",
    "/import/": "Bring in an article",
    "/api/v1/": "The API",
    "/api/v1/docs/": "API documentation",
    "/api/v1/articles/": "Articles",
    "/api/v1/articles/?form=new": "New article",
    "/api/v1/articles/{articles}/": "A report",
    "/api/v1/articles/{articles}/?form=edit": "Edit article {articles}",
    "/api/v1/articles/{articles}/history/": "History of article {articles}",
    "/api/v1/articles/{articles}/revisions/": "Revisions of article {articles}",
    "/api/v1/articles/{articles}/revisions/1/": "Revision 1 of article {articles}",
    "/api/v1/articles/{articles}/checks/": "Desk checks of article {articles}",
    "/api/v1/articles/{articles}/annotations/": "Annotation document of article {articles}",
    "/api/v1/articles/{articles}/webannotations/": "Web Annotations of article {articles}",
    "/api/v1/statements/": "Statements",
    "/api/v1/statements/{statements}/": "Statement {statements}: “The minister said no.”",
    "/api/v1/statements/{statements}/?form=edit": "Edit statement {statements}",
    "/api/v1/statements/{statements}/?form=delete": "Delete: statement {statements}",
    "/api/v1/statements/{statements}/positions/": "Positions on statement {statements}",
    "/api/v1/statements/{statements}/webannotation/": "Web Annotation of statement {statements}",
    "/api/v1/statements/{statements}/claimreview/": "ClaimReview of statement {statements}",
    "/api/v1/disputes/": "Disputes",
    "/api/v1/disputes/{disputes}/": "Dispute {disputes}: denial by The critic",
    "/api/v1/evidence/": "Evidence",
    "/api/v1/evidence/{evidence}/": "Evidence {evidence}: The record",
    "/api/v1/sources/": "Sources",
    "/api/v1/sources/{sources}/": "The minister",
    "/api/v1/journal/": "Journal",
    "/api/v1/checks/": "Desk checks",
    "/api/v1/tokens/": "Your tokens",
    "/api/v1/feeds/claimreviews/": "Feed of ClaimReviews",
    "/api/v1/statements/987654321/": "Nothing is here",
    "/nowhere/": "Nothing is here",
}


@pytest.mark.parametrize("address", TITLES)
def test_the_browsers_title_says_what_the_page_is_in_the_newsrooms_words(desk, client, rows, address):
    reader = client if address == "/login/" else desk
    page = reader.get(address.format(**rows), headers={"Accept": "text/html"}).content.decode()
    title = html.unescape(re.search(r"<title>(.*?)</title>", page, re.S)[1]).strip()
    assert title == TITLES[address].format(**rows) + " – Factcheck"


def test_the_address_of_a_deleted_row_tells_who_deleted_it_and_why(desk, alice, rows):
    services.delete_statement(statement_id=rows["statements"], versions=None, actor=alice, reason="Marked twice.")
    page = page_of(desk, f"/api/v1/statements/{rows['statements']}/", status=404)
    told = f"alice deleted statement {rows['statements']} “The minister said no.” just now Marked twice."
    assert told in words_of(page)
    assert f'href="/api/v1/statements/{rows["statements"]}/history/"' in page
