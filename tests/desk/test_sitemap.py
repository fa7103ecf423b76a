"""What crawlers are told: the sitemap of the public pages, and robots.txt."""

import re
from datetime import UTC

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from claims import services
from claims.models import Article, Dispute
from factcheck.desk.pages import sitemap
from sources.services import create_source
from tests.newsroom import browser_of

ORIGIN = "https://factcheck.example"
KINDS = ("articles", "statements", "sources")


@pytest.fixture(autouse=True)
def public(settings):
    settings.PUBLIC_READ, settings.PUBLIC_URL = True, ORIGIN


def set_status(article, status, alice):
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status=status, reason="Read.")


@pytest.fixture
def published(article, statement, alice):
    set_status(article, "published", alice)
    return statement


def read(address, client=None, status=200):
    answer = (client or Client()).get(address)
    assert answer.status_code == status, answer.content
    return answer


def addresses(kind):
    """Those of all parts that the index names."""
    parts = re.findall(rf"<loc>{ORIGIN}(/sitemap-{kind}-\d+\.xml)</loc>", read("/sitemap.xml").content.decode())
    return [at for part in parts for at in re.findall("<loc>(.*?)</loc>", read(part).content.decode())]


def timestamp(at):
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_it_names_the_public_pages_and_when_they_changed(published, article, minister):
    published.refresh_from_db()
    answer = read(f"/sitemap-statements-{published.pk // 5000}.xml")
    assert answer["Content-Type"] == "application/xml"
    assert answer.content.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"<url><loc>{ORIGIN}/statements/{published.pk}-the-minister-said-no/</loc>"
        f"<lastmod>{timestamp(published.updated_at)}</lastmod></url>\n</urlset>\n"
    )
    assert read("/sitemap.xml").content.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"<sitemap><loc>{ORIGIN}/sitemap-articles-{article.pk // 5000}.xml</loc></sitemap>\n"
        f"<sitemap><loc>{ORIGIN}/sitemap-statements-{published.pk // 5000}.xml</loc></sitemap>\n"
        f"<sitemap><loc>{ORIGIN}/sitemap-sources-{minister.pk // 5000}.xml</loc></sitemap>\n</sitemapindex>\n"
    )
    assert addresses("articles") == [f"{ORIGIN}/articles/{article.pk}-a-report/"]
    assert addresses("sources") == [f"{ORIGIN}/sources/{minister.pk}-the-minister/"]


def test_what_is_not_public_is_not_named(published, article, alice):
    create_source(actor=alice, name="Nobody", kind="person")
    draft = services.create_article(actor=alice, title="Draft", text="It is so.")
    services.create_statement(article=draft, actor=alice, quote_type="narration", start=0, end=5)
    assert [len(addresses(kind)) for kind in KINDS] == [1, 1, 1]
    set_status(article, "withdrawn", alice)
    assert [addresses(kind) for kind in KINDS] == [[], [], []]


@pytest.mark.django_db(transaction=True)
def test_a_dispute_changes_the_pages_of_its_statement_and_its_article(published, minister, alice, monkeypatch):
    later = "2041-05-06T07:08:09Z"
    dispute = services.open_dispute(actor=alice, statement=published, raised_by=minister, kind="denial")
    with connection.cursor() as cursor:  # no guard is asked for what stands only in this test
        cursor.execute("SET session_replication_role = replica")
        for table, of in (("claims_dispute", "updated_at"), ("journal_entry", "at")):
            where = "id" if table == "claims_dispute" else "resource = 'dispute' AND resource_id"
            cursor.execute(f"UPDATE {table} SET {of} = %s WHERE {where} = %s", [later, dispute.pk])
        cursor.execute("SET session_replication_role = origin")
    assert timestamp(Dispute.objects.get().updated_at) == later
    for kind, row in (("articles", published.article_id), ("statements", published.pk)):
        assert f"<lastmod>{later}</lastmod>" in read(f"/sitemap-{kind}-{row // 5000}.xml").content.decode()


def test_a_part_has_the_rows_of_its_range_and_a_range_without_rows_is_not_named(alice, monkeypatch):
    monkeypatch.setattr(sitemap, "PART", 2)
    made = [services.create_article(actor=alice, title=f"\U0001f600 {n}", text="So.") for n in range(7)]
    for each in made:
        set_status(each, "published", alice)
    named = [f"{ORIGIN}/articles/{each.pk}-{n}/" for n, each in enumerate(made)]
    assert addresses("articles") == named
    gone = [each for each in made if each.pk // 2 == made[3].pk // 2]
    for each in gone:
        set_status(each, "withdrawn", alice)
        services.delete_article(article_id=each.pk, versions=None, actor=alice, reason="Twice.")
    left = [at for at, each in zip(named, made, strict=True) if each not in gone]
    with CaptureQueriesContext(connection) as asked:
        index = read("/sitemap.xml").content.decode()
    assert len(asked) == 3
    assert f"/sitemap-articles-{made[3].pk // 2}.xml" not in index
    with CaptureQueriesContext(connection) as asked:
        assert addresses("articles") == left
    assert len(asked) == 3 + index.count("/sitemap-articles-")
    assert Article.objects.count() == len(left)


def test_a_part_that_cannot_be_is_missing_and_one_without_rows_is_empty(db):
    for part in ("nowhere-0", f"articles-{2**63}", "articles-99999999999999999999", "articles--1"):
        read(f"/sitemap-{part}.xml", status=404)
    assert b"<url>" not in read("/sitemap-articles-77.xml").content
    assert b"<sitemap>" not in read("/sitemap.xml").content


def test_it_is_the_same_for_everybody_may_be_kept_and_gives_no_cookie(published, alice):
    desk = browser_of(alice)
    for address in ("/sitemap.xml", f"/sitemap-statements-{published.pk // 5000}.xml", "/robots.txt"):
        with CaptureQueriesContext(connection) as anonymous:
            first = read(address)
        with CaptureQueriesContext(connection) as signed_in:
            second = read(address, desk)
        assert first.content == second.content
        assert [each["sql"] for each in signed_in] == [each["sql"] for each in anonymous]
        assert first["Cache-Control"] == "public, max-age=60, s-maxage=5, stale-while-revalidate=4"
        assert "Cookie" not in first.get("Vary", "")
        assert not first.cookies


def test_without_public_reads_there_is_none_and_crawlers_are_sent_away(settings, published):
    settings.PUBLIC_READ = False
    read("/sitemap.xml", status=404)
    read("/sitemap-articles-0.xml", status=404)
    assert read("/robots.txt").content == b"User-agent: *\nDisallow: /\n"


def test_the_origin_is_that_of_the_request_where_none_is_set(settings, published):
    settings.PUBLIC_URL = ""
    assert b"<loc>http://testserver/sitemap-articles-" in read("/sitemap.xml").content
    assert read("/robots.txt").content.endswith(b"\n\nSitemap: http://testserver/sitemap.xml\n")


def test_crawlers_are_kept_from_every_address_that_is_not_for_readers():
    told = read("/robots.txt").content.decode()
    assert told.startswith("User-agent: *\nDisallow: /account/\n")
    assert told.endswith(f"\n\nSitemap: {ORIGIN}/sitemap.xml\n")
    closed = set(re.findall("^Disallow: /(.*)/$", told, flags=re.MULTILINE))
    first = {str(each.pattern).partition("/")[0] for each in get_resolver().url_patterns}
    open_to_all = {
        "",
        "texts.js",
        "robots.txt",
        "sitemap.xml",
        "sitemap-<slug:name>-<int:number>.xml",
        "healthz",
        "livez",
        "readyz",
    }
    public_pages = {name for name in first if name in ("articles", "statements", "sources", "embed", "checkpoint")}
    assert first - open_to_all - public_pages == closed
    # Of these nginx keeps the reads of the API and of the search alone: the others begin a session, or need one.
    (kept_by_nobody,) = re.findall(
        r"location ~ \^/\(([\w|]+)\)/", (settings.BASE_DIR / "deploy/nginx.conf").read_text()
    )
    assert closed - {"api", "search"} == set(kept_by_nobody.split("|"))
