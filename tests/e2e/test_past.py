"""What was: a time leads there, a day and a time too, and the last act is undone; by mouse, keyboard and touch."""

import re

import pytest
from playwright.sync_api import expect

from claims import services
from claims.models import Article, Statement
from factcheck.journal.models import Entry
from sources.services import create_source
from tests.e2e.test_pages import WINDOWS

TEXT = "The minister said no. She left at nine. The mayor said nothing at all. "


@pytest.fixture
def article(newsroom):
    alice = newsroom["alice"]
    minister = create_source(actor=alice, name="The minister", kind="person")
    article = services.create_article(actor=alice, title="Talks", text=TEXT * 4)
    made = services.create_statements(
        rows=[
            {"article": article, "source": minister, "start": 0, "end": 21},
            {"article": article, "source": minister, "start": 40, "end": 70},
        ],
        actor=alice,
    )
    services.tag_statement(statement_id=made[0].pk, versions=None, actor=alice, tag="denied", reason="By name.")
    services.open_dispute(actor=alice, statement=made[0], raised_by=minister, kind="denial")
    services.update_article(
        article_id=article.pk,
        versions=None,
        actor=alice,
        text=article.text.replace("nine", "ten sharp"),
        reason="Slip.",
    )
    return article


@WINDOWS
@pytest.mark.parametrize("scripted", [True, False])
def test_a_time_leads_to_what_was_then_and_another_time_is_typed(open_desk, newsroom, article, options, scripted):
    desk = open_desk(java_script_enabled=scripted, **options).log_in("alice")
    page = desk.page
    statement = Statement.objects.order_by("start").first()
    erin = newsroom["erin"]
    services.tag_statement(statement_id=statement.pk, versions=None, actor=erin, tag="asserted", reason="Shown later.")
    desk.open(f"/api/v1/statements/{statement.pk}/")
    earlier = page.locator(".diary .line", has_text="tagged").filter(has_text="denied").last
    earlier.locator("a.then").click()
    page.get_by_role("note").get_by_text("This is the page as of").wait_for()
    assert page.locator("main > h1").inner_text().endswith("denied")
    created = Entry.objects.get(action="statement.created", resource_id=statement.pk).at
    page.get_by_label("Day and time, in UTC").fill(f"{created:%Y-%m-%dT%H:%M:%S}")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile("as_of="))
    page.go_back()
    page.get_by_role("link", name="See it as it is now").click()
    page.wait_for_url(re.compile(r"/\d+/$"))
    assert page.locator("main > h1").inner_text().endswith("asserted")


@WINDOWS
def test_the_last_act_is_undone_by_keyboard_from_the_diary(open_desk, article, options):
    desk = open_desk(**options).log_in("erin")
    page = desk.page
    desk.open("/api/v1/journal/")
    correction = page.locator(".diary > .line", has_text="updated").first
    expect(correction.get_by_text("statements re-anchored")).to_be_visible()
    expect(correction.locator(".folded .line").first).to_be_hidden()
    correction.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(correction.locator(".folded .line").first).to_be_visible()
    correction.get_by_role("link", name="Undo entry").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Undo this").wait_for()
    page.get_by_label("Reason").fill("It was right before.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/api/v1/journal/#entry-\d+$"))
    assert Article.objects.get().text == TEXT * 4
    desk.open(f"/api/v1/articles/{article.pk}/revisions/")
    newest = page.locator("#revision-3")
    assert newest.locator("del").first.inner_text().startswith("ten sharp")
    assert newest.locator("ins").first.inner_text() == "nine"
    expect(newest.get_by_text("erin")).to_be_visible()


def test_the_diary_is_narrowed_by_day_and_act(open_desk, article):
    desk = open_desk().log_in("vera")
    page = desk.page
    desk.open("/api/v1/journal/")
    page.locator("select[name=act]").select_option("dispute.opened")
    page.get_by_label("Day (UTC)").fill(f"{Entry.objects.latest('id').at:%Y-%m-%d}")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile("act=dispute.opened"))
    expect(page.locator(".diary > .line")).to_have_count(1)
    expect(page.get_by_role("link", name="Undo")).to_have_count(0)


def test_on_paper_each_time_is_exact_with_its_zone(open_desk, article):
    desk = open_desk().log_in("vera")
    desk.open(f"/api/v1/statements/{Statement.objects.order_by('start').first().pk}/")
    desk.page.emulate_media(media="print")
    exact = desk.page.eval_on_selector_all(
        "time", "all => all.map((one) => getComputedStyle(one, '::after').content + getComputedStyle(one).fontSize)"
    )
    assert exact != []
    assert all(re.fullmatch(r'"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"0px', one) for one in exact)
    expect(desk.page.get_by_text("As it stood at another time")).to_be_hidden()
