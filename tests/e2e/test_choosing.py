"""Naming a source: chosen from the type-ahead, or typed and sent as it is."""

import pytest
from playwright.sync_api import expect

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
    page.get_by_label("Kind").select_option("person")
    page.get_by_role("button", name="Create the source").click()
    page.get_by_role("button", name="Remove Wolf Blitzer").wait_for()
    page.get_by_role("button", name="Record the statement").click()
    page.locator("article.card").wait_for()
    statement = Statement.objects.get()
    assert (statement.source.name, [one.name for one in statement.via]) == ("Joe Biden", ["Wolf Blitzer"])


def test_enter_does_not_take_what_was_offered_for_what_was_typed_before(open_desk, newsroom, article):
    source = Source.objects.get(name="CNN")
    services.create_statement(article=article, actor=newsroom["alice"], source=source, start=0, end=9)
    desk = open_desk().log_in("bob")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/")
    desk.select("called it certain")
    page.get_by_role("combobox", name="Who is said to have said it").click()
    page.locator(".options [aria-selected=true]", has_text="CNN").wait_for()
    page.keyboard.type("jill")
    page.keyboard.press("Enter")
    expect(page.locator("#mark-form .chosen li")).to_have_count(0)
    page.locator(".options [aria-selected=true]", has_text="Jill Biden").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove Jill Biden").wait_for()


def test_a_list_that_comes_late_does_not_open_over_the_next_field(open_desk, newsroom, article):
    source = Source.objects.get(name="CNN")
    services.create_statement(article=article, actor=newsroom["alice"], source=source, start=0, end=9)
    desk = open_desk().log_in("bob")
    page, held = desk.page, []
    desk.open(f"/api/v1/articles/{article.pk}/")
    desk.select("called it certain")
    page.route("**/choose/sources/**", lambda route: held.append(route))
    with page.expect_request("**/choose/sources/**"):
        page.get_by_role("combobox", name="Who is said to have said it").click()
    page.get_by_label("In plain words").click()
    page.wait_for_timeout(200)  # by then the chooser has closed
    with page.expect_response("**/choose/sources/**"):
        held[0].continue_()
    page.wait_for_timeout(100)
    expect(page.locator(".options:visible")).to_have_count(0)


def test_a_new_name_that_is_nearly_anothers_is_asked_about_before_it_is_made(open_desk, article):
    desk = open_desk().log_in("bob")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/")
    desk.select("called it certain")
    source = page.get_by_role("combobox", name="Who is said to have said it")
    source.fill("Joe Bidden")
    page.get_by_role("option", name="New source “Joe Bidden”…").click()
    page.get_by_label("Kind").select_option("person")
    page.get_by_role("button", name="Create the source").click()
    page.get_by_text("Is it one of these?").wait_for()
    expect(page.get_by_role("button", name="Jill Biden")).to_have_count(0)
    page.get_by_role("button", name="Joe Biden").click()
    page.get_by_role("button", name="Remove Joe Biden").wait_for()
    assert Source.objects.count() == 3
    page.get_by_role("button", name="Remove Joe Biden").click()
    source.fill("Joe Bidden")
    page.get_by_role("option", name="New source “Joe Bidden”…").click()
    page.get_by_label("Kind").select_option("person")
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
    other.get_by_label("Kind").select_option("person")
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
    expect(desk.page.get_by_role("button", name="Remove CNN")).to_be_visible()
    desk.page.get_by_role("link", name="Joe Biden").click()
    desk.page.get_by_role("button", name="Remove Joe Biden").wait_for()


def test_enter_in_the_name_of_a_new_source_makes_it_and_does_not_send_the_form_around_it(open_desk, article):
    desk = open_desk(viewport={"width": 375, "height": 800}).log_in("bob")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/")
    desk.select("called it certain")
    page.get_by_role("combobox", name="Who is said to have said it").fill("Wolf Blitzer")
    page.get_by_role("option", name="New source “Wolf Blitzer”…").wait_for()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    panel = page.get_by_role("group", name="New source")
    panel.get_by_label("Name", exact=True).press("Enter")
    panel.get_by_text("Say what kind of source it is.").wait_for()
    assert panel.get_by_label("Kind").evaluate("field => field === document.activeElement")
    assert not Source.objects.filter(name="Wolf Blitzer").exists()
    panel.get_by_label("Kind").select_option("person")
    panel.get_by_label("Other names, one per line").fill("Leslie Blitzer\n\n Wolf ")
    panel.get_by_label("Name", exact=True).press("Enter")
    page.get_by_role("button", name="Remove Wolf Blitzer").wait_for()
    via = page.get_by_role("combobox", name="Through whom")
    expect(via).to_be_focused()  # the field after it; a field that takes several keeps the focus
    via.fill("Jim Sciutto")
    page.get_by_role("option", name="New source “Jim Sciutto”…").click()
    page.get_by_role("group", name="New source").get_by_label("Kind").select_option("person")
    page.get_by_role("button", name="Create the source").press("Enter")
    page.get_by_role("button", name="Remove Jim Sciutto").wait_for()
    expect(via).to_be_focused()
    made = Source.objects.get(name="Wolf Blitzer")
    assert (made.kind, made.aliases) == ("person", ["Leslie Blitzer", "Wolf"])
    assert not Statement.objects.exists()


def test_going_back_restores_the_sources_that_were_chosen_and_what_was_typed(open_desk, article):
    desk = open_desk().log_in("bob")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/")
    desk.select("called it certain")
    desk.choose("Who is said to have said it", "joe", "Joe Biden")
    desk.choose("Through whom, nearest to the speaker first", "cnn", "CNN")
    page.get_by_role("combobox", name="Through whom").fill("jill biden")
    desk.open("/api/v1/sources/")
    page.go_back()
    desk.select("called it certain")
    page.get_by_role("button", name="Remove Joe Biden").wait_for()
    assert page.get_by_role("combobox", name="Through whom").input_value() == "jill biden"
    page.get_by_role("button", name="Record the statement").click()
    page.locator("article.card").wait_for()
    statement = Statement.objects.get()
    assert (statement.source.name, [one.name for one in statement.via]) == ("Joe Biden", ["CNN", "Jill Biden"])
    desk.open(f"/api/v1/articles/{article.pk}/")
    expect(page.get_by_role("button", name="Remove Joe Biden")).to_have_count(0)


def test_who_was_named_last_is_offered_before_anything_is_typed(open_desk, newsroom, article):
    other = services.create_article(actor=newsroom["alice"], title="Another", text="He said no.")
    last = Source.objects.get(name="CNN")
    services.create_statement(article=other, actor=newsroom["alice"], source=last, start=0, end=2)
    desk = open_desk().log_in("bob")
    desk.open(f"/api/v1/articles/{article.pk}/")
    desk.select("called it certain")
    desk.page.get_by_role("combobox", name="Who is said to have said it").focus()
    desk.page.get_by_role("option", name="CNN").wait_for()
    desk.page.keyboard.press("Enter")
    desk.page.get_by_role("button", name="Remove CNN").wait_for()
