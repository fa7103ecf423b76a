"""Marking and tagging at once, a half-filled form that keeps its passage, and the many cards of a long article."""

import pytest

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
        form_of(desk).get_by_label("Why this tag").fill(f"Because of {n}.")
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
    assert question.is_visible()
    assert passage(desk) == "number 5 is right"
    form_of(desk).get_by_role("button", name="Keep it").click()
    assert (question.count(), passage(desk)) == (0, "number 5 is right")

    desk.select("number 7 is right")
    form_of(desk).get_by_role("button", name="Replace the passage").click()
    assert passage(desk) == "number 7 is right"
    assert form_of(desk).locator("[name=start]").input_value() == str(TEXT.index("number 7 is right"))
    assert form_of(desk).get_by_label("In plain words").input_value() == "Five is right."
    assert form_of(desk).locator(".ask").count() == 0


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
