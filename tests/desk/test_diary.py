"""The journal as a diary: one correction is one line, and a day, an editor and an act are found."""

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import services
from factcheck.journal.models import Entry
from tests.newsroom import browser_of, page_of, user_with_role


@pytest.fixture
def desk(alice):
    return browser_of(alice)


def lines(page):
    """Those of the diary itself, without what is folded under them."""
    page = re.sub(r'<details class="folded">.*?</details>', "", page, flags=re.S)
    text = re.findall(r'<li class="line"[^>]*>\s*<p>(.*?)</p>', page, re.S)
    return [re.sub(r"\s+", " ", html.unescape(re.sub(r"<time.*?</time>|<[^>]*>", "", line))).strip() for line in text]


def corrected(alice, minister, count):
    article = services.create_article(actor=alice, title="Long", text="word " * count)
    rows = [{"article": article, "source": minister, "start": 5 * n, "end": 5 * n + 4} for n in range(count)]
    services.create_statements(rows=rows, actor=alice)
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="A " + article.text, reason="Slip.")
    return article


def test_a_correction_is_one_line_with_its_statements_folded_under_it(desk, alice, minister):
    article = corrected(alice, minister, 120)
    for address in ("/api/v1/journal/", f"/api/v1/journal/?article={article.pk}"):
        page = page_of(desk, address)
        assert lines(page)[0].startswith(f"alice updated article {article.pk}"), address
        assert not any("re-anchored" in line for line in lines(page))
        folded = re.search(r'<details class="folded"><summary>(.*?)</summary>(.*?)</details>', page, re.S)
        assert folded[1] == "120 statements re-anchored"
        assert folded[2].count('<li class="line"') == 100
    more = html.unescape(re.search(r'<a href="([^"]*)">20 more</a>', page)[1])
    assert lines(page_of(desk, more))[0].startswith("alice re-anchored statement")


def test_what_an_editor_pinned_again_is_a_line_of_its_own(desk, alice, statement):
    services.reanchor_statement(statement_id=statement.pk, versions=None, actor=alice, start=24, end=45)
    assert lines(page_of(desk, "/api/v1/journal/"))[0].startswith("alice re-anchored statement")


def test_a_long_diary_takes_as_many_queries_as_a_short_one_and_skips_nothing(desk, alice, minister):
    counts = []
    for count in (2, 40):
        article = corrected(alice, minister, count)
        with CaptureQueriesContext(connection) as captured:
            page_of(desk, f"/api/v1/journal/?article={article.pk}")
        counts.append(len(captured))
    assert counts[0] == counts[1]
    seen, address = [], "/api/v1/journal/"
    while address:
        page = page_of(desk, address)
        seen += lines(page)
        following = re.search(r'<a href="([^"]*)" rel="next">Earlier', page)
        address = following and html.unescape(following[1])
    shown = Entry.objects.exclude(resource="user").exclude(action="statement.reanchored").count()
    assert len(seen) == shown


def test_the_diary_is_narrowed_by_day_editor_and_act(desk, alice, statement):
    erin = user_with_role("erin", "editor")
    services.tag_statement(statement_id=statement.pk, versions=None, actor=erin, tag="denied", reason="x")
    day = f"{Entry.objects.latest('id').at:%Y-%m-%d}"
    tagged = [f"erin tagged statement {statement.pk} ‘The minister said no.’ − denied undo"]
    for query, found in {
        "act=statement.tagged": tagged,
        f"act=statement.tagged&actor={erin.pk}&day={day}": tagged,
        f"act=statement.tagged&actor={alice.pk}": [],
        f"day={day}&actor={erin.pk}": tagged,
        "day=2020-01-01": [],
        f"act=statement.tagged&resource=statement&article={statement.article_id}": tagged,
    }.items():
        page = page_of(desk, f"/api/v1/journal/?{query}")
        assert [line.replace("“", "‘").replace("”", "’") for line in lines(page)] == found, query
    assert lines(page_of(desk, f"/api/v1/journal/?day={day}&act=&resource=")) != []
    assert f'<input type="date" name="day" value="{day}"' in page_of(desk, f"/api/v1/journal/?day={day}")
    assert '<option value="article.withdrawn">article: withdrawn</option>' in page


def test_what_is_no_day_is_said_at_its_field(desk, statement):
    page = page_of(desk, "/api/v1/journal/?day=yesterday")
    assert re.search(r'name="day" value="yesterday" aria-invalid="true"', page)
    assert "Give a day as YYYY-MM-DD." in page
    assert lines(page) == []


def test_a_program_has_no_use_of_what_is_for_pages(api, statement):
    assert api.get("/api/v1/journal/?day=2026-01-01").status_code == 400
    assert api.get("/api/v1/journal/?act=statement.tagged").status_code == 400


def test_a_day_is_read_on_page_by_page(desk, alice, minister, monkeypatch):
    monkeypatch.setattr("factcheck.desk.pages.journal.PAGE_SIZE", 2)
    for name in "abcde":
        services.create_article(actor=alice, title=name, text="")
    day, titles = f"{Entry.objects.latest('id').at:%Y-%m-%d}", []
    address = f"/api/v1/journal/?day={day}&act=article.created"
    while address:
        page = page_of(desk, address)
        titles += re.findall(r'<span class="subject" dir="auto">“(\w)”', page)
        following = re.search(r'<a href="([^"]*)" rel="next">Earlier', page)
        address = following and html.unescape(following[1])
    assert titles == ["e", "d", "c", "b", "a"]


@pytest.fixture
def proposal(statement):
    bob = user_with_role("bob", "reporter")
    return services.propose_tag(
        statement_id=statement.pk, versions=None, actor=bob, tag="denied", reason="She says so."
    )


def test_a_proposal_is_told_with_its_tag_the_passage_and_the_article(desk, alice, article, statement, proposal):
    passage = "“The minister said no.”"
    page = page_of(desk, "/api/v1/journal/?resource=note")
    assert lines(page) == [f"bob proposed − denied for statement {statement.pk} {passage} in A report"]
    assert f'for <a href="/api/v1/statements/{statement.pk}/">' in page
    services.take_proposal(statement_id=statement.pk, versions=None, actor=alice, proposal=proposal.pk)
    [taken, _] = lines(page_of(desk, "/api/v1/journal/?resource=note"))
    assert taken == (
        f"alice took proposal {proposal.pk} “She says so.” on statement {statement.pk} {passage} in A report"
    )


def test_a_note_is_told_with_what_it_is_on(desk, alice, article, statement):
    for on in ({"article": article}, {"statement": statement}):
        services.create_note(actor=alice, text="Ask again.", **on)
    assert [re.sub(r"note \d+", "note", line) for line in lines(page_of(desk, "/api/v1/journal/?resource=note"))] == [
        f"alice wrote note “Ask again.” on statement {statement.pk} “The minister said no.” in A report",
        "alice wrote note “Ask again.” in A report",
    ]
