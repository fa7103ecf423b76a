"""The print version of an article: its text, and a note on each statement. And the parts that cards are shown in."""

import html
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from claims import services
from claims.models import Statement
from factcheck.journal.models import Entry
from sources.services import create_source
from tests.newsroom import article_page, browser_of, page_of


@pytest.fixture
def desk(alice):
    return browser_of(alice)


def notes_in(page):
    section = re.search(r'<section class="notes".*?</section>', page, re.S)[0]
    words = html.unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<li[^>]*>", "|", section)))
    return [re.sub(r"\s+", " ", re.sub(r" ([,.])", r"\1", note)).strip() for note in words.split("|")[1:]]


def print_version(desk, page):
    return page_of(desk, html.unescape(re.search(r'href="([^"]*)">Print version', page)[1]))


def annotated(alice, source, count, reason="Denied by name."):
    article = services.create_article(actor=alice, title="Long", text="word " * count)
    rows = [{"article": article, "source": source, "start": 5 * n, "end": 5 * n + 4} for n in range(count)]
    made = services.create_statements(rows=rows, actor=alice)
    for statement in made if reason else ():
        services.tag_statement(statement_id=statement.pk, versions=None, actor=alice, tag="denied", reason=reason)
    return article


def test_a_note_says_the_tag_the_chain_the_reason_and_who_disputes_it_by_the_number_of_the_other_note(
    desk, alice, article, minister
):
    cnn = create_source(actor=alice, name="CNN", kind="outlet")
    official = create_source(actor=alice, name="unnamed official", kind="person", anonymous=True)
    first = services.create_statement(
        article=article, actor=alice, source=minister, via=[official, cnn], start=2, end=23
    )
    second = services.create_statement(article=article, actor=alice, source=cnn, start=24, end=45)
    services.tag_statement(
        statement_id=first.pk, versions=None, actor=alice, tag="denied", reason="She <b>denies</b> it."
    )
    services.open_dispute(actor=alice, statement=first, raised_by=cnn, counter_statement=second, kind="denial")
    over = services.open_dispute(actor=alice, statement=second, raised_by=minister, kind="correction", scope="part")
    services.resolve_dispute(dispute_id=over.pk, versions=None, actor=alice, state="rejected", reason="No.")
    services.open_dispute(actor=alice, statement=second, raised_by=official, kind="clarification")
    today = date_format(timezone.now(), "j F Y")
    page = print_version(desk, article_page(desk, article))
    assert notes_in(page) == [
        "− denied, attributed to The minister, through unnamed official (anonymous), through CNN She <b>denies</b> it. "
        f"Denial by CNN, open since {today}, in passage 2",
        "? unverified, attributed to CNN "
        f"Correction of part of it by The minister, opened on {today}, rejected on {today} "
        f"Clarification by unnamed official (anonymous), open since {today}",
    ]
    assert f"As it was recorded on {today}, " in page
    assert "A tag records who stands behind a statement. It does not say whether the statement is true." in page


def test_all_statements_are_printed_from_whatever_part_of_the_cards_is_shown(desk, alice, minister):
    article = annotated(alice, minister, 70)
    for part in (1, 2, 3):
        page = page_of(desk, f"/api/v1/articles/{article.pk}/?cards={part}")
        assert 'class="notes"' not in page
        assert f"http://testserver/api/v1/articles/{article.pk}/?print=1</p>" in page  # for those who print this page
        assert len(notes_in(print_version(desk, page))) == 70


def test_what_lost_its_place_in_the_text_is_printed_after_it_with_its_words(desk, alice, article, statement):
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="Nothing of the kind is here.")
    (note,) = notes_in(page_of(desk, f"/api/v1/articles/{article.pk}/?print=1"))
    assert note == "? unverified, no longer in the text: The minister said no., attributed to The minister"


def test_of_many_that_lost_their_place_a_page_shows_ten_and_says_how_many_more_there_are(desk, alice, minister):
    article = annotated(alice, minister, 12, reason="It was denied in these words. " * 60)
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="Nothing of the kind is here.")
    page = article_page(desk, article)
    assert page.count('<header class="unanchored"') == 10
    assert "2 more have no sure place in the text" in page
    assert len(notes_in(print_version(desk, page))) == 12


def test_the_print_version_has_a_note_for_each_number_in_the_text_and_no_cards(desk, alice, minister):
    article = annotated(alice, minister, 120, reason="It was denied in these words. " * 60)
    page = page_of(desk, f"/api/v1/articles/{article.pk}/?cards=2")
    assert len(page.encode()) < 200_000
    printed = print_version(desk, page)
    assert len(re.findall(r'<li id="note-\d+">', printed)) == 120
    assert printed.count('href="#note-') == 120
    assert "This page has notes" not in printed
    assert '<article class="card' not in printed


def test_the_page_to_print_has_a_thousand_notes_at_once_in_as_many_queries_as_a_few(desk, alice, minister):
    few, many = (annotated(alice, minister, count, reason="") for count in (2, 1001))
    counts = []
    for article in (few, many):
        with CaptureQueriesContext(connection) as captured:
            page = page_of(desk, f"/api/v1/articles/{article.pk}/?print=1")
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert page.count('<li id="note-') == 1000
    assert "This page has notes 1 to 1000 of 1001." in page
    rest = page_of(desk, f"/api/v1/articles/{many.pk}/?print=2")
    assert re.findall(r'<li id="(note-\d+)">', rest) == ["note-1001"]
    assert f'href="/api/v1/articles/{many.pk}/?print=1" aria-label="Page 1 of the notes"' in rest


def test_strangers_print_what_is_published_and_in_its_place(settings, alice, article, minister):
    settings.PUBLIC_READ = True
    services.create_statement(article=article, actor=alice, source=minister, start=2, end=23)
    unanchored = services.create_statement(article=article, actor=alice, source=minister, start=46, end=51)
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Read.")
    services.update_article(
        article_id=article.pk, versions=None, actor=alice, text=article.text.replace(unanchored.text, "")
    )
    anonymous = Client(headers={"Accept": "text/html"})
    page = print_version(anonymous, article_page(anonymous, article))
    assert len(re.findall(r"<li[^>]*><b>\? unverified</b>, attributed to", page)) == 1
    assert "without a sure place" not in page


def test_the_link_of_a_mark_shows_the_part_with_its_card_also_after_more_was_marked(desk, alice, minister):
    article = annotated(alice, minister, 45, reason="")
    last = Statement.objects.order_by("start").last().pk
    page = article_page(desk, article)
    assert f'href="/api/v1/articles/{article.pk}/?at={last}#statement-{last}"' in page
    assert f'<article class="card" id="statement-{last}"' not in page
    shown = page_of(desk, f"/api/v1/articles/{article.pk}/?at={last}")
    assert f'<article class="card" id="statement-{last}"' in shown
    assert f'name="next" value="/api/v1/articles/{article.pk}/?at={last}#statement-{last}"' in shown


def test_the_parts_of_a_page_of_the_past_are_of_that_past_too(desk, alice, minister):
    article = annotated(alice, minister, 31, reason="")
    moment = Entry.objects.latest("id").at.isoformat().replace("+00:00", "Z")
    services.delete_statement(statement_id=Statement.objects.first().pk, versions=None, actor=alice, reason="No.")
    page = page_of(desk, f"/api/v1/articles/{article.pk}/?as_of={moment}")
    following = html.unescape(re.search(r'href="([^"]*)"[^>]* rel="next"', page)[1])
    assert "Passages 31 to 31 of 31" in page_of(desk, following)


def test_on_a_part_of_the_page_to_print_each_number_leads_to_its_note_wherever_that_is(
    desk, alice, minister, monkeypatch
):
    monkeypatch.setattr("factcheck.desk.pages.articles.NOTES_PER_PAGE", 3)
    article = annotated(alice, minister, 8, reason="")
    address = f"/api/v1/articles/{article.pk}/"
    page = page_of(desk, f"{address}?print=2")
    assert re.findall(r'href="([^"]*#note-\d+)"', page) == [
        *(f"?print=1#note-{number}" for number in (1, 2, 3)),
        *(f"#note-{number}" for number in (4, 5, 6)),
        *(f"?print=3#note-{number}" for number in (7, 8)),
    ]
    assert "This page has notes 7 to 8 of 8." in page_of(desk, f"{address}?print=99")


def test_the_page_to_print_of_the_past_leads_back_to_the_past(desk, article):
    moment = Entry.objects.latest("id").at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    page = page_of(desk, f"/api/v1/articles/{article.pk}/?print=1&as_of={moment}")
    back = re.search(r'href="([^"]*)">Back to the article', page)[1]
    assert html.unescape(back) == f"/api/v1/articles/{article.pk}/?as_of={moment.replace(':', '%3A')}"
