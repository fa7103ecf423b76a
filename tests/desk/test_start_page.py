"""The start page: what is new, what waits, what is mine."""

import html
import re
from datetime import timedelta

import pytest

from claims import services, totals
from factcheck.desk.models import LOOK_LASTS, Look
from factcheck.journal.models import Entry
from factcheck.journal.users import save_user
from tests.newsroom import browser_of, page_of, user_with_role


@pytest.fixture
def bob(db):
    return user_with_role("bob", "editor")


def section(page, name):
    """The words of one section."""
    found = re.search(rf'<section aria-labelledby="{name}">(.*?)</section>', page, re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", found[1]))).strip() if found else None


def start(user):
    return page_of(browser_of(user), "/")


def tag(statement, user, value="asserted"):
    services.tag_statement(statement_id=statement.pk, versions=None, actor=user, tag=value, reason="He says so.")


def half_an_hour_passes(user):
    look = Look.objects.get(pk=user.pk)
    Look.objects.filter(pk=user.pk).update(latest_at=look.latest_at - LOOK_LASTS - timedelta(minutes=1))


@pytest.fixture
def three(alice, article):
    return [
        services.create_statement(article=article, actor=alice, quote_type="narration", start=start, end=start + 3)
        for start in (2, 6, 15)
    ]


@pytest.mark.django_db(transaction=True)
def test_it_tells_what_others_did_since_the_user_last_looked_once_for_many_rows(alice, bob, article, three):
    tag(three[0], bob)
    assert "bob tagged statement" in section(start(alice), "news")
    half_an_hour_passes(alice)
    for statement in three:
        tag(statement, bob, "denied")
    tag(three[0], alice)
    for _ in range(2):  # loading the page again takes nothing away, nor does logging in again
        words = section(start(alice), "news")
        assert words.startswith("Since you last looked, 31 minutes ago bob tagged 3 statements in A report just now")
        assert "alice" not in words
        assert "The whole journal" in words
    half_an_hour_passes(alice)
    assert "Nobody else did anything." in section(start(alice), "news")


@pytest.mark.django_db(transaction=True)
def test_who_works_here_and_in_which_role_is_no_news(alice, bob):
    start(alice)
    half_an_hour_passes(alice)
    save_user(user=bob, role="viewer", actor=user_with_role("root", "admin"))
    assert Entry.objects.filter(resource="user", resource_id=bob.pk).exists()
    assert "Nobody else did anything." in section(start(alice), "news")


@pytest.mark.django_db(transaction=True)
def test_it_says_how_far_it_looked_where_there_is_more(alice, bob, article, three, monkeypatch):
    monkeypatch.setattr("factcheck.desk.pages.start.MAX_ENTRIES", 3)
    start(alice)
    half_an_hour_passes(alice)
    tag(three[0], bob)
    for statement in three:
        tag(statement, alice)
    words = section(start(alice), "news")
    assert words.endswith("ago Only the newest 3 changes were looked at, your own among them. More in the journal")


def test_news_lead_to_their_row_or_to_their_part_of_the_journal(alice, bob, article, three):
    for statement in three:
        tag(statement, bob)
    services.set_article_status(article_id=article.pk, versions=None, actor=bob, status="published", reason="Read.")
    page = start(alice)
    assert (
        f'<a href="/api/v1/journal/?resource=statement&amp;article={article.pk}&amp;actor={bob.pk}">3 statements</a>'
        in page
    )
    assert f'bob</b> published <a href="/api/v1/articles/{article.pk}/"><bdi>A report</bdi></a>' in page


def test_the_same_finding_is_told_once_for_all_its_statements(alice, article, three):
    for statement in three:
        tag(statement, alice, "denied")
    page = start(alice)
    message = "Tagged denied, but nobody is recorded as denying it"
    assert page.count(message) == 1
    assert f'<a href="/api/v1/checks/?code=denied_without_denial">3 statements</a>: {message}' in page


def test_unverified_statements_wait_once_their_article_is_published(alice, article, three):
    assert section(start(alice), "waiting") == "Waiting for an editor Nothing."
    services.set_article_status(article_id=article.pk, versions=None, actor=alice, status="published", reason="Read.")
    page = start(alice)
    assert section(page, "waiting") == "Waiting for an editor Published, and unverified 3 statements in A report"
    assert f'<a href="/api/v1/statements/?article={article.pk}&amp;tag=unverified">3 statements</a>' in page


def test_mine_are_the_articles_that_the_user_has_each_with_what_is_open_in_it(alice, bob, article, three, minister):
    services.update_article(article_id=article.pk, versions=None, actor=alice, desk=alice)
    services.create_note(actor=alice, article=article, text="Ask again.")
    services.open_dispute(actor=alice, statement=three[0], raised_by=minister, kind="denial")
    assert (
        section(start(alice), "mine") == "Mine A report draft 3 unverified 1 open dispute 1 open note changed just now"
    )
    assert section(start(bob), "mine").startswith("Mine No article is with you.")


def test_each_role_sees_what_it_can_act_on(alice, article, three, minister):
    services.open_dispute(actor=alice, statement=three[0], raised_by=minister, kind="denial")
    tag(three[1], alice, "denied")
    services.update_article(article_id=article.pk, versions=None, actor=alice, text="Another text altogether.")
    editor, reporter, viewer = (start(user_with_role(role, role)) for role in ("editor", "reporter", "viewer"))
    assert "Open disputes" in section(editor, "waiting")
    assert "Tagged denied" in section(editor, "waiting")
    assert section(reporter, "waiting").startswith(
        "Waiting for a reporter Desk checks error 3 statements : The article's text changed, and this passage is no "
        "longer in it."
    )
    assert "Tagged denied" not in reporter
    assert section(viewer, "waiting") is section(viewer, "mine") is None
    assert "Bring in an article" not in viewer
    assert "Bring in an article" in reporter


def test_totals_are_counted_up_to_a_bound(alice, article, three, monkeypatch):
    services.create_article(actor=alice, title="Another", text="")
    words = section(start(alice), "totals")
    assert "0 published , 2 draft and 0 withdrawn articles 0 asserted , 0 denied and 3 unverified statements" in words
    monkeypatch.setattr(totals, "MAX_COUNTED", 2)
    assert {name: number for name, number in totals.totals().items() if number} == {"draft": 2, "unverified": 3}
    monkeypatch.setattr("factcheck.desk.pages.start.MAX_COUNTED", 2)
    assert "over 2 unverified statements" in section(start(alice), "totals")


@pytest.mark.django_db(transaction=True)
def test_proposals_are_told_by_their_tag_and_once_for_many_statements(alice, article, three):
    reporter = user_with_role("rita", "reporter")
    for statement, proposed in zip(three, ("denied", "denied", "asserted"), strict=True):
        services.propose_tag(
            statement_id=statement.pk, versions=None, actor=reporter, tag=proposed, reason="She says so."
        )
    services.create_note(actor=reporter, article=article, text="Ask again.")
    page = start(alice)
    words = section(page, "news")
    assert f"rita proposed + asserted for statement {three[2].pk} in A report" in words
    assert f'<a href="/api/v1/statements/{three[2].pk}/">statement {three[2].pk}</a>' in page
    assert "rita proposed − denied for 2 statements in A report" in words
    assert "rita wrote note" in words


def test_one_of_a_kind_is_counted_as_one(alice, article, three):
    services.create_note(actor=alice, article=article, text="Ask again.")
    words = section(start(alice), "totals")
    assert "0 open disputes, 1 open note Follow" in re.sub(r"\s+,", ",", words)
