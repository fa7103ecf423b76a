"""An act on an article's page changes what it is about, and moves nothing else."""

import pytest
from playwright.sync_api import expect

from claims import services
from claims.models import Evidence, Note, Statement
from sources.services import create_source
from tests.e2e.conftest import SELECT

WINDOWS = pytest.mark.parametrize("width", [1280, 390])
TEXT = "".join(f"Paragraph {n}: the minister said that number {n} is right.\n\n" for n in range(40))
# Where on the screen the text and the cards are, down to one of them. What is below it may grow.
PLACES = """(id) => [...document.querySelectorAll("#text, [data-card]")]
  .map((element) => [element.id, element.getBoundingClientRect()])
  .filter(([name, place]) => place.bottom > 0 && place.top < window.innerHeight)
  .filter(([name, { top }], n, all) => top <= (all.find(([one]) => one === id)?.[1].top ?? Infinity))
  .map(([name, { top }]) => [name, Math.round(top)])"""


def mark(alice, article, count, first=0):
    starts = [TEXT.index(f"number {n} is") for n in range(first, first + count)]
    rows = [{"article": article, "quote_type": "narration", "start": at, "end": at + 9} for at in starts]
    return services.create_statements(rows=rows, actor=alice)


@pytest.fixture
def article(newsroom):
    create_source(actor=newsroom["alice"], name="The minister", kind="person")
    return services.create_article(actor=newsroom["alice"], title="Long", text=TEXT)


@pytest.fixture
def statements(newsroom, article):
    return mark(newsroom["alice"], article, 20)


def at_the_card(desk, article, statement):
    """The page, with the statement's card and, on a wide screen, its mark in the middle."""
    desk.open(f"/api/v1/articles/{article.pk}/")
    desk.page.evaluate("window.stayed = true")
    return scrolled_to(desk, statement)


def scrolled_to(desk, statement):
    card = desk.page.locator(f"#statement-{statement.pk}")
    desk.page.locator(f"#mark-{statement.pk}").evaluate("mark => mark.scrollIntoView({ block: 'center' })")
    card.evaluate("""card => {
      const margin = card.closest(".margin");
      if (getComputedStyle(margin).overflowY === "auto") margin.scrollTop += card.getBoundingClientRect().top - 300;
      else card.scrollIntoView({ block: "center" });
    }""")
    return card


def said(desk, words):
    desk.page.get_by_role("status").filter(has_text=words).wait_for()


def places(desk, statement):
    return desk.page.evaluate(PLACES, f"statement-{statement.pk}")


def nothing_moved(desk, statement, before):
    """To the pixel. Half a pixel is rounded either way."""
    now = places(desk, statement)
    assert [name for name, _ in now] == [name for name, _ in before]
    assert max(abs(top - was) for (_, top), (_, was) in zip(now, before, strict=True)) <= 1, (before, now)


def focused(desk):
    return desk.page.evaluate("document.activeElement.id")


@WINDOWS
def test_a_tag_moves_nothing_and_leaves_what_is_typed_elsewhere(open_desk, article, statements, width):
    desk = open_desk(viewport={"width": width, "height": 800}).log_in("alice")
    page, statement, other = desk.page, statements[12], statements[11]
    at_the_card(desk, article, statement)
    page.locator(f"#reason-{other.pk}").fill("Not yet sent.")
    card = scrolled_to(desk, statement)
    card.get_by_label("Reason").fill("The ministry denies it.")
    before = places(desk, statement)
    card.get_by_role("button", name="denied").click()
    said(desk, "Passage 13 is tagged denied.")
    nothing_moved(desk, statement, before)
    assert page.evaluate("window.stayed")
    assert focused(desk) == f"statement-{statement.pk}"
    assert page.locator(f"#mark-{statement.pk}").get_attribute("data-tag") == "denied"
    assert card.locator(".why").inner_text().startswith("The ministry denies it.")
    assert card.get_by_label("Reason").input_value() == ""
    assert page.locator(f"#reason-{other.pk}").input_value() == "Not yet sent."
    assert page.locator("#state .counts").inner_text().split("\n")[:3] == [
        "+ 0 asserted",
        "− 1 denied",
        "? 19 unverified",
    ]


@WINDOWS
def test_a_mark_puts_its_card_among_the_others_and_moves_nothing(open_desk, article, statements, width):
    desk = open_desk(viewport={"width": width, "height": 800}).log_in("alice")
    page = desk.page
    last = statements[-1]
    at_the_card(desk, article, last)
    page.locator(f"#mark-{last.pk}").evaluate("mark => mark.scrollIntoView({ block: 'center' })")
    before = places(desk, last)
    desk.select("number 20 is")
    if width > 960:  # on a phone what is selected goes above the form
        nothing_moved(desk, last, before)
    desk.choose("Who is said to have said it", "mini", "The minister")
    record = page.get_by_role("button", name="Record the statement")
    record.scroll_into_view_if_needed()
    before = places(desk, last)
    record.click()
    said(desk, "Passage 21 is recorded.")
    nothing_moved(desk, last, before)
    new = Statement.objects.latest("id")
    assert focused(desk) == f"statement-{new.pk}"
    assert page.locator("[data-card]").last.get_attribute("id") == f"statement-{new.pk}"
    assert page.locator(f"#mark-{new.pk}").inner_text() == "number 20 is"
    assert page.locator("#mark-form").get_attribute("open") is None
    assert page.locator("#mark-form [name=text]").input_value() == ""
    assert page.evaluate("window.stayed")


def test_a_mark_before_others_gives_them_new_numbers(open_desk, newsroom, article):
    first, second = mark(newsroom["alice"], article, 2, first=3)
    desk = open_desk().log_in("alice")
    desk.open(f"/api/v1/articles/{article.pk}/")
    page = desk.page
    page.locator(f"#reason-{second.pk}").fill("Not yet sent.")
    desk.select("number 1 is")
    page.get_by_label("How it is quoted").or_(page.locator("[name=quote_type]")).first.select_option("narration")
    page.get_by_role("button", name="Record the statement").click()
    said(desk, "Passage 1 is recorded.")
    new = Statement.objects.latest("id")
    assert page.locator(".card .number").all_inner_texts() == ["Passage 1", "Passage 2", "Passage 3"]
    cards = [f"statement-{row.pk}" for row in (new, first, second)]
    assert page.eval_on_selector_all(".card", "cards => cards.map(card => card.id)") == cards
    assert page.locator(f"#reason-{second.pk}").input_value() == "Not yet sent."


@WINDOWS
def test_a_refused_passage_comes_back_in_place_with_what_was_typed(open_desk, article, statements, width):
    desk = open_desk(viewport={"width": width, "height": 800}).log_in("alice")
    at_the_card(desk, article, statements[9])
    page = desk.page
    page.locator(f"#mark-{statements[9].pk}").evaluate("mark => mark.scrollIntoView({ block: 'center' })")
    desk.select("number 8 is")
    before = places(desk, statements[9])
    page.get_by_label("The passage, word for word").fill("Nobody said this")
    page.get_by_role("combobox", name="Who is said to have said it").fill("Ministr")
    page.get_by_role("button", name="Record the statement").click()
    page.locator("#mark-form .error").first.wait_for()
    expect(page.locator("#mark-form .error").first).to_be_visible()
    nothing_moved(desk, statements[9], before)
    assert page.evaluate("window.stayed")
    assert page.get_by_label("The passage, word for word").input_value() == "Nobody said this"
    assert page.get_by_role("combobox", name="Who is said to have said it").input_value() == "Ministr"
    assert page.evaluate("document.getElementById('mark-form').contains(document.activeElement)")


def test_each_act_of_a_card_is_done_in_the_card(open_desk, article, statements):
    desk = open_desk().log_in("alice")
    page, statement = desk.page, statements[12]
    card = at_the_card(desk, article, statement)
    card.get_by_label("Reason").fill("Typed before.")

    def act(link, button, message):
        card.get_by_role("link", name=link, exact=True).click()
        card.locator(".place form").wait_for()
        assert card.locator(".place").evaluate("place => place.contains(document.activeElement)")
        fill[link]()
        before = places(desk, statement)
        card.locator(".place").get_by_role("button", name=button, exact=True).click()
        said(desk, message)
        nothing_moved(desk, statement, before)
        assert focused(desk) == f"statement-{statement.pk}"
        expect(card.locator(".place form")).to_have_count(0)
        assert card.locator(f"#reason-{statement.pk}").input_value() == "Typed before."

    place = card.locator(".place")
    fill = {
        "Add evidence": lambda: place.get_by_label("Address").fill("https://example.org/1"),
        "Note": lambda: place.get_by_label("Text").fill("Ask the ministry."),
        "Dispute it": lambda: desk.choose("Raised by", "mini", "The minister"),
        "Correct it": lambda: place.locator("[name=paraphrase]").fill("It is right."),
    }
    act("Add evidence", "Add evidence", "The evidence on passage 13 is recorded.")
    expect(card.get_by_text("1 piece of evidence")).to_be_visible()
    act("Note", "Add the note", "The note is added.")
    assert page.locator("#notes-list").inner_text().startswith("Ask the ministry.")
    act("Dispute it", "Open the dispute", "The dispute of passage 13 is open.")
    assert card.locator(".disputes").inner_text() == "Denial by The minister, open"
    act("Correct it", "Save", "Passage 13 is changed.")
    assert card.locator(".paraphrase").inner_text() == "It is right."
    assert page.locator("#state .counts").inner_text().split("\n")[3:] == ["1 open dispute", "1 open note"]
    card.get_by_role("link", name="Delete").click()
    place.get_by_label("Reason").fill("It says nothing.")
    card.locator(".place").get_by_role("button", name="Delete").click()
    said(desk, "The statement is deleted.")
    expect(card).to_have_count(0)
    assert focused(desk) == f"statement-{statements[13].pk}"
    assert page.locator(f"#number-{statements[13].pk}").inner_text() == "Passage 13"
    assert page.evaluate("window.stayed")
    assert (Evidence.objects.count(), Note.objects.count(), Statement.objects.count()) == (0, 0, 19)


def test_a_conflict_comes_into_the_card_and_what_was_typed_is_applied_from_there(
    open_desk, newsroom, article, statements
):
    desk = open_desk().log_in("alice")
    page, statement = desk.page, statements[2]
    card = at_the_card(desk, article, statement)
    services.tag_statement(
        statement_id=statement.pk, versions=None, actor=newsroom["erin"], tag="asserted", reason="He says so."
    )
    mine = page.locator(f"#statement-{statements[3].pk}")
    mine.get_by_label("Reason").fill("Nobody stands behind it.")
    mine.get_by_role("button", name="unverified").click()
    said(desk, "Passage 4 is tagged unverified.")
    assert page.locator("#state .counts").inner_text().startswith("+ 1 asserted")
    assert card.locator(".why").inner_text().startswith("He says so.")  # nobody typed in it, so it was brought along

    services.tag_statement(
        statement_id=statement.pk, versions=None, actor=newsroom["erin"], tag="unverified", reason="He does not."
    )
    card.get_by_label("Reason").fill("The ministry denies it.")
    card.get_by_role("button", name="denied").click()
    card.get_by_text("This has changed since you opened it").wait_for()
    expect(card.get_by_text("He does not.")).to_be_visible()
    assert card.get_by_label("Reason").input_value() == "The ministry denies it."
    card.get_by_role("button", name="Apply my tag: denied").click()
    said(desk, "Passage 3 is tagged denied.")
    expect(card.get_by_text("This has changed since you opened it")).to_have_count(0)
    assert page.evaluate("window.stayed")


@pytest.fixture
def many(newsroom, article):
    """In two parts: 30 cards, and 10 more."""
    return mark(newsroom["alice"], article, 40)


@WINDOWS
def test_a_mark_opens_its_card_in_whichever_part_it_is(open_desk, article, many, width):
    desk = open_desk(viewport={"width": width, "height": 800}).log_in("vera")
    desk.open(f"/api/v1/articles/{article.pk}/")
    page = desk.page
    page.evaluate("window.stayed = true")
    for statement, numbers in ((many[35], range(31, 41)), (many[4], range(1, 31))):
        card = page.locator(f"#statement-{statement.pk}")
        page.locator(f"#mark-{statement.pk} > a").click()
        card.wait_for()
        assert focused(desk) == f"statement-{statement.pk}"
        box = card.bounding_box()
        assert 0 <= box["y"] <= 800 - box["height"]
        assert page.locator(".card .number").all_inner_texts() == [f"Passage {number}" for number in numbers]
        if width < 960:
            card.get_by_role("link", name="Back to the text").click()
    assert page.evaluate("window.stayed")


def test_a_click_on_a_mark_scrolls_the_cards_and_leaves_the_text_where_it_is(open_desk, article, many):
    desk = open_desk(viewport={"width": 1280, "height": 800}).log_in("alice")
    desk.open(f"/api/v1/articles/{article.pk}/")
    for statement in many[1:4]:
        before = desk.page.evaluate("scrollY")
        desk.page.locator(f"#mark-{statement.pk} > a").click()
        expect(desk.page.locator(f"#statement-{statement.pk}.current")).to_be_in_viewport()
        assert desk.page.evaluate("scrollY") == before


def test_a_keyboard_alone_opens_a_card_of_another_part_tags_it_and_goes_on(open_desk, article, many):
    desk = open_desk().log_in("alice")
    desk.open(f"/api/v1/articles/{article.pk}/")
    page = desk.page
    page.locator(f"#mark-{many[33].pk} > a").focus()
    page.keyboard.press("Enter")
    page.locator(f"#statement-{many[33].pk}.current").wait_for()
    for key in ("d", *"No.", "Enter"):
        page.keyboard.press(key)
    said(desk, "Passage 34 is tagged denied.")
    assert focused(desk) == f"statement-{many[33].pk}"
    for key in ("j", "a", *"Yes.", "Enter"):
        page.keyboard.press(key)
    said(desk, "Passage 35 is tagged asserted.")
    assert page.locator("#state .counts").inner_text().split("\n")[:2] == ["+ 1 asserted", "− 1 denied"]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == f"number-{many[34].pk}"


def test_on_a_phone_the_card_over_the_text_stays_open_after_its_act(open_desk, article, statements):
    desk = open_desk(viewport={"width": 390, "height": 800}, has_touch=True).log_in("alice")
    desk.open(f"/api/v1/articles/{article.pk}/")
    page, statement = desk.page, statements[9]
    page.locator(f"#mark-{statement.pk} > a").tap()
    card = page.locator(f"#statement-{statement.pk}")
    card.get_by_role("link", name="Back to the text").wait_for()
    card.get_by_label("Reason").fill("He says so.")
    before = page.locator("#text").bounding_box()["y"]
    card.get_by_role("button", name="asserted").tap()
    said(desk, "Passage 10 is tagged asserted.")
    expect(card.get_by_role("link", name="Back to the text")).to_be_visible()
    assert abs(page.locator("#text").bounding_box()["y"] - before) <= 1


def test_two_clicks_are_one_act(open_desk, article, statements):
    desk = open_desk().log_in("alice")
    desk.open(f"/api/v1/articles/{article.pk}/")
    page = desk.page
    desk.select("number 30 is")
    page.locator("[name=quote_type]").first.select_option("narration")
    page.get_by_role("button", name="Record the statement").dblclick()
    said(desk, "Passage 21 is recorded.")
    assert Statement.objects.count() == 21


def test_what_goes_wrong_is_said_in_place_and_nothing_typed_is_lost(open_desk, newsroom, article, statements):
    desk = open_desk().log_in("alice")
    page, statement = desk.page, statements[0]
    card = at_the_card(desk, article, statement)
    card.get_by_label("Reason").fill("The ministry denies it.")
    newsroom["alice"].groups.clear()
    card.get_by_role("button", name="denied").click()
    page.get_by_role("alert").filter(has_text="This was refused.").wait_for()
    assert card.get_by_label("Reason").input_value() == "The ministry denies it."
    assert page.evaluate("window.stayed")


def test_back_shows_the_page_and_not_a_part_of_it(open_desk, article, statements):
    desk = open_desk().log_in("alice")
    card = at_the_card(desk, article, statements[0])
    card.get_by_label("Reason").fill("He says so.")
    card.get_by_role("button", name="asserted").click()
    said(desk, "Passage 1 is tagged asserted.")
    desk.open("/api/v1/articles/")
    desk.page.go_back()
    desk.page.get_by_role("heading", name="Long").wait_for()
    desk.page.locator(f"#mark-{statements[0].pk}[data-tag=asserted]").wait_for()
    assert desk.page.locator(f"#statement-{statements[0].pk} .tag").inner_text() == "+ asserted"
    expect(desk.page.locator(".bar")).to_be_visible()


def test_a_selection_fills_the_form_that_is_open_and_is_shown_in_the_text(open_desk, article, statements):
    desk = open_desk().log_in("alice")
    page, statement = desk.page, statements[12]
    card = at_the_card(desk, article, statement)
    card.get_by_role("link", name="Correct it").click()
    card.locator(".place form").wait_for()
    page.evaluate(SELECT, "number 30 is right")
    page.wait_for_function("CSS.highlights.get('chosen')?.size === 1")
    assert card.get_by_label("The passage, word for word").input_value() == "number 30 is right"
    assert page.locator("#mark-form").get_attribute("open") is None
    card.locator(".place").get_by_role("button", name="Save").click()
    said(desk, "Passage 20 is changed.")
    statement.refresh_from_db()
    assert statement.start == TEXT.index("number 30 is right")


@pytest.mark.parametrize("options", [{}, {"viewport": {"width": 375, "height": 800}}, {"java_script_enabled": False}])
def test_a_dispute_that_is_resolved_on_its_page_stays_in_sight_and_says_the_tag(
    open_desk, newsroom, statements, options
):
    alice, statement = newsroom["alice"], statements[0]
    source = create_source(actor=alice, name="A spokeswoman", kind="person")
    dispute = services.open_dispute(actor=alice, statement=statement, raised_by=source, kind="denial")
    desk = open_desk(**options).log_in("alice")
    page = desk.page
    desk.open(f"/api/v1/disputes/{dispute.pk}/")
    page.get_by_label("Reason").fill("She was there.")
    page.get_by_label("Tag of the statement").select_option("denied")
    page.get_by_role("button", name="upheld").click()
    page.get_by_text(f"The dispute was resolved: upheld. Statement {statement.pk} was tagged denied.").wait_for()
    expect(page.locator(".said")).to_be_in_viewport()
    expect(page.locator("#outcome")).to_be_in_viewport()
    page.get_by_role("listitem").filter(has_text=f"tagged statement {statement.pk}").first.wait_for()
