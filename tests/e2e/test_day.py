"""A day's acts by keyboard alone, and on a phone: bring in, mark, tag, accept, dismiss, dispute, resolve, publish."""

import re

import pytest
from playwright.sync_api import expect

from claims.models import Article, DismissedSuggestion, Dispute, Statement
from sources.services import create_source
from tests.e2e.conftest import PASSWORD
from tests.e2e.judging import AXE

TEXT = """The bridge

Mayor Jane Doe said that the bridge would open in May. Nobody else was asked.

John Roe, a spokesman, denied that the bridge was closed for lorries.

The weather was fine, and the tunnel is safe.
"""
PASSAGE = "the tunnel is safe"
# Whether what has the focus shows it, is in sight, and lies under nothing else.
SEEN = """() => {
  const one = document.activeElement;
  if (one === document.body) return "nothing has the focus";
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
  const name = one.outerHTML.slice(0, 120);
  const { left, top, width, height } = one.getClientRects()[0];
  // Some of it must be seen (WCAG 2.4.11): near its top, in the middle or near its bottom.
  const inset = Math.min(height, 20) / 2;
  const places = [Math.max(top, 0) + inset, top + height / 2, top + height - inset];
  const hits = places.map((y) => document.elementFromPoint(left + width / 2, y)).filter(Boolean);
  if (!(outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) && boxShadow === "none") return `no ring: ${name}`;
  if (!hits.length) return `out of sight: ${name}`;
  const isSeen = hits.some((hit) => one.contains(hit) || hit.contains(one));
  return isSeen ? "" : `under ${hits[0].outerHTML.slice(0, 80)}: ${name}`;
}"""


@pytest.fixture
def minister(newsroom):
    return create_source(actor=newsroom["alice"], name="The minister", kind="person")


def assert_seen(page):
    """As soon as what was open before has closed."""
    for _ in range(100):
        if not (fault := page.evaluate(SEEN)):
            return
        page.wait_for_timeout(50)
    raise AssertionError(fault)


class Keyboard:
    """Nothing but keys. Each Tab goes on to another element, which shows that it has the focus."""

    def __init__(self, desk):
        self.page = desk.page

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, words):
        self.page.keyboard.type(words)

    def tab_to(self, place, key="Tab"):
        for _ in range(120):
            before = self.page.evaluate_handle("document.activeElement")
            self.page.keyboard.press(key)
            assert self.page.evaluate("before => document.activeElement !== before", before), "the focus is trapped"
            assert_seen(self.page)
            if place.count() and place.first.evaluate("one => one === document.activeElement"):
                return
        raise AssertionError(f"Tab does not come to {place}")

    def choose(self, typed, option):
        self.type(typed)
        self.page.locator(".options [aria-selected=true]", has_text=option).wait_for()
        self.press("Enter")


def said(page, words):
    page.get_by_role("status").filter(has_text=words).wait_for()


def test_a_day_by_keyboard_alone(open_desk, minister):
    desk = open_desk()
    page, keys = desk.page, Keyboard(desk)
    role, label = page.get_by_role, page.get_by_label
    desk.open("/login/")
    keys.type("alice")
    keys.tab_to(label("Password"))
    keys.type(PASSWORD)
    keys.press("Enter")
    page.wait_for_url(desk.server + "/")

    keys.tab_to(role("link", name="Skip to the content"))
    keys.press("Enter")
    expect(page.locator("main")).to_be_focused()
    keys.tab_to(role("link", name="Bring in an article"))
    keys.press("Enter")
    expect(label("Title")).to_be_focused()
    keys.type("One bridge")
    keys.tab_to(role("textbox", name="Text", exact=True))
    page.keyboard.insert_text(TEXT)
    keys.tab_to(role("button", name="Create the draft"))
    keys.press("Enter")
    role("heading", name="One bridge").wait_for()

    keys.tab_to(page.locator("#mark-form > summary"))
    keys.press("Enter")
    keys.tab_to(label("The passage, word for word"))
    keys.type(PASSAGE)
    keys.tab_to(role("combobox", name="Who is said to have said it"))
    keys.choose("minis", "The minister")
    keys.tab_to(role("button", name="Record the statement"))
    keys.press("Enter")
    said(page, "is recorded.")
    statement = Statement.objects.get()
    card = page.locator(f"#statement-{statement.pk}")
    expect(card).to_be_focused()
    assert_seen(page)

    keys.press("d")
    expect(card.get_by_label("Reason")).to_be_focused()
    keys.type("Nobody has measured it.")
    keys.press("Enter")
    said(page, "is tagged denied.")
    expect(card).to_be_focused()

    keys.press("s")
    suggestion = page.locator(".suggestion:focus")
    suggestion.filter(has_text="open in May").wait_for()
    keys.press("y")
    page.locator("#suggested .done").filter(has_text="Recorded").wait_for()
    suggestion.filter(has_text="closed for lorries").wait_for()
    assert_seen(page)
    keys.press("n")
    page.locator("#suggested .done").filter(has_text="Dismissed").wait_for()
    assert (Statement.objects.count(), DismissedSuggestion.objects.count()) == (2, 1)

    keys.tab_to(card.get_by_role("link", name="Dispute it"))
    keys.press("Enter")
    raised_by = card.get_by_role("combobox", name="Raised by")
    expect(raised_by).to_be_focused()
    keys.choose("jane", "Jane Doe")
    keys.tab_to(card.get_by_role("button", name="Open the dispute"))
    keys.press("Enter")
    said(page, "is open.")
    expect(card).to_be_focused()

    keys.tab_to(card.locator(".disputes").get_by_role("link", name="Denial"))
    keys.press("Enter")
    role("heading", name="Denial by Jane Doe").wait_for()
    keys.tab_to(label("Reason"))
    keys.type("She speaks for the city.")
    keys.tab_to(label("Tag of the statement"))
    keys.press("u")
    keys.tab_to(role("button", name="rejected"))
    keys.press("Enter")
    role("button", name="Reopen").wait_for()
    statement.refresh_from_db()
    assert (statement.tag, Dispute.objects.get().state) == ("unverified", "rejected")

    keys.tab_to(page.locator(".crumbs").get_by_role("link", name="One bridge"), "Shift+Tab")  # after the outcome
    keys.press("Enter")
    page.wait_for_url(re.compile("/articles/"))
    keys.tab_to(label("Reason to publish"), "Shift+Tab")  # the link leads to the mark in the text
    keys.type("Read by two.")
    keys.press("Enter")
    role("button", name="Withdraw").wait_for()
    assert_seen(page)
    assert Article.objects.get().status == "published"


def test_a_day_on_a_phone(open_desk, minister, axe):
    desk = open_desk(viewport={"width": 375, "height": 720}, has_touch=True, is_mobile=True, device_scale_factor=2)
    desk.log_in("alice")
    page = desk.page
    role, label = page.get_by_role, page.get_by_label

    def fits():
        page.evaluate(axe)
        assert page.evaluate(AXE) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 375

    role("link", name="Bring in an article").tap()
    label("Title").fill("One bridge")
    role("textbox", name="Text", exact=True).fill(TEXT)
    fits()
    role("button", name="Create the draft").tap()
    role("heading", name="One bridge").wait_for()

    desk.select(PASSAGE)
    form = page.locator("#mark-form")
    form.get_by_role("combobox", name="Who is said to have said it").fill("minis")
    page.locator(".options li", has_text="The minister").tap()
    fits()
    form.get_by_role("button", name="Record the statement").tap()
    said(page, "is recorded.")
    statement = Statement.objects.get()
    page.locator(f"#mark-{statement.pk} > a").tap()
    card = page.locator(f"#statement-{statement.pk}")
    card.get_by_role("link", name="Back to the text").wait_for()
    card.get_by_label("Reason").fill("Nobody has measured it.")
    fits()
    card.get_by_role("button", name="denied", exact=True).tap()
    said(page, "is tagged denied.")
    card.get_by_role("link", name="Dispute it").tap()
    card.get_by_role("combobox", name="Raised by").fill("minis")
    page.locator(".options li", has_text="The minister").tap()
    fits()
    card.get_by_role("button", name="Open the dispute").tap()
    said(page, "is open.")
    card.get_by_role("link", name="Back to the text").tap()

    suggestion = page.locator(".suggestion")
    if not suggestion.first.is_visible():
        page.locator("#suggested > summary").tap()
    fits()
    suggestion.filter(has_text="open in May").get_by_role("button", name="Accept").tap()
    page.locator("#suggested .done").filter(has_text="Recorded").wait_for()
    suggestion.filter(has_text="closed for lorries").get_by_role("button", name="Dismiss").tap()
    page.locator("#suggested .done").filter(has_text="Dismissed").wait_for()
    assert (Statement.objects.count(), DismissedSuggestion.objects.count()) == (2, 1)

    card.locator(".disputes").get_by_role("link", name="Denial").tap()
    label("Reason").fill("He speaks for the city.")
    label("Tag of the statement").select_option("unverified")
    fits()
    role("button", name="rejected").tap()
    role("button", name="Reopen").wait_for()
    page.locator(".crumbs").get_by_role("link", name="One bridge").tap()
    label("Reason to publish").fill("Read by two.")
    role("button", name="Publish").tap()
    role("button", name="Withdraw").wait_for()
    statement.refresh_from_db()
    assert (statement.tag, Dispute.objects.get().state, Article.objects.get().status) == (
        "unverified", "rejected", "published",
    )  # fmt: skip
