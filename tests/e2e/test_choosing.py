"""Naming a source: chosen from the type-ahead, or typed and sent as it is."""

import pytest

from claims import services
from claims.models import Statement
from sources.models import Source
from sources.services import create_source

TEXT = "Joe Biden, CNN reported, called it certain. Nobody denied it."


@pytest.fixture
def article(newsroom):
    for name in ("Joe Biden", "Jill Biden", "CNN"):
        create_source(actor=newsroom["alice"], name=name, kind="person")
    return services.create_article(actor=newsroom["alice"], title="A report", text=TEXT)


def test_names_that_were_typed_and_not_chosen_are_taken(open_desk, article):
    desk = open_desk().log_in("bob")
    desk.open(f"/api/v1/articles/{article.pk}/")
    desk.select("called it certain")
    desk.page.get_by_role("combobox", name="Who is said to have said it").fill("joe biden")
    desk.choose("Through whom, nearest to the speaker first", "jill", "Jill Biden")
    desk.page.get_by_role("combobox", name="Through whom").fill("cnn")
    desk.page.get_by_role("button", name="Record the statement").click()
    desk.page.locator("article.card").wait_for()
    statement = Statement.objects.get()
    assert (statement.source.name, [one.name for one in statement.via]) == ("Joe Biden", ["Jill Biden", "CNN"])


def test_a_name_that_fits_none_is_kept_and_can_be_made_a_source_right_there(open_desk, article):
    desk = open_desk().log_in("bob")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/")
    desk.select("called it certain")
    page.get_by_role("combobox", name="Who is said to have said it").fill("Joe Bidne")
    page.get_by_role("combobox", name="Through whom").fill("Wolf Blitzer")
    page.get_by_label("In plain words").fill("It is certain.")
    page.get_by_role("button", name="Record the statement").click()
    page.get_by_text("No source is called “Joe Bidne”.").wait_for()
    assert page.get_by_role("combobox", name="Who is said to have said it").input_value() == "Joe Bidne"
    assert page.get_by_role("combobox", name="Through whom").input_value() == "Wolf Blitzer"
    assert page.get_by_label("In plain words").input_value() == "It is certain."
    page.get_by_role("radio", name="Joe Biden").click()
    page.get_by_role("group", name="“Wolf Blitzer” is").get_by_role("link", name="Make it a new source").click()
    page.get_by_role("button", name="Create the source").click()
    page.get_by_role("button", name="Remove Wolf Blitzer").wait_for()
    page.get_by_role("button", name="Record the statement").click()
    page.locator("article.card").wait_for()
    statement = Statement.objects.get()
    assert (statement.source.name, [one.name for one in statement.via]) == ("Joe Biden", ["Wolf Blitzer"])


def test_a_new_name_that_is_nearly_anothers_is_asked_about_before_it_is_made(open_desk, article):
    desk = open_desk().log_in("bob")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/")
    desk.select("called it certain")
    source = page.get_by_role("combobox", name="Who is said to have said it")
    source.fill("Joe Bidden")
    page.get_by_role("option", name="New source “Joe Bidden”…").click()
    page.get_by_role("button", name="Create the source").click()
    page.get_by_text("Is it one of these?").wait_for()
    assert page.get_by_role("button", name="Jill Biden").count() == 0
    page.get_by_role("button", name="Joe Biden").click()
    page.get_by_role("button", name="Remove Joe Biden").wait_for()
    assert Source.objects.count() == 3
    page.get_by_role("button", name="Remove Joe Biden").click()
    source.fill("Joe Bidden")
    page.get_by_role("option", name="New source “Joe Bidden”…").click()
    page.get_by_role("button", name="Create the source").click()
    page.get_by_role("button", name="No, create another one").click()
    page.get_by_role("button", name="Remove Joe Bidden").wait_for()
    page.get_by_role("button", name="Record the statement").click()
    page.locator("article.card").wait_for()
    assert Statement.objects.get().source.name == "Joe Bidden"


def test_without_a_script_names_are_typed_and_chosen_too(open_desk, article):
    desk = open_desk(java_script_enabled=False).log_in("bob")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/")
    page.get_by_text("Mark a passage").click()
    page.get_by_label("The passage, word for word").fill("called it certain")
    page.get_by_label("Who is said to have said it").fill("Joe Bidne")
    page.get_by_label("Through whom").fill("Wolf Blitzer, cnn")
    page.get_by_role("button", name="Record the statement").click()
    page.get_by_role("radio", name="Joe Biden").check()
    with page.expect_popup() as opened:
        page.get_by_role("group", name="“Wolf Blitzer” is").get_by_role("link", name="Make it a new source").click()
    other = opened.value
    assert other.get_by_label("Name", exact=True).input_value() == "Wolf Blitzer"
    other.get_by_role("button", name="Create", exact=True).click()
    other.get_by_role("heading", name="Wolf Blitzer").wait_for()
    page.get_by_role("button", name="Record the statement").click()
    page.locator("article.card").wait_for()
    statement = Statement.objects.get()
    assert (statement.source.name, [one.name for one in statement.via]) == ("Joe Biden", ["Wolf Blitzer", "CNN"])


def test_a_list_is_filtered_by_a_name_that_was_typed(open_desk, newsroom, article):
    desk = open_desk().log_in("vera")
    desk.open("/api/v1/statements/")
    desk.page.get_by_text("More filters").click()
    desk.page.get_by_role("combobox", name="Source").fill("cnn")
    desk.page.get_by_role("combobox", name="Said or relayed by").fill("Bidn")
    desk.page.get_by_role("button", name="Show").click()
    desk.page.get_by_text("No source is called “Bidn”.").wait_for()
    assert desk.page.get_by_role("button", name="Remove CNN").is_visible()
    desk.page.get_by_role("link", name="Joe Biden").click()
    desk.page.get_by_role("button", name="Remove Joe Biden").wait_for()
