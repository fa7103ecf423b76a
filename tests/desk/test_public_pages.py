"""The public pages: what anybody may read, find and link to, and nothing else."""

import gzip
import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims import services
from claims.models import Article, Statement
from claims.services.merging import merge_source
from factcheck.journal.models import Entry
from sources import services as sources
from tests.newsroom import browser_of

ORIGIN = "https://facts.example"


@pytest.fixture(autouse=True)
def public(settings):
    settings.PUBLIC_READ, settings.PUBLIC_URL = True, ORIGIN


@pytest.fixture
def reader():
    return Client()


@pytest.fixture
def desk(alice):
    return browser_of(alice)


def publish(article, alice, status="published"):
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status=status, reason="It is time.")


def made(alice, title="A bridge closes", text="The mayor said no. It rains.", **fields):
    article = services.create_article(actor=alice, title=title, text=text, **fields)
    publish(article, alice)
    return article


def mark(alice, article, source, start=0, end=17, **fields):
    return services.create_statement(article=article, actor=alice, source=source, start=start, end=end, **fields)


def tag(statement, alice, tag, reason):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag=tag, reason=reason)


@pytest.fixture
def told(alice):
    """A published article with one statement that has everything."""
    mayor = sources.create_source(actor=alice, name="Ann Mayor", kind="person", aliases=["A. Mayor"])
    courier = sources.create_source(actor=alice, name="The Courier", kind="outlet")
    article = made(
        alice, publisher=courier, byline="By Bo", published_at="2026-01-28T21:00:00Z", url="https://news.example/bridge"
    )
    row = mark(alice, article, mayor, via=[courier], paraphrase="She refused.", said_on="2026-01-27")
    services.tag_statement(
        statement_id=row.pk, versions=None, actor=alice, tag="denied", reason="The council denies it."
    )
    services.create_evidence(
        statement=row, actor=alice, stance="refutes", url="https://b.example/", title="Minutes", excerpt="She said yes."
    )
    counter = mark(alice, article, courier, start=19, end=27, quote_type="indirect")
    services.open_dispute(
        actor=alice, statement=row, raised_by=courier, kind="denial", counter_statement=counter, note="By the council."
    )
    return row


def read(reader, address, status=200, **headers):
    answer = reader.get(address, headers={"accept": "text/html", **headers})
    assert answer.status_code == status, answer.content
    return answer


def page(reader, address):
    return read(reader, address).content.decode()


def data_of(html):
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    return json.loads(text)


def head_of(html):
    return [
        line.strip() for line in html.partition("</head>")[0].splitlines() if re.match(r"\s*<(meta|link|title)", line)
    ]


# Addresses


def test_a_number_alone_and_an_old_title_lead_to_the_present_address(reader, told, alice):
    article, source = told.article, told.source
    for kind, pk, slug in (
        ("articles", article.pk, "a-bridge-closes"),
        ("statements", told.pk, "the-mayor-said-no"),
        ("sources", source.pk, "ann-mayor"),
    ):
        for address in (f"/{kind}/{pk}/", f"/{kind}/{pk}-old/", f"/{kind}/{pk}-{slug.upper()}/"):
            answer = read(reader, f"{address}?at=3", 301)
            assert (answer["Location"], answer["Cache-Control"]) == (f"/{kind}/{pk}-{slug}/?at=3", "public, max-age=5")
        assert read(reader, f"/{kind}/{pk}/", 301)["Location"] == f"/{kind}/{pk}-{slug}/"
        read(reader, f"/{kind}/{pk}-{slug}/")
    services.update_article(article_id=article.pk, versions=None, actor=alice, title="It opens again")
    answer = read(reader, f"/articles/{article.pk}-a-bridge-closes/", 301)
    assert answer["Location"] == f"/articles/{article.pk}-it-opens-again/"


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Straße & Çay", "-stra%C3%9Fe-%C3%A7ay"),
        ("Der Präsident sagt’s", "-der-pr%C3%A4sident-sagts"),
        ("सरकार", "-%E0%A4%B8%E0%A4%B0%E0%A4%95%E0%A4%BE%E0%A4%B0"),
        ("\u202eعدد", "-%D8%B9%D8%AF%D8%AF"),
        ("!!! 👍🏽 ❤️", ""),
        ('</script><b>"x" ../..', "-script-b-x"),
        ("word " * 40, "-" + "-".join(["word"] * 12)),
        ("x" * 500, "-" + "x" * 60),
    ],
)
def test_a_title_in_any_script_makes_an_address_that_answers(reader, alice, title, slug):
    article = made(alice, title=title)
    assert read(reader, f"/articles/{article.pk}-other/", 301)["Location"] == f"/articles/{article.pk}{slug}/"
    read(reader, f"/articles/{article.pk}{slug}/")


def test_what_is_not_public_is_not_here(reader, told, alice, minister):
    article = told.article
    draft = services.create_article(actor=alice, title="A draft", text="Nobody knows.")
    hidden = services.create_statement(article=draft, actor=alice, source=minister, start=0, end=6)
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="It rains.")  # the passage is gone
    private = [f"/articles/{draft.pk}/", f"/statements/{hidden.pk}/", f"/sources/{minister.pk}/"]
    never = ["/articles/999999999/", f"/articles/{2**63}/", "/statements/0/", "/articles/7x/", "/sources/9/x/"]
    for address in [*private, f"/statements/{told.pk}/", *never]:
        read(reader, address, 404)
    assert read(reader, private[0], 404)["Cache-Control"] == "public, max-age=5"
    assert read(browser_of(alice), private[0], 404)["Cache-Control"] == "private, no-cache"
    address = f"/articles/{article.pk}-a-bridge-closes/"
    read(reader, address)
    publish(article, alice, "withdrawn")
    read(reader, address, 404)
    assert "A bridge closes" not in page(reader, "/articles/")


def test_without_public_reads_there_are_no_public_pages_for_nobody(settings, reader, told, desk):
    settings.PUBLIC_READ = False
    addresses = [
        f"/articles/{told.article_id}-a-bridge-closes/", f"/statements/{told.pk}-the-mayor-said-no/",
        f"/sources/{told.source_id}-ann-mayor/", "/articles/", "/checkpoint/",
    ]  # fmt: skip
    for client in (reader, desk):
        for address in addresses:
            assert client.get(address, headers={"accept": "text/html"}).status_code == 404
    html = desk.get(f"/api/v1/articles/{told.article_id}/", headers={"accept": "text/html"}).content.decode()
    assert "Public page" not in html


def test_they_only_answer_reads(reader, told):
    assert reader.post("/articles/").status_code == 405
    answer = reader.options(f"/articles/{told.article_id}/")
    assert (answer.status_code, answer["Allow"]) == (200, "GET, HEAD, OPTIONS")


def test_a_merged_source_leads_to_the_one_that_stays(reader, told, alice):
    other = sources.create_source(actor=alice, name="Mayor Ann", kind="person")
    mark(alice, told.article, other, start=4, end=9)
    merge_source(source_id=other.pk, versions=None, actor=alice, into=told.source, reason="The same.")
    assert read(reader, f"/sources/{other.pk}-mayor-ann/", 301)["Location"] == f"/sources/{told.source_id}-ann-mayor/"


# What they show


def test_the_head_of_an_article(reader, told):
    article = told.article
    address = f"{ORIGIN}/articles/{article.pk}-a-bridge-closes/"
    told_in_short = (
        "Who is said to have said what, through whom it came, and who denies it. "
        "Statements: 0 asserted, 1 denied, 1 unverified."
    )
    assert head_of(page(reader, f"/articles/{article.pk}-a-bridge-closes/")) == [
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        "<title>A bridge closes – Factcheck</title>",
        f'<meta name="description" content="{told_in_short}">',
        '<meta name="robots" content="index, follow">',
        f'<link rel="canonical" href="{address}">',
        '<meta property="og:type" content="article">',
        '<meta property="og:site_name" content="Factcheck">',
        '<meta property="og:title" content="A bridge closes">',
        f'<meta property="og:description" content="{told_in_short}">',
        f'<meta property="og:url" content="{address}">',
        '<meta property="og:locale" content="en_GB">',
        '<meta property="article:published_time" content="2026-01-28T21:00:00+00:00">',
        '<link rel="alternate" type="application/atom+xml" '
        f'href="{ORIGIN}/api/v1/articles/{article.pk}/changes.atom" title="Changes in this article">',
        '<link rel="alternate" type="application/ld+json; profile=&quot;http://www.w3.org/ns/anno.jsonld&quot;" '
        f'href="{ORIGIN}/api/v1/articles/{article.pk}/webannotations/" title="As Web Annotations">',
        '<link rel="alternate" type="application/atom+xml" '
        f'href="{ORIGIN}/api/v1/feeds/changes.atom" title="All changes">',
        '<link rel="icon" href="data:,">',
        '<link rel="stylesheet" href="/static/desk/desk.css">',
        '<link rel="stylesheet" href="/static/desk/parts.css">',
        '<link rel="stylesheet" href="/static/desk/article.css">',
        '<link rel="stylesheet" href="/static/desk/public.css">',
    ]


def test_the_head_of_a_statement(reader, told):
    html = page(reader, f"/statements/{told.pk}-the-mayor-said-no/")
    head = head_of(html)
    assert "<title>“The mayor said no” – Factcheck</title>" in head
    said = "Denied: Somebody with standing denies it. The council denies it."
    assert f'<meta property="og:description" content="{said}">' in head
    assert f'<link rel="canonical" href="{ORIGIN}/statements/{told.pk}-the-mayor-said-no/">' in head
    address = f"{ORIGIN}/api/v1/statements/{told.pk}/webannotation/"
    assert any(f'href="{address}"' in line for line in head)


def iso(moment):
    return moment.isoformat().replace("+00:00", "Z")


def test_the_review_within_a_statement_page(reader, told):
    courier = {"@type": "NewsMediaOrganization", "name": "The Courier"}
    tagged = Entry.objects.get(action="statement.tagged")
    aspect = "Who stands behind the statement. This is not a verdict on whether it is true."
    assert data_of(page(reader, f"/statements/{told.pk}-the-mayor-said-no/")) == {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "ClaimReview",
                "@id": f"http://testserver/api/v1/statements/{told.pk}/claimreview/",
                "url": f"{ORIGIN}/statements/{told.pk}-the-mayor-said-no/",
                "datePublished": iso(tagged.at),
                "dateModified": iso(told.evidence.get().updated_at),
                "author": {**courier, "url": "https://news.example/"},
                "sdPublisher": {"@type": "Organization", "url": f"{ORIGIN}/"},
                "claimReviewed": "She refused.",
                "reviewAspect": aspect,
                "reviewRating": {
                    "@type": "Rating",
                    "alternateName": "denied",
                    "reviewAspect": aspect,
                    "ratingExplanation": "The council denies it.",
                },
                "itemReviewed": {
                    "@type": "Claim",
                    "text": "The mayor said no",
                    "author": {"@type": "Person", "name": "Ann Mayor"},
                    "datePublished": "2026-01-27",
                    "appearance": {
                        "@type": "NewsArticle",
                        "url": "https://news.example/bridge",
                        "headline": "A bridge closes",
                        "inLanguage": "en",
                        "datePublished": "2026-01-28T21:00:00Z",
                        "publisher": courier,
                    },
                    "firstAppearance": {"@type": "NewsArticle", "url": "https://news.example/bridge"},
                },
                "citation": [{"@type": "CreativeWork", "url": "https://b.example/", "name": "Minutes"}],
            }
        ],
    }


def test_without_a_configured_origin_addresses_are_of_the_host_that_was_asked(settings, reader, told):
    settings.PUBLIC_URL = ""
    html = page(reader, f"/sources/{told.source_id}-ann-mayor/")
    assert f'<link rel="canonical" href="http://testserver/sources/{told.source_id}-ann-mayor/">' in html


def test_a_reader_of_german_has_the_page_in_german(reader, told):
    answer = read(reader, "/articles/", **{"accept-language": "de"})
    html = answer.content.decode()
    assert '<html lang="de"' in html
    assert '<meta property="og:locale" content="de_DE">' in html
    assert (answer["Content-Language"], answer["Vary"]) == ("de", "Accept-Language, Cookie, Accept-Encoding")


def test_an_article_with_what_stands_beside_its_statements(reader, told):
    html = page(reader, f"/articles/{told.article_id}-a-bridge-closes/")
    assert (
        f'<a href="#statement-{told.pk}" data-number="1" aria-label="Passage 1, denied"></a>The mayor said no' in html
    )
    assert f'<article class="card" id="statement-{told.pk}"' in html
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html.partition("<main")[2]))
    for said in (
        "She refused.",
        "attributed to Ann Mayor, through The Courier, on 27 January 2026",
        "The council denies it. – ",
        "refutes Minutes",
        "She said yes.",
        "Denial by The Courier, open since ",
        "By the council.",
        "Raised a denial of “The mayor said no”, open",
        "A tag records who stands behind a statement. It does not say whether the statement is true.",
    ):
        assert said in words, said
    assert [review["itemReviewed"]["text"] for review in data_of(html)["@graph"]] == ["The mayor said no", "It rains"]


def test_a_statement_in_its_context(reader, told):
    html = page(reader, f"/statements/{told.pk}-the-mayor-said-no/")
    assert f'<mark data-statement="{told.pk}" data-tag="denied">The mayor said no</mark>. It rains.' in html
    assert (
        f'<a href="/articles/{told.article_id}-a-bridge-closes/#mark-{told.pk}" dir="auto">A bridge closes</a>' in html
    )
    assert f'<a href="/sources/{told.source_id}-ann-mayor/">Ann Mayor</a>' in html
    counter = Statement.objects.latest("pk")
    assert f'<a href="/statements/{counter.pk}-it-rains/" dir="auto">“It rains”</a>' in html
    assert f'id="dispute-{told.disputes.get().pk}"' in html
    assert f'id="evidence-{told.evidence.get().pk}"' in html


def test_a_source_with_what_it_said_relayed_and_disputed(reader, told):
    html = page(reader, f"/sources/{told.source_id}-ann-mayor/")
    assert '<h1 dir="auto">Ann Mayor</h1>' in html
    assert "also <bdi>A. Mayor</bdi>" in html
    assert f'<a href="/statements/{told.pk}-the-mayor-said-no/" dir="auto">“The mayor said no”</a>' in html
    other = Article.objects.get().publisher
    html = page(reader, f"/sources/{other.pk}-the-courier/")
    assert [line for line in ("Said", "Relayed", "Disputes it raised") if f">{line}</h2>" in html] == [
        "Said", "Relayed", "Disputes it raised",
    ]  # fmt: skip
    assert f'Denial of <a href="/statements/{told.pk}-the-mayor-said-no/">“The mayor said no”</a>, <b>open</b>' in html


def test_long_lists_go_on_after_the_last_row(reader, alice, monkeypatch, minister):
    monkeypatch.setattr("factcheck.desk.public.articles.ARTICLES_PER_PAGE", 2)
    monkeypatch.setattr("factcheck.desk.public.sources.ROWS_PER_PAGE", 2)
    rows = [made(alice, title=f"Report {n}") for n in range(3)]
    said = [mark(alice, row, minister) for row in rows]
    html = page(reader, "/articles/")
    assert re.findall(r">(Report \d)<", html) == ["Report 2", "Report 1"]
    assert f'<a href="?before={rows[1].pk}" rel="next">' in html
    html = page(reader, f"/articles/?before={rows[1].pk}")
    assert (re.findall(r">(Report \d)<", html), 'rel="next"' in html) == (["Report 0"], False)
    assert f'<link rel="canonical" href="{ORIGIN}/articles/?before={rows[1].pk}">' in html
    source = f"/sources/{minister.pk}-the-minister/"
    assert f'<a href="?before={said[1].pk}" rel="next">' in page(reader, source)
    assert re.findall(r">(Report \d)<", page(reader, f"{source}?before={said[1].pk}")) == ["Report 0"]
    for wrong in ("x", "-1", "9" * 40, ""):
        assert re.findall(r">(Report \d)<", page(reader, f"/articles/?before={wrong}")) == ["Report 2", "Report 1"]


# What no reader may change or learn


HOSTILE = '</script><script>alert(1)</script>" onload="x \u202e👍'


def test_hostile_words_stay_words(reader, alice):
    source = sources.create_source(actor=alice, name=HOSTILE, kind="person", description=HOSTILE, aliases=[HOSTILE])
    article = made(alice, title=HOSTILE, text=HOSTILE, byline=HOSTILE)
    row = mark(alice, article, source, end=len(HOSTILE), paraphrase=HOSTILE)
    tag(row, alice, "denied", HOSTILE)
    services.create_evidence(statement=row, actor=alice, stance="context", title=HOSTILE, excerpt=HOSTILE)
    services.open_dispute(actor=alice, statement=row, raised_by=source, kind="denial", note=HOSTILE)
    for address in ("/articles/", f"/articles/{article.pk}/", f"/statements/{row.pk}/", f"/sources/{source.pk}/"):
        html = reader.get(address, headers={"accept": "text/html"}, follow=True).content.decode()
        assert "<script>" not in html
        assert ' onload="' not in html
        assert html.count("<script") == html.count("</script>") == ("ld+json" in html)
    (review,) = data_of(page(reader, f"/statements/{row.pk}-script-script-alert-1-script-onload-x/"))["@graph"]
    assert review["itemReviewed"]["text"] == HOSTILE


def test_no_page_names_a_user_or_differs_for_one(reader, told, desk, alice):
    alice.username = "Zebediah"
    alice.save()
    for address in (
        "/articles/", f"/articles/{told.article_id}-a-bridge-closes/", f"/statements/{told.pk}-the-mayor-said-no/",
        f"/sources/{told.source_id}-ann-mayor/", "/checkpoint/",
    ):  # fmt: skip
        html = page(reader, address)
        assert "Zebediah" not in html
        assert "/login/" not in html
        assert 'method="post"' not in html.replace('<form action="/language/" method="post"', "")
        assert page(desk, address) == html


def test_a_cache_may_keep_a_page_and_ask_whether_it_has_changed(reader, told, alice):
    address = f"/articles/{told.article_id}-a-bridge-closes/"
    answer = read(reader, address)
    rule = "public, max-age=60, s-maxage=5, stale-while-revalidate=4"
    assert (answer["Cache-Control"], answer["Surrogate-Key"]) == (rule, f"article-{told.article_id} all")
    known = answer["ETag"]
    again = read(reader, address, 304, **{"if-none-match": f"W/{known}"})
    assert (again.content, again["Cache-Control"], again["Vary"]) == (
        b"", rule, "Accept-Language, Cookie, Accept-Encoding",
    )  # fmt: skip
    tag(told, alice, "asserted", "It is so.")
    assert read(reader, address, **{"if-none-match": known})["ETag"] != known
    packed = reader.get(address, headers={"accept-encoding": "gzip"})
    assert b"It is so." in gzip.decompress(packed.content)


@pytest.mark.parametrize("address", ["/", "/search/?q=mayor", "/articles/777/", "/nothing/"])
def test_no_cache_mixes_a_page_with_the_part_of_it_that_htmx_gets(reader, told, address):
    for header in ({}, {"HX-Request": "true"}):
        answer = reader.get(address, headers={"Accept": "text/html", **header})
        assert ("<!DOCTYPE html>" in answer.content.decode()) is not bool(header)
        assert answer["Cache-Control"].startswith("public")
        assert "HX-Request" in answer["Vary"].split(", ")


@pytest.mark.parametrize(("address", "cookie"), [("/", "a" * 32), ("/articles/", "")])
def test_an_answer_that_ends_a_cookie_is_kept_by_no_cache(reader, told, address, cookie):
    answer = reader.get(address, headers={"Cookie": f"sessionid={cookie}"})
    assert answer.cookies["sessionid"].value == ""
    assert (answer["Cache-Control"], "Surrogate-Key" in answer) == ("private, no-cache", False)


def test_a_long_page_takes_as_many_queries_as_a_short_one(reader, told, alice):
    addresses = {
        f"/articles/{told.article_id}-a-bridge-closes/": 7,
        f"/statements/{told.pk}-the-mayor-said-no/": 6,
        f"/sources/{told.source_id}-ann-mayor/": 5,
        "/articles/": 1,
        "/checkpoint/": 1,
    }

    def counts():
        found = {}
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                page(reader, address)
            found[address] = len(queries)
        return found

    short = counts()
    for n in range(12):
        row = mark(alice, told.article, told.source, start=0, end=3 + n)
        for _ in range(8):
            services.create_evidence(statement=row, actor=alice, stance="context", title="A call")
        other = sources.create_source(actor=alice, name=f"Source {n}", kind="person")
        services.open_dispute(actor=alice, statement=told, raised_by=other, kind="denial")
        made(alice, title=f"Report {n}")
    assert counts() == short == addresses


def test_a_card_has_the_first_evidence_and_disputes_and_leads_to_all(reader, told, alice):
    for n in range(6):
        services.create_evidence(statement=told, actor=alice, stance="context", title=f"Call {n}.")
        other = sources.create_source(actor=alice, name=f"Source {n}.", kind="person")
        services.open_dispute(actor=alice, statement=told, raised_by=other, kind="denial")
    card = (
        page(reader, f"/articles/{told.article_id}-a-bridge-closes/").partition("<aside")[2].partition("</article>")[0]
    )
    assert re.findall(r"Call \d", card) == ["Call 0", "Call 1", "Call 2", "Call 3"]
    assert re.findall(r"Source \d", card) == ["Source 0", "Source 1", "Source 2", "Source 3"]
    assert f'<a href="/statements/{told.pk}-the-mayor-said-no/">All disputes and evidence</a>' in card
    html = page(reader, f"/statements/{told.pk}-the-mayor-said-no/").partition("<main")[2]
    assert len(re.findall(r"Call \d", html)) == len(re.findall(r"Source \d", html)) == 6


# The desk


def test_the_desks_pages_are_no_index_and_name_the_public_ones(reader, told, desk):
    for address, public in {
        f"/api/v1/articles/{told.article_id}/": f"/articles/{told.article_id}-a-bridge-closes/",
        f"/api/v1/articles/{told.article_id}/?print=1": f"/articles/{told.article_id}-a-bridge-closes/",
        f"/api/v1/statements/{told.pk}/": f"/statements/{told.pk}-the-mayor-said-no/",
        f"/api/v1/sources/{told.source_id}/": f"/sources/{told.source_id}-ann-mayor/",
        "/api/v1/articles/": "/articles/",
        "/": "/articles/",
    }.items():
        html = page(reader, address)
        assert '<meta name="robots" content="noindex, noarchive">' in html
        assert f'<link rel="canonical" href="{ORIGIN}{public}">' in html
        assert "canonical" not in page(desk, address)
    assert "canonical" not in page(reader, "/api/v1/articles/?status=published")


def test_the_start_page_leads_readers_to_the_public_pages(reader, told):
    link = f'<a href="/articles/{told.article_id}-a-bridge-closes/" dir="auto">A bridge closes</a>'
    assert link in page(reader, "/")


def test_an_editor_goes_from_a_published_article_to_its_public_page(told, desk, alice):
    address = f"/api/v1/articles/{told.article_id}/"
    link = f'<a href="/articles/{told.article_id}-a-bridge-closes/">Public page</a>'
    assert link in page(desk, address)
    publish(told.article, alice, "withdrawn")
    assert link not in page(desk, address)
