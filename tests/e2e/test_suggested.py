"""The panel “Suggested” of an article, by keys and by mouse."""

import re

import pytest
from playwright.sync_api import expect

from claims import services
from claims.models import DismissedSuggestion, Dispute, Statement
from sources.models import Source
from sources.services import create_source

TEXT = """The bridge

Mayor Jane Doe said that the bridge would open in May. “We are ready for the summer,” Doe added.

A city official told The Courier that Doe had refused to sign the contract.

John Roe, a spokesman, denied that the bridge was closed for lorries.
"""
OPENING, READY, REFUSED, CLOSED = (
    "that the bridge would open in May",
    "“We are ready for the summer,”",
    "to sign the contract",
    "that the bridge was closed for lorries",
)


@pytest.fixture
def article(newsroom):
    return services.create_article(actor=newsroom["alice"], title="The bridge", text=TEXT)


@pytest.fixture
def elsewhere(newsroom):
    text = "The bridge was closed for lorries in June."
    source = create_source(actor=newsroom["alice"], name="The Courier", kind="outlet")
    other = services.create_article(actor=newsroom["alice"], title="Lorries", text=text)
    statement = services.create_statement(article=other, actor=newsroom["alice"], source=source, text=text)
    services.open_dispute(actor=newsroom["alice"], statement=statement, raised_by=source, kind="denial")
    return statement


@pytest.fixture
def panel(open_desk, article):
    def opened(name="bob", **options):
        desk = open_desk(**options).log_in(name)
        desk.open(f"/api/v1/articles/{article.pk}/")
        desk.page.keyboard.press("s")
        desk.page.locator(".suggestion:focus").wait_for()
        return desk

    return opened


def card(page, text):
    return page.locator(".suggestion").filter(has=page.locator(":scope > blockquote", has_text=text))


def told(page, words):
    page.locator("#suggested .done").filter(has_text=words).wait_for()


def focused(page):
    return page.evaluate("document.activeElement.querySelector('blockquote')?.textContent")


def texts(page):
    return page.locator(".suggestion > blockquote").all_text_contents()


def test_keys_go_through_the_suggestions_and_accept_and_dismiss_them(panel):
    page = panel().page
    assert texts(page) == [OPENING, READY, REFUSED, CLOSED]
    page.keyboard.press("s")
    page.keyboard.press("y")
    told(page, re.compile(r"Recorded: statement \d+\."))
    assert focused(page) == READY
    page.locator("#text mark").first.wait_for()
    expect(page.locator("article.card")).to_have_count(1)
    assert page.locator("#text").text_content() == TEXT
    for key, text in (("j", REFUSED), ("ArrowDown", CLOSED), ("k", REFUSED), ("ArrowUp", READY), ("j", REFUSED)):
        page.keyboard.press(key)
        assert focused(page) == text
    page.keyboard.press("n")
    told(page, "Dismissed.")
    assert focused(page) == CLOSED
    assert texts(page) == [READY, CLOSED]
    statement = Statement.objects.get()
    assert (statement.text, statement.source.name) == (OPENING, "Jane Doe")
    assert DismissedSuggestion.objects.get().dismissed_by.username == "bob"


def test_a_dismissal_is_taken_back_right_after_and_later(panel):
    page = panel().page
    page.keyboard.press("n")
    told(page, "Dismissed.")
    page.keyboard.press("z")
    told(page, "It is suggested again.")
    assert focused(page) == OPENING
    assert not DismissedSuggestion.objects.exists()

    card(page, READY).get_by_role("button", name="Dismiss").click()
    told(page, "Dismissed.")
    page.get_by_role("button", name="Undo").click()
    told(page, "It is suggested again.")
    assert focused(page) == READY

    page.keyboard.press("n")
    told(page, "Dismissed.")
    page.get_by_role("link", name="Dismissed").click()
    page.get_by_text("Dismissed by bob").wait_for()
    assert texts(page) == [READY]
    page.get_by_role("button", name="Suggest it again").click()
    told(page, "It is suggested again.")
    assert texts(page) == [OPENING, READY, REFUSED, CLOSED]
    assert not DismissedSuggestion.objects.exists()


def test_what_was_accepted_is_taken_back_with_its_dispute_by_who_may_delete(panel, elsewhere):
    page = panel("alice").page
    page.keyboard.press("y")
    told(page, re.compile(r"Recorded: statement \d+\."))
    page.keyboard.press("z")
    told(page, "Taken back.")
    page.locator("#text mark").wait_for(state="detached")
    assert texts(page) == [OPENING, READY, REFUSED, CLOSED]
    assert list(Statement.objects.all()) == [elsewhere]

    denial = card(page, CLOSED)
    denial.get_by_role("radio", name="The bridge was closed for lorries in June.").check()
    denial.get_by_role("button", name="Accept").click()
    told(page, "with a dispute")
    page.get_by_role("button", name="Undo").click()
    told(page, "Taken back.")
    assert (list(Statement.objects.all()), Dispute.objects.count()) == ([elsewhere], 1)


def test_who_may_not_delete_is_not_offered_to_take_back_what_was_accepted(panel):
    page = panel("bob").page
    page.keyboard.press("y")
    told(page, re.compile(r"Recorded: statement \d+\."))
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_all_of_a_speaker_are_accepted_at_once(panel):
    page = panel().page
    page.keyboard.press("w")
    told(page, "Recorded: 3 statements.")
    assert texts(page) == [CLOSED]
    assert focused(page) == CLOSED
    assert {row.text for row in Statement.objects.filter(source__name="Jane Doe")} == {OPENING, READY, REFUSED}
    assert set(Source.objects.values_list("name", flat=True)) == {"Jane Doe", "city official"}


def test_a_suggestion_is_edited_in_the_form_and_is_recorded_when_that_is_saved(panel, newsroom):
    doe = create_source(actor=newsroom["alice"], name="Jane Doe", kind="person")
    create_source(actor=newsroom["alice"], name="city official", kind="person", anonymous=True)
    page = panel().page
    before = page.url
    card(page, REFUSED).locator("blockquote").click()
    card(page, REFUSED).focus()
    page.keyboard.press("e")
    page.locator("#mark-form[open]").wait_for()
    form = page.locator("#mark-form")
    assert form.get_by_label("The passage, word for word").input_value() == REFUSED
    assert form.locator(".chosen li").all_text_contents() == ["Jane Doe×", "city official×"]
    assert page.url == before
    page.keyboard.type("yn")  # a letter in a field is a letter
    assert form.get_by_label("The passage, word for word").input_value() == "yn" + REFUSED
    form.get_by_label("The passage, word for word").fill("refused " + REFUSED)
    form.get_by_label("In plain words").fill("She did not sign.")
    form.get_by_role("button", name="Record the statement").click()
    page.locator("article.card").wait_for()
    statement = Statement.objects.get()
    assert (statement.text, statement.source, statement.paraphrase) == (f"refused {REFUSED}", doe, "She did not sign.")
    assert [one.name for one in statement.via] == ["city official"]
    card(page, REFUSED).wait_for(state="detached")
    assert texts(page) == [OPENING, READY, CLOSED]  # the panel is still open


def test_a_denial_offers_a_dispute_and_opens_none_by_itself(panel, elsewhere):
    page = panel("alice").page
    denial = card(page, CLOSED)
    expect(denial.get_by_text("Recorded before:")).to_be_visible()
    assert denial.locator(".matches").text_content().strip() == (
        "? unverified “The bridge was closed for lorries in June.” by The Courier, in Lorries 1 open dispute"
    )
    assert denial.get_by_role("radio", name="of nothing").is_checked()
    denial.get_by_role("radio", name="The bridge was closed for lorries in June.").check()
    denial.get_by_role("button", name="Accept").click()
    told(page, re.compile(r"Recorded: statement \d+, with a dispute\."))
    dispute = Dispute.objects.get(counter_statement__isnull=False)
    assert (dispute.statement, dispute.raised_by.name, dispute.kind) == (elsewhere, "John Roe", "denial")
    assert dispute.counter_statement.text == CLOSED


def test_a_denial_that_is_only_accepted_opens_nothing(panel, elsewhere):
    page = panel("alice").page
    card(page, CLOSED).get_by_role("button", name="Accept").click()
    told(page, re.compile(r"Recorded: statement \d+\."))
    assert Dispute.objects.count() == 1


def test_another_statement_is_chosen_for_the_dispute(panel, newsroom, article):
    source = create_source(actor=newsroom["alice"], name="Lee", kind="person")
    own = services.create_statement(article=article, actor=newsroom["alice"], source=source, start=0, end=10)
    desk = panel()
    desk.page.get_by_text("It denies something").click()
    field = desk.page.get_by_role("combobox", name="or of another statement")
    field.press_sequentially("yn")  # in a field, a letter is a letter
    assert (field.input_value(), texts(desk.page)) == ("yn", [OPENING, READY, REFUSED, CLOSED])
    desk.choose("or of another statement", "", "The bridge")
    card(desk.page, CLOSED).get_by_role("button", name="Accept").click()
    told(desk.page, re.compile(r"with a dispute\."))
    assert Dispute.objects.get().statement == own


def test_who_may_be_one_of_several_is_chosen_on_the_card(panel, newsroom):
    near = create_source(actor=newsroom["alice"], name="John Rowe", kind="person")
    page = panel().page
    card(page, CLOSED).focus()
    page.keyboard.press("y")
    assert not Statement.objects.exists()  # the browser asks for a choice
    card(page, CLOSED).get_by_label("Who is meant by “John Roe”").select_option(str(near.pk))
    card(page, CLOSED).get_by_role("button", name="Accept").click()
    told(page, "Recorded")
    assert Statement.objects.get().source == near


def test_what_changed_meanwhile_is_told_on_the_card(panel, newsroom, article):
    page = panel().page
    source = create_source(actor=newsroom["erin"], name="Jane Doe", kind="person")
    row = services.create_statement(article=article, actor=newsroom["erin"], source=source, text=OPENING)
    page.keyboard.press("y")
    error = card(page, OPENING).get_by_role("alert")
    error.wait_for()
    assert (
        error.text_content() == f"Nothing was recorded. It is recorded already, as statement {row.pk}. Read them again"
    )
    assert focused(page) == OPENING
    error.get_by_role("link", name="Read them again").click()
    card(page, OPENING).wait_for(state="detached")

    services.update_article(
        article_id=article.pk, versions=None, actor=newsroom["erin"], text=TEXT.replace("ready for", "glad of")
    )
    card(page, READY).get_by_role("button", name="Accept").click()
    error = card(page, READY).get_by_role("alert")
    error.wait_for()
    assert "The article, now at revision 2, has no such suggestion." in error.text_content()
    assert Statement.objects.count() == 1


def test_the_page_stays_where_it_is(panel, newsroom, article):
    services.update_article(
        article_id=article.pk, versions=None, actor=newsroom["alice"], text=TEXT + "And so on.\n" * 90
    )
    page = panel().page
    page.evaluate("window.scrollTo(0, 200)")
    card(page, READY).get_by_role("button", name="Accept").click()
    told(page, "Recorded")
    page.locator("#text mark").first.wait_for()
    assert page.evaluate("window.scrollY") == 200


def test_what_is_marked_by_hand_was_recorded_before(open_desk, article, elsewhere):
    desk = open_desk().log_in("bob")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/")
    desk.select("the bridge was closed for lorries")
    before = page.locator("#recorded-before")
    before.get_by_role("link", name="The bridge was closed for lorries in June.").wait_for()
    assert before.text_content().strip() == (
        "Recorded before:? unverified “The bridge was closed for lorries in June.” by The Courier, in Lorries "
        "1 open dispute"
    )
    desk.select("The bridge\n")
    expect(before).to_be_empty()
    page.get_by_label("The passage, word for word").fill("bridge closed for lorries in June")
    before.get_by_role("link", name="The bridge was closed for lorries in June.").wait_for()
    page.get_by_label("The passage, word for word").fill("")
    expect(before).to_be_empty()


def test_the_page_of_a_statement_tells_what_was_said_before(open_desk, newsroom, article, elsewhere):
    source = create_source(actor=newsroom["alice"], name="John Roe", kind="person")
    row = services.create_statement(article=article, actor=newsroom["alice"], source=source, text=CLOSED)
    desk = open_desk().log_in("vera")
    desk.open(f"/api/v1/statements/{row.pk}/")
    part = desk.page.locator("section", has=desk.page.get_by_role("heading", name="Said before"))
    part.get_by_role("link", name="The bridge was closed for lorries in June.").click()
    desk.page.wait_for_url(f"**/statements/{elsewhere.pk}/")
    other = services.create_statement(article=article, actor=newsroom["alice"], source=source, text="contract")
    desk.open(f"/api/v1/statements/{other.pk}/")
    desk.page.get_by_text("No other statement is likely to say the same.").wait_for()


def test_everything_is_done_without_a_script_too(open_desk, article, elsewhere, newsroom):
    near = create_source(actor=newsroom["alice"], name="John Rowe", kind="person")
    desk = open_desk(java_script_enabled=False).log_in("bob")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/")
    page.get_by_role("link", name="See what is suggested").click()
    card(page, OPENING).get_by_role("button", name="Dismiss").click()
    assert texts(page) == [READY, REFUSED, CLOSED]
    page.get_by_role("link", name="Dismissed").click()
    page.get_by_role("button", name="Suggest it again").click()
    card(page, REFUSED).get_by_role("link", name="Edit").click()
    assert page.get_by_label("The passage, word for word").input_value() == REFUSED
    assert page.get_by_label("Who is said to have said it").input_value() == "Jane Doe"
    assert page.get_by_label("Through whom").input_value() == "city official"
    page.go_back()
    card(page, OPENING).get_by_role("button", name="All 3 of this speaker").click()
    assert texts(page) == [CLOSED]
    denial = card(page, CLOSED)
    denial.get_by_label("Who is meant by “John Roe”").select_option(str(near.pk))
    denial.get_by_label("or of another statement").fill("1000000")
    denial.get_by_role("button", name="Accept").click()
    expect(card(page, CLOSED).get_by_text("There is no statement with the id 1000000.")).to_be_visible()
    assert denial.get_by_label("Who is meant by “John Roe”").input_value() == str(near.pk)
    denial.get_by_role("radio", name="The bridge was closed").check()
    denial.get_by_role("button", name="Accept").click()
    assert texts(page) == []
    expect(page.get_by_text("Nothing more is suggested.")).to_be_visible()
    assert Dispute.objects.get(raised_by=near).statement == elsewhere


def test_who_may_not_write_sees_no_panel(open_desk, article):
    desk = open_desk().log_in("vera")
    desk.open(f"/api/v1/articles/{article.pk}/")
    expect(desk.page.locator("#suggested")).to_have_count(0)
    desk.page.keyboard.press("s")
    desk.open(f"/api/v1/articles/{article.pk}/suggestions/")
    assert texts(desk.page) == [OPENING, READY, REFUSED, CLOSED]
    expect(desk.page.locator("main form")).to_have_count(0)
