"""Marking and tagging at once, a half-filled form that keeps its passage, and the many cards of a long article."""

import pytest
from playwright.sync_api import expect

from claims import services
from claims.models import Statement
from sources.services import create_source
from tests.e2e.conftest import SELECT

WINDOWS = pytest.mark.parametrize("width", [1280, 390])
TEXT = "".join(f"Paragraph {n}: the minister said that number {n} is right.\n\n" for n in range(40))


@pytest.fixture
def article(newsroom):
    create_source(actor=newsroom["alice"], name="The minister", kind="person")
    return services.create_article(actor=newsroom["alice"], title="Long", text=TEXT)


def said(desk, words):
    desk.page.get_by_role("status").filter(has_text=words).wait_for()


def form_of(desk):
    return desk.page.locator("#mark-form")


@WINDOWS
def test_marking_tags_at_once(open_desk, article, width):
    desk = open_desk(viewport={"width": width, "height": 800}).log_in("alice")
    desk.open(f"/api/v1/articles/{article.pk}/")
    page = desk.page
    page.evaluate("window.stayed = true")
    for n, tag in ((4, "denied"), (6, "asserted")):
        desk.select(f"number {n} is right")
        desk.choose("Who is said to have said it", "mini", "The minister")
        form_of(desk).get_by_role("combobox", name="Tag", exact=True).select_option(tag)
        form_of(desk).get_by_label("Reason for the tag").fill(f"Because of {n}.")
        form_of(desk).get_by_role("button", name="Record the statement").click()
        said(desk, f"is recorded and tagged {tag}.")
    assert page.evaluate("window.stayed")
    assert list(Statement.objects.order_by("start").values_list("text", "tag", "tag_reason", "version")) == [
        ("number 4 is right", "denied", "Because of 4.", 2),
        ("number 6 is right", "asserted", "Because of 6.", 2),
    ]
    assert page.locator(".card .why").first.inner_text().startswith("Because of 4.")


def passage(desk):
    return form_of(desk).get_by_label("The passage, word for word").input_value()


@WINDOWS
def test_a_half_filled_form_asks_before_its_passage_is_replaced(open_desk, article, width):
    desk = open_desk(viewport={"width": width, "height": 800}).log_in("alice")
    desk.open(f"/api/v1/articles/{article.pk}/")
    desk.select("number 4 is right")
    desk.select("number 5 is right")
    assert passage(desk) == "number 5 is right"  # nothing else was filled in
    form_of(desk).get_by_label("In plain words").fill("Five is right.")
    desk.select("number 6 is right")
    question = form_of(desk).get_by_text("The form is half filled. Put in number 6 is right as its passage?")
    question.wait_for()
    expect(question).to_be_visible()
    assert passage(desk) == "number 5 is right"
    form_of(desk).get_by_role("button", name="Keep it").click()
    assert (question.count(), passage(desk)) == (0, "number 5 is right")

    desk.select("number 7 is right")
    form_of(desk).get_by_role("button", name="Replace the passage").click()
    assert passage(desk) == "number 7 is right"
    assert form_of(desk).locator("[name=start]").input_value() == str(TEXT.index("number 7 is right"))
    assert form_of(desk).get_by_label("In plain words").input_value() == "Five is right."
    expect(form_of(desk).locator(".ask")).to_have_count(0)


def test_a_chosen_source_is_typed_too_and_one_key_replaces_the_passage(open_desk, article):
    desk = open_desk().log_in("alice")
    desk.open(f"/api/v1/articles/{article.pk}/")
    desk.select("number 5 is right")
    desk.choose("Who is said to have said it", "mini", "The minister")
    desk.page.keyboard.press("Escape")
    desk.select("number 6 is right")
    form_of(desk).locator(".ask").wait_for()
    assert passage(desk) == "number 5 is right"
    desk.page.evaluate("document.activeElement.blur()")
    desk.page.keyboard.press("r")
    assert passage(desk) == "number 6 is right"
    assert form_of(desk).locator(".chosen").first.inner_text().startswith("The minister")


def test_the_form_that_corrects_a_statement_asks_too(open_desk, newsroom, article):
    start = TEXT.index("number 3 is")
    rows = [{"article": article, "quote_type": "narration", "start": start, "end": start + 11}]
    (statement,) = services.create_statements(rows=rows, actor=newsroom["alice"])
    desk = open_desk().log_in("alice")
    desk.open(f"/api/v1/articles/{article.pk}/")
    card = desk.page.locator(f"#statement-{statement.pk}")
    card.get_by_role("link", name="Correct it").click()
    card.get_by_label("In plain words").fill("Three is right.")
    desk.page.evaluate(SELECT, "number 6 is right")
    card.locator(".ask").wait_for()
    assert card.get_by_label("The passage, word for word").input_value() == "number 3 is"
    card.get_by_role("button", name="Replace the passage").click()
    card.get_by_role("button", name="Save").click()
    said(desk, "Passage 1 is changed.")
    statement.refresh_from_db()
    assert (statement.text, statement.paraphrase) == ("number 6 is right", "Three is right.")


@pytest.fixture
def many(newsroom, article):
    """In two parts: 30 cards, and 10 more. Only numbers 5, 33 and 36 are unverified."""
    starts = [TEXT.index(f"number {n} is") for n in range(40)]
    rows = [{"article": article, "quote_type": "narration", "start": at, "end": at + 9} for at in starts]
    made = services.create_statements(rows=rows, actor=newsroom["alice"])
    tagged = [row for n, row in enumerate(made, 1) if n not in (5, 33, 36)]
    services.tag_several(
        seen=[(row.pk, row.version) for row in tagged], actor=newsroom["alice"], tag="asserted", reason="It says so."
    )
    for row in made:
        row.refresh_from_db()
    return made


def focused(desk):
    return desk.page.evaluate("document.activeElement.id")


def at_card(desk, statement):
    card = desk.page.locator(f"#statement-{statement.pk}:focus")
    expect(card).to_be_in_viewport(ratio=0.98)
    expect(desk.page.locator(f"#mark-{statement.pk}")).to_be_in_viewport()


def test_a_key_goes_to_the_next_unverified_statement_in_whichever_part_it_is(open_desk, article, many):
    desk = open_desk(viewport={"width": 1280, "height": 800}).log_in("alice")
    desk.open(f"/api/v1/articles/{article.pk}/")
    desk.page.evaluate("window.stayed = true")
    for number in (5, 33, 36, 5, 33):
        desk.page.keyboard.press("n")
        at_card(desk, many[number - 1])
    for key in ("d", *"No.", "Enter"):
        desk.page.keyboard.press(key)
    said(desk, "Passage 33 is tagged denied.")
    for number in (36, 5, 36):
        desk.page.keyboard.press("n")
        at_card(desk, many[number - 1])
    assert desk.page.evaluate("window.stayed")


def test_where_nothing_is_unverified_the_key_says_so(open_desk, article, many):
    desk = open_desk().log_in("alice")
    desk.open(f"/api/v1/articles/{article.pk}/?check=changed_since_tagged")
    desk.page.keyboard.press("n")
    said(desk, "No statement here is unverified.")


def numbers(desk):
    return [name.removeprefix("Passage ") for name in desk.page.locator(".card .number").all_inner_texts()]


@WINDOWS
def test_the_cards_are_filtered_in_place_and_stay_so_through_acts_and_reloads(open_desk, article, many, width):
    desk = open_desk(viewport={"width": width, "height": 800}).log_in("alice")
    desk.open(f"/api/v1/articles/{article.pk}/")
    page = desk.page
    page.evaluate("window.stayed = true")
    page.get_by_text("Filter the statements").click()
    page.locator("#card-filter [name=tag]").select_option("unverified")
    page.locator("#card-filter").get_by_role("button", name="Show").click()
    page.get_by_text("3 of 40").wait_for()
    assert numbers(desk) == ["5", "33", "36"]
    expect(page.locator("#text mark")).to_have_count(40)
    page.wait_for_url(f"**/api/v1/articles/{article.pk}/?tag=unverified")

    card = page.locator(f"#statement-{many[32].pk}")
    card.get_by_label("Reason").fill("Denied by name.")
    card.get_by_role("button", name="denied").click()
    said(desk, "Passage 33 is tagged denied.")
    assert numbers(desk) == ["5", "33", "36"]  # it stays until the page is asked for again
    expect(page.get_by_text("2 of 40")).to_be_visible()
    assert page.evaluate("window.stayed")
    page.reload()
    assert numbers(desk) == ["5", "36"]
    page.get_by_role("link", name="Show all").click()
    page.get_by_text("Passages 1 to 30 of 40").first.wait_for()
    page.wait_for_url(f"**/api/v1/articles/{article.pk}/")
    assert page.locator("#card-filter [name=tag]").input_value() == ""


def test_without_a_script_the_filter_and_the_ticks_work_too(open_desk, article, many):
    desk = open_desk(java_script_enabled=False).log_in("alice")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/")
    page.get_by_text("Filter the statements").click()
    page.locator("#card-filter [name=tag]").select_option("unverified")
    page.locator("#card-filter").get_by_role("button", name="Show").click()
    assert numbers(desk) == ["5", "33", "36"]
    page.get_by_label("Tick passage 5", exact=True).check()
    page.get_by_label("Tick passage 36").check()
    page.locator("#bulk-tag [name=reason]").fill("He says both.")
    page.locator("#bulk-tag").get_by_role("button", name="asserted").click()
    assert numbers(desk) == ["33"]
    expect(page.get_by_text("1 of 40")).to_be_visible()
    assert Statement.objects.get(pk=many[4].pk).tag_reason == "He says both."


@WINDOWS
def test_several_are_ticked_and_tagged_at_once_in_place(open_desk, newsroom, article, many, width):
    desk = open_desk(viewport={"width": width, "height": 800}).log_in("alice")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/")
    page.evaluate("window.stayed = true")
    form = page.locator("#bulk-tag")
    expect(form).to_be_hidden()
    for number in (5, 7, 9):
        page.get_by_label(f"Tick passage {number}", exact=True).check()
    expect(form.get_by_text("3 ticked")).to_be_visible()
    services.tag_statement(
        statement_id=many[6].pk, versions=None, actor=newsroom["erin"], tag="unverified", reason="Nobody says so."
    )
    form.get_by_label("Reason").fill("The ministry denies it.")
    form.get_by_role("button", name="denied").click()
    form.get_by_text(f"None was tagged. Statement {many[6].pk} is at version 3 now.").wait_for()
    assert form.get_by_label("Reason").input_value() == "The ministry denies it."
    assert page.locator(f"#statement-{many[6].pk} .why").inner_text().startswith("Nobody says so.")
    expect(page.locator("[name=statements]:checked")).to_have_count(2)
    page.get_by_label("Tick passage 7", exact=True).check()
    form.get_by_role("button", name="denied").click()
    said(desk, "3 statements are tagged denied.")
    tagged = Statement.objects.filter(tag_reason="The ministry denies it.").order_by("start")
    assert [row.pk for row in tagged] == [many[4].pk, many[6].pk, many[8].pk]
    expect(page.locator('mark[data-tag="denied"]')).to_have_count(3)
    expect(page.locator("[name=statements]:checked")).to_have_count(0)
    expect(form).to_be_hidden()
    assert focused(desk) == f"statement-{many[4].pk}"
    assert page.evaluate("window.stayed")


def test_a_keyboard_alone_ticks_several_and_tags_them(open_desk, article, many):
    desk = open_desk().log_in("alice")
    desk.open(f"/api/v1/articles/{article.pk}/")
    for key in ("n", "x", "j", "x", "d", *"No.", "Enter"):
        if key == "x":
            desk.page.locator(".card.current").wait_for()
        desk.page.keyboard.press(key)
    said(desk, "2 statements are tagged denied.")
    assert list(Statement.objects.filter(tag="denied").order_by("start")) == many[4:6]
