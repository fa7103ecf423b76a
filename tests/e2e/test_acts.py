"""What the acts of a day take, and that it is no more than it may be. With -s the table is printed."""

import sys
from time import perf_counter

import pytest
from playwright.sync_api import expect

from claims import services
from claims.models import Article, Statement
from sources.models import Source
from sources.services import create_source
from tests.e2e.hand import Hand

TEXT = "".join(f"Paragraph {n}: the minister said that number {n} is right.\n\n" for n in range(12))
# Clicks and loads of the first desk, which reloaded the page after each act. None is what was not counted then.
# Each act takes at most half of the loads now, and no more clicks.
BEFORE = {
    "new article": (9, 3), "mark, with a new speaker and a chain of two": (7, 1), "eight marks and tags": (None, 16),
    "tag by keyboard": (0, 1), "resolve with a new tag": (4, None), "publish": (3, 3),
}  # fmt: skip


@pytest.fixture
def article(newsroom):
    for name in ("The minister", "The Courier", "A press office"):
        create_source(actor=newsroom["alice"], name=name, kind="organization")
    return services.create_article(actor=newsroom["alice"], title="A long day", text=TEXT)


@pytest.fixture
def statement(newsroom, article):
    at = TEXT.index("number 10 is right")
    source = Source.objects.get(name="The minister")
    row = services.create_statement(article=article, actor=newsroom["alice"], source=source, start=at, end=at + 9)
    services.open_dispute(actor=newsroom["alice"], statement=row, raised_by=source, kind="denial")
    return row


@pytest.fixture
def begin(open_desk):
    """An editor at an address, who has done nothing there yet."""

    def at(address):
        desk = open_desk().log_in("alice")
        desk.open(address)
        return Hand(desk)

    return at


def new_article(begin, article, statement):
    hand = begin("/")
    hand.click(hand.page.get_by_role("link", name="Bring in an article"))
    expect(hand.page.get_by_label("Title")).to_be_focused()
    hand.type("The bridge")
    hand.press("Tab")
    hand.paste(TEXT)
    hand.click(hand.page.get_by_role("button", name="Create the draft"))
    hand.page.get_by_role("heading", name="The bridge").wait_for()
    assert Article.objects.latest("id").text == TEXT
    return hand


def choose(hand, typed, option):
    """By its name, as soon as the chooser offers it for what is typed."""
    hand.type(typed)
    hand.page.locator(".options [aria-selected=true]", has_text=option).wait_for()
    hand.press("Enter")


def mark(begin, article, statement):
    hand = begin(f"/api/v1/articles/{article.pk}/")
    hand.select("number 2 is right")
    hand.click(hand.page.get_by_role("combobox", name="Who is said to have said it"))
    choose(hand, "Jane Doe", "New source")
    hand.press("Tab", "p", "Enter")
    hand.page.get_by_role("button", name="Remove Jane Doe").wait_for()
    hand.click(hand.page.get_by_role("combobox", name="Through whom"))
    choose(hand, "press", "A press office")
    choose(hand, "cour", "The Courier")
    hand.click(hand.page.get_by_role("button", name="Record the statement"))
    hand.said("is recorded.")
    made = Statement.objects.latest("id")
    assert (made.text, made.source.name) == ("number 2 is right", "Jane Doe")
    assert [one.name for one in made.via] == ["A press office", "The Courier"]
    return hand


def eight_marks(begin, article, statement):
    hand = begin(f"/api/v1/articles/{article.pk}/")
    form = hand.page.locator("#mark-form")
    for n in range(1, 9):
        hand.select(f"number {n} is right")
        hand.click(form.get_by_role("combobox", name="Who is said to have said it"))
        choose(hand, "minis", "The minister")
        hand.click(form.get_by_role("combobox", name="Tag", exact=True))
        hand.press("d", "Enter", "Tab")
        hand.type("By name.")
        hand.click(form.get_by_role("button", name="Record the statement"))
        hand.said(f"Passage {n} is recorded and tagged denied.")
    assert Statement.objects.filter(tag="denied", tag_reason="By name.").count() == 8
    return hand


def tag_by_keyboard(begin, article, statement):
    hand = begin(f"/api/v1/articles/{article.pk}/")
    hand.press("n", "d")
    hand.type("By name.")
    hand.press("Enter")
    hand.said("is tagged denied.")
    statement.refresh_from_db()
    assert statement.tag == "denied"
    return hand


def resolve(begin, article, statement):
    hand = begin(f"/api/v1/articles/{article.pk}/")
    hand.click(hand.page.locator(".card .disputes").get_by_role("link", name="Denial"))
    hand.click(hand.page.get_by_label("Reason"))
    hand.type("By name.")
    hand.press("Tab", "d")
    hand.click(hand.page.get_by_role("button", name="upheld"))
    hand.page.get_by_role("button", name="Reopen").wait_for()
    statement.refresh_from_db()
    assert (statement.tag, statement.disputes.get().state) == ("denied", "upheld")
    return hand


def publish(begin, article, statement):
    hand = begin("/")
    hand.click(hand.page.get_by_role("link", name="A long day").first)
    hand.click(hand.page.get_by_label("Reason to publish"))
    hand.type("Read by two.")
    hand.click(hand.page.get_by_role("button", name="Publish"))
    hand.page.get_by_role("button", name="Withdraw").wait_for()
    article.refresh_from_db()
    assert article.status == "published"
    return hand


ACTS = dict(zip(BEFORE, (new_article, mark, eight_marks, tag_by_keyboard, resolve, publish), strict=True))


@pytest.mark.parametrize("act", ACTS)
def test_an_act_takes_at_most_half_of_the_loads_and_no_more_clicks(begin, article, statement, act):
    started = perf_counter()
    hand = ACTS[act](begin, article, statement)
    seconds = perf_counter() - started
    sys.stdout.write(f"\n| {act} | {hand.clicks} clicks | {hand.keys} keys | {hand.loads} loads | {seconds:.1f} s |")
    hand.page.wait_for_load_state("networkidle")  # the suggestions of a new article
    clicks, loads = BEFORE[act]
    assert clicks is None or hand.clicks <= clicks
    assert loads is None or hand.loads <= loads / 2
