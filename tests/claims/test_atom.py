"""The Atom feed of changes: RFC 4287's rules, and nothing that is not public."""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

import feedparser
import pytest
from rest_framework.test import APIClient

from claims import services
from claims.exports.atom import changes_feed
from claims.exports.common import Base
from claims.models import Article, Dispute, Statement
from factcheck.journal.models import Entry
from sources.models import Source
from sources.services import create_source

FEED = "/api/v1/feeds/changes.atom"
ATOM = "{http://www.w3.org/2005/Atom}"
ONE_OF = {"id", "title", "updated"}
INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


@pytest.fixture(autouse=True)
def settled(monkeypatch, request):
    """The feed waits for open transactions, and a test is one."""
    if "open_transaction" not in request.node.name:
        monkeypatch.setattr("claims.views.formats.first_open_transaction", lambda: 2**62)


@pytest.fixture
def published(alice, article, statement):
    publish(article, alice)
    return statement


def publish(article, alice):
    services.set_article_status(
        article_id=article.pk, versions=None, actor=alice, status="published", reason="It is ready."
    )


def tag(statement, alice, name, reason):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag=name, reason=reason)


def read(client, address=FEED):
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return ElementTree.fromstring(answer.content)


def said(feed):
    """Each entry's title and content."""
    return [(item.findtext(f"{ATOM}title"), item.findtext(f"{ATOM}content")) for item in feed.findall(f"{ATOM}entry")]


def assert_is_atom(feed):
    """The Musts of RFC 4287, sections 4.1.1 and 4.1.2, and 3.3 for times."""
    assert feed.tag == f"{ATOM}feed"
    assert feed.find(f"{ATOM}author/{ATOM}name").text
    for part in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ONE_OF:
            assert len(part.findall(f"{ATOM}{name}")) == 1, name
        assert part.findtext(f"{ATOM}id").startswith("tag:testserver,2")
        assert re.fullmatch(INSTANT, part.findtext(f"{ATOM}updated"))
        links = part.findall(f"{ATOM}link")
        assert all(urlsplit(link.get("href")).scheme == "http" for link in links)
        alternates = [(link.get("type"), link.get("hreflang")) for link in links if link.get("rel") == "alternate"]
        assert len(alternates) == len(set(alternates))
    for item in feed.findall(f"{ATOM}entry"):
        assert item.findall(f"{ATOM}content") or item.findall(f"{ATOM}link[@rel='alternate']")
        assert len(item.findall(f"{ATOM}summary")) == 1
    ids = [item.findtext(f"{ATOM}id") for item in feed.findall(f"{ATOM}entry")]
    assert len(ids) == len(set(ids))


def test_tags_and_disputes_are_told_newest_first_without_the_names_of_users(api, alice, published, minister):
    ministry = create_source(actor=alice, name="The ministry", kind="organization")
    tag(published, alice, "asserted", "The minister says so.")
    dispute = services.open_dispute(
        actor=alice, statement=published, raised_by=ministry, kind="denial", note="By telephone.", reason="alice knows"
    )
    services.resolve_dispute(
        dispute_id=dispute.pk, versions=None, actor=alice, state="upheld", reason="The tape.", tag="denied"
    )
    answer = api.get(FEED)
    assert answer["Content-Type"] == "application/atom+xml"
    feed = ElementTree.fromstring(answer.content)
    assert_is_atom(feed)
    assert said(feed) == [
        ("denied: “The minister said no.”", "The tape."),
        ("denial by The ministry resolved, upheld: “The minister said no.”", "The tape."),
        ("denial by The ministry opened: “The minister said no.”", "By telephone."),
        ("asserted: “The minister said no.”", None),  # its reason does not stand any more
    ]
    assert "alice" not in answer.content.decode()
    first = feed.find(f"{ATOM}entry")
    entry = Entry.objects.filter(action="statement.tagged").latest("id")
    assert first.findtext(f"{ATOM}id") == f"tag:testserver,{entry.at.date()}:factcheck:entry:{entry.pk}"
    assert first.find(f"{ATOM}link").get("href") == f"http://testserver/api/v1/statements/{published.pk}/"
    assert first.findtext(f"{ATOM}summary") == "“The minister said no.” (A report)"
    assert first.find(f"{ATOM}category").attrib == {"term": "denied", "scheme": "urn:factcheck:tag"}


def test_a_reader_of_feeds_opens_the_page_of_the_statement(api, alice, published, minister):
    tag(published, alice, "asserted", "The minister says so.")
    dispute = services.open_dispute(actor=alice, statement=published, raised_by=minister, kind="denial")
    feed = feedparser.parse(api.get(FEED).content)
    assert (feed.bozo, feed.feed.link) == (False, "http://testserver/api/v1/articles/?status=published")
    page = f"http://testserver/api/v1/statements/{published.pk}/"
    assert [entry.link for entry in feed.entries] == [page, page]
    disputed = f"http://testserver/api/v1/disputes/{dispute.pk}/"
    assert [(link.rel, link.type, link.href) for link in feed.entries[0].links] == [
        ("alternate", "text/html", page), ("alternate", "application/json", page),
        ("related", "text/html", disputed), ("related", "application/json", disputed),
    ]  # fmt: skip
    for link in [feed.feed.link, *(link.href for link in feed.entries[0].links)]:
        answer = api.get(link, headers={"accept": "text/html"})
        assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (200, "text/html")


def test_a_reader_of_feeds_opens_the_public_page_where_there_is_one(settings, alice, published, minister):
    settings.PUBLIC_READ, settings.PUBLIC_URL = True, "https://facts.example"
    dispute = services.open_dispute(actor=alice, statement=published, raised_by=minister, kind="denial")
    feed = feedparser.parse(APIClient().get(FEED).content)
    page = f"https://facts.example/statements/{published.pk}-the-minister-said-no/"
    assert (feed.feed.link, feed.entries[0].link) == ("https://facts.example/articles/", page)
    assert [(link.rel, link.type, link.href) for link in feed.entries[0].links] == [
        ("alternate", "text/html", page),
        ("alternate", "application/json", f"http://testserver/api/v1/statements/{published.pk}/"),
        ("related", "text/html", f"{page}#dispute-{dispute.pk}"),
        ("related", "application/json", f"http://testserver/api/v1/disputes/{dispute.pk}/"),
    ]


def test_what_was_tried_in_a_draft_is_not_told_but_what_stands_is(api, alice, article, statement):
    tag(statement, alice, "asserted", "Somebody whispered it.")
    tag(statement, alice, "denied", "The ministry denies it.")
    assert said(read(api)) == []
    publish(article, alice)
    assert said(read(api)) == [("denied: “The minister said no.”", "The ministry denies it.")]
    tag(statement, alice, "unverified", "It is open.")
    assert [title.split(":")[0] for title, _ in said(read(api))] == ["unverified", "denied"]
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="withdrawn", reason="Wrong.")
    assert said(read(api)) == []


def test_a_passage_that_was_edited_out_and_a_deleted_dispute_leave_the_feed(api, alice, published, minister):
    dispute = services.open_dispute(actor=alice, statement=published, raised_by=minister, kind="denial")
    tag(published, alice, "asserted", "So it is.")
    services.delete_dispute(dispute_id=dispute.pk, versions=None, actor=alice, reason="Over.")
    assert len(said(read(api))) == 1
    services.update_article(article_id=published.article_id, versions=None, actor=alice, text="Nothing of it.")
    assert said(read(api)) == []


def test_pages_lead_to_each_other_and_hold_each_entry_once(api, alice, published):
    for number in range(5):
        tag(published, alice, "asserted", f"Reason {number}.")
    seen, address = [], f"{FEED}?page_size=2"
    while address:
        feed = read(api, address)
        assert_is_atom(feed)
        seen += [item.findtext(f"{ATOM}id").rpartition(":")[2] for item in feed.findall(f"{ATOM}entry")]
        following = feed.find(f"{ATOM}link[@rel='next']")
        address = following.get("href") if following is not None else None
    tagged = Entry.objects.filter(action="statement.tagged").order_by("-id")
    assert seen == [str(entry.pk) for entry in tagged]


def test_an_entry_of_an_open_transaction_waits(api, alice, published):
    tag(published, alice, "asserted", "So it is.")
    assert said(read(api)) == []


def test_an_empty_feed_is_valid_too(api):
    assert_is_atom(read(api))


def test_characters_that_xml_has_not_are_replaced(api, alice):
    article = services.create_article(actor=alice, title="A <b>\x0b report", text="No\x0c & \U0001f600.")
    publish(article, alice)
    made = services.create_statement(article=article, actor=alice, quote_type="narration", start=0, end=7)
    tag(made, alice, "asserted", "\x1b[31m ]]> <script>")
    feed = read(api)
    assert said(feed)[0][1] == "\ufffd[31m ]]> <script>"
    assert feed.findtext(f"{ATOM}entry/{ATOM}summary") == "“No\ufffd & \U0001f600” (A <b>\ufffd report)"


def test_a_stranger_reads_it_where_public_reads_are_on_and_else_hears_why_not(settings, alice, published):
    tag(published, alice, "asserted", "So it is.")
    refused = APIClient().get(FEED)
    assert (refused.status_code, refused["Content-Type"]) == (401, "application/problem+json")
    settings.PUBLIC_READ = True
    answer = APIClient().get(FEED)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "public, max-age=60")
    assert APIClient().get(FEED, headers={"if-none-match": answer["ETag"]}).status_code == 304
    assert APIClient().head(FEED).status_code == 200


# The feed word for word, of rows that no database has


def at(day, *, action, resource, row_id, **data):
    moment = datetime(2026, 1, day, 23, 5, 6, 789, tzinfo=UTC)
    return Entry(pk=100 + day, at=moment, action=action, resource=resource, resource_id=row_id, data=data)


def test_the_feed_word_for_word():
    article = Article(pk=3, title="A <report>")
    statements = {
        1: Statement(pk=1, article=article, text=" x\n y " + "z" * 116, tag_reason="So it is."),
        2: Statement(pk=2, article=article, text="a b " + "z" * 117, tag_reason=""),
    }
    denial = Dispute(
        pk=5, statement=statements[1], raised_by=Source(name="Ann"), kind="denial", note="Oh.", resolution="No."
    )
    links = {"self": "http://d.example:8000/feed?a=1&b=2", "next": "http://d.example:8000/next", "previous": None}
    entries = [
        at(9, action="dispute.reopened", resource="dispute", row_id=5, state="open", note="Oh.", resolution=""),
        at(8, action="dispute.resolved", resource="dispute", row_id=5, state="rejected", note="Oh.", resolution="No."),
        at(7, action="dispute.opened", resource="dispute", row_id=5, state="open", note="Before.", resolution=""),
        at(6, action="statement.tagged", resource="statement", row_id=2, tag="asserted", tag_reason="Before."),
        at(5, action="statement.tagged", resource="statement", row_id=1, tag="denied", tag_reason="So it is."),
        at(4, action="statement.tagged", resource="statement", row_id=5, tag="denied", tag_reason="It has no row."),
        at(3, action="dispute.opened", resource="dispute", row_id=1, state="open", note="It has none.", resolution=""),
        at(2, action="statement.updated", resource="statement", row_id=1, tag="denied", tag_reason="It is no tag."),
        at(1, action="dispute.updated", resource="dispute", row_id=5, state="open", note="Oh.", resolution=""),
    ]  # fmt: skip
    base = Base("http://d.example:8000/api/v1/", None)
    feed = changes_feed(entries, statements, {5: denial}, base, links=links)
    assert feed == WHOLE.replace("\n  ", "").replace("\n", "").replace("&#10;", "\n").replace("?>", "?>\n", 1)
    empty = changes_feed([], statements, {}, base, links={"self": None})
    assert empty == (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        "<id>tag:d.example,2026:factcheck:changes</id><title>Tags and disputes in published articles</title>"
        "<updated>1970-01-01T00:00:00Z</updated><author><name>The newsroom</name></author>"
        '<generator>Factcheck</generator><link rel="alternate" '
        'href="http://d.example:8000/api/v1/articles/?status=published" type="text/html" /></feed>'
    )


def told(day, title, statement, content, more):
    passage = {1: " x&#10; y " + "z" * 116, 2: "a b " + "z" * 117}[statement]
    return f"""
  <entry><id>tag:d.example,2026-01-0{day}:factcheck:entry:10{day}</id>
  <title>{title}</title>
  <updated>2026-01-0{day}T23:05:06.000789Z</updated>
  <link rel="alternate" href="http://d.example:8000/api/v1/statements/{statement}/" type="text/html" />
  <link rel="alternate" href="http://d.example:8000/api/v1/statements/{statement}/" type="application/json" />
  <summary>“{passage}” (A &lt;report&gt;)</summary>
  {content and f'<content type="text">{content}</content>'}
  {more}</entry>"""


def of_dispute(state):
    return f"""<link rel="related" href="http://d.example:8000/api/v1/disputes/5/" type="text/html" />
  <link rel="related" href="http://d.example:8000/api/v1/disputes/5/" type="application/json" />
  <category term="{state}" scheme="urn:factcheck:dispute" />"""


SHORT, CUT = f"“x y {'z' * 116}”", f"“a b {'z' * 116}…”"
WHOLE = f"""
<?xml version="1.0" encoding="utf-8"?>
  <feed xmlns="http://www.w3.org/2005/Atom">
  <id>tag:d.example,2026:factcheck:changes</id>
  <title>Tags and disputes in published articles</title>
  <updated>2026-01-09T23:05:06.000789Z</updated>
  <author><name>The newsroom</name></author>
  <generator>Factcheck</generator>
  <link rel="alternate" href="http://d.example:8000/api/v1/articles/?status=published" type="text/html" />
  <link rel="self" href="http://d.example:8000/feed?a=1&amp;b=2" type="application/atom+xml" />
  <link rel="next" href="http://d.example:8000/next" type="application/atom+xml" />
  {told(9, f"denial by Ann reopened: {SHORT}", 1, "Oh.", of_dispute("open"))}
  {told(8, f"denial by Ann resolved, rejected: {SHORT}", 1, "No.", of_dispute("rejected"))}
  {told(7, f"denial by Ann opened: {SHORT}", 1, "", of_dispute("open"))}
  {told(6, f"asserted: {CUT}", 2, "", '<category term="asserted" scheme="urn:factcheck:tag" />')}
  {told(5, f"denied: {SHORT}", 1, "So it is.", '<category term="denied" scheme="urn:factcheck:tag" />')}
  </feed>"""
