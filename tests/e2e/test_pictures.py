"""The pictures of who said it, through whom, and who denies it: by keyboard, on a phone, on paper."""

import re

import pytest
from playwright.sync_api import expect

from claims import services
from sources.services import create_source


@pytest.fixture
def article(newsroom):
    alice = newsroom["alice"]
    article = services.create_article(actor=alice, title="A call", text="It was heated. It was calm.")
    official = create_source(actor=alice, name="unnamed official", kind="person", anonymous=True)
    minister, cnn = (create_source(actor=alice, name=name, kind="person") for name in ("The minister", "CNN"))
    first = services.create_statement(
        article=article, actor=alice, source=minister, via=[official, cnn], start=0, end=14
    )
    second = services.create_statement(article=article, actor=alice, source=minister, start=15, end=27)
    services.open_dispute(
        actor=alice, statement=first, raised_by=minister, counter_statement=second, kind="clarification"
    )
    return article


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}])
def test_a_picture_is_reached_from_the_article_and_leads_back_to_a_card_by_keyboard(open_desk, article, options):
    desk = open_desk(**options).log_in("vera")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/")
    page.get_by_role("link", name="Picture", exact=True).click()
    page.get_by_role("heading", name="Who said it, through whom, and who denies it").wait_for()
    names = []
    page.get_by_role("region", name="Picture").focus()
    while not names or not names[-1].startswith("Clarification"):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        names.append(focused.get_attribute("aria-label") or focused.locator("title").text_content())
    assert [name.partition(":")[0] for name in names] == [
        "The minister", "unnamed official, anonymous", "CNN", "No publisher",
        "Passage 1, unverified", "Passage 2, unverified",
        "Clarification of passage 1 by The minister, in passage 2",
    ]  # fmt: skip
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("#statement-"))
    expect(page.locator(".card:target")).to_be_visible()


@pytest.mark.parametrize("size", [(1280, 900), (375, 800), (320, 640)])
def test_on_a_phone_the_picture_scrolls_and_not_the_page(open_desk, article, size):
    desk = open_desk(viewport={"width": size[0], "height": size[1]}).log_in("vera")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/?picture=1")
    page.get_by_text("The same as a table").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    shown = page.eval_on_selector(".picture", "box => [box.clientWidth, box.scrollWidth]")
    assert (shown[1] > shown[0]) is (size[0] < 900)
    expect(page.get_by_text("The picture goes on: scroll it sideways.")).to_be_visible(visible=size[0] < 900)


def test_on_paper_the_picture_is_whole_and_in_black(open_desk, article):
    desk = open_desk(color_scheme="dark").log_in("vera")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/?print=1")
    page.emulate_media(media="print")
    expect(page.locator(".picture svg")).to_be_visible()
    ways = "found => found.map((one) => getComputedStyle(one).stroke)"
    assert set(page.eval_on_selector_all(".picture .way", ways)) == {"rgb(0, 0, 0)"}
    desk.open(f"/api/v1/articles/{article.pk}/?picture=1")
    page.emulate_media(media="print")
    expect(page.get_by_text("The same as a table")).to_be_hidden()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
