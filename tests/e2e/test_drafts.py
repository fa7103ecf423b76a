"""What is typed is kept until it is done, whatever happens to the page, the session or the token."""

import pytest
from playwright.sync_api import expect

from claims import services
from claims.models import Article, Evidence, Statement
from factcheck.api.models import Session
from sources.models import Source
from sources.services import create_source
from tests.e2e.conftest import PASSWORD

WINDOWS = pytest.mark.parametrize("width", [1280, 390])
TEXT = "Paragraph one: it is right. Paragraph two: it is wrong. Nobody knows."
BACK = "What you typed is back."


@pytest.fixture
def article(newsroom):
    create_source(actor=newsroom["alice"], name="The minister", kind="person")
    return services.create_article(actor=newsroom["alice"], title="Drafts", text=TEXT)


@pytest.fixture
def statements(newsroom, article):
    rows = [
        {"article": article, "quote_type": "narration", "text": text}
        for text in ("it is right", "it is wrong", "Nobody")
    ]
    return services.create_statements(rows=rows, actor=newsroom["alice"])


@pytest.fixture
def desk(open_desk):
    return open_desk().log_in("alice")


def at(desk, article):
    desk.open(f"/api/v1/articles/{article.pk}/")
    return desk.page


def card(page, statement):
    return page.locator(f"#statement-{statement.pk}")


def reason(page, statement):
    return page.locator(f"#reason-{statement.pk}")


def said(page, words):
    page.get_by_role("status").filter(has_text=words).wait_for()


def said_back(page):
    return page.locator(".is-back")


def drafts(page):
    return page.evaluate("Object.keys(sessionStorage).filter((name) => name.startsWith('draft'))")


def log_in_again(page, password=PASSWORD):
    dialog = page.get_by_role("dialog", name="Log in again")
    dialog.get_by_label("Password").fill(password)
    dialog.get_by_role("button", name="Log in and send").click()
    return dialog


@WINDOWS
def test_what_is_typed_is_back_after_a_reload_and_is_gone_when_it_is_discarded(open_desk, article, statements, width):
    page = at(open_desk(viewport={"width": width, "height": 800}).log_in("alice"), article)
    reason(page, statements[0]).fill("The ministry denies it.")
    reason(page, statements[1]).fill("He says so.")
    page.reload()
    assert reason(page, statements[0]).input_value() == "The ministry denies it."
    assert said_back(page).all_inner_texts() == [f"{BACK} Discard it"] * 2
    card(page, statements[0]).get_by_role("button", name="Discard it").click()
    assert reason(page, statements[0]).input_value() == ""
    assert page.evaluate("document.activeElement.name") == "reason"
    page.reload()
    assert [reason(page, one).input_value() for one in statements] == ["", "He says so.", ""]


@WINDOWS
def test_the_form_that_marks_is_open_again_with_its_passage_its_choices_and_its_sources(open_desk, article, width):
    desk = open_desk(viewport={"width": width, "height": 800}).log_in("alice")
    page = at(desk, article)
    desk.select("it is right")
    desk.choose("Who is said to have said it", "mini", "The minister")
    page.locator("#mark-form [name=quote_type]").select_option("indirect")
    page.get_by_role("link", name="Sources").first.evaluate("link => link.click()")
    page.wait_for_url("**/sources/")
    page.get_by_role("link", name="Articles").first.click()
    page.get_by_role("link", name="Drafts").first.click()
    form = page.locator("#mark-form")
    form.get_by_text(BACK).wait_for()
    assert form.get_by_label("The passage, word for word").input_value() == "it is right"
    assert form.locator("[name=quote_type]").input_value() == "indirect"
    form.get_by_role("button", name="Record the statement").click()
    said(page, "is recorded.")
    statement = Statement.objects.get()
    assert (statement.source.name, statement.quote_type, statement.text) == ("The minister", "indirect", "it is right")
    assert drafts(page) == []
    expect(page.get_by_role("button", name="Remove The minister")).to_have_count(0)
    page.reload()
    expect(said_back(page)).to_have_count(0)


def test_the_second_cards_reason_survives_the_first_cards_tag_and_back(desk, article, statements):
    page = at(desk, article)
    reason(page, statements[0]).fill("The ministry denies it.")
    reason(page, statements[1]).fill("He says so.")
    card(page, statements[0]).get_by_role("button", name="denied").click()
    said(page, "is tagged denied.")
    assert reason(page, statements[1]).input_value() == "He says so."
    assert reason(page, statements[0]).input_value() == ""
    desk.open("/api/v1/sources/")
    page.go_back()
    assert reason(page, statements[1]).input_value() == "He says so."
    assert len(drafts(page)) == 1


def test_an_act_without_a_network_says_so_and_can_be_sent_again(desk, article, statements):
    page = at(desk, article)
    reason(page, statements[0]).fill("The ministry denies it.")
    desk.context.set_offline(True)
    card(page, statements[0]).get_by_role("button", name="denied").click()
    page.get_by_role("alert").filter(has_text="The service did not answer. What you typed is still here.").wait_for()
    assert reason(page, statements[0]).input_value() == "The ministry denies it."
    desk.context.set_offline(False)
    card(page, statements[0]).get_by_role("button", name="denied").click()
    said(page, "is tagged denied.")
    expect(page.get_by_role("alert").filter(has_text="did not answer")).to_have_count(0)
    desk.complaints.clear()  # the browser and htmx tell of the network too


def test_a_form_that_htmx_brings_has_what_was_typed_into_it_before(desk, article, statements):
    page = at(desk, article)

    def opened():
        card(page, statements[0]).get_by_role("link", name="Add evidence").click()
        form = card(page, statements[0]).locator(".place form")
        form.wait_for()
        return form

    opened().get_by_label("Address").fill("https://example.org/1")
    page.reload()
    form = opened()
    form.get_by_text(BACK).wait_for()
    assert form.get_by_label("Address").input_value() == "https://example.org/1"
    form.get_by_role("button", name="Add evidence").click()
    said(page, "is recorded.")
    assert Evidence.objects.get().url == "https://example.org/1"
    assert opened().get_by_label("Address").input_value() == ""


def test_a_whole_page_keeps_its_draft_through_a_refusal_until_it_is_done(desk):
    page = desk.page
    desk.open("/api/v1/sources/?form=new")
    page.get_by_label("Name", exact=True).fill("Jane Doe")
    page.locator("[name=description]").fill("She speaks.")
    page.locator("[name=same_as]").fill("not an address")
    page.locator("[name=kind]").select_option("person")
    page.reload()
    assert page.get_by_label("Name", exact=True).input_value() == "Jane Doe"
    page.get_by_role("button", name="Create").click()
    page.locator("[aria-invalid=true]").first.wait_for()
    assert page.locator("[name=description]").input_value() == "She speaks."
    page.locator("[name=same_as]").fill("https://example.org/jane")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("heading", name="Jane Doe").wait_for()
    assert Source.objects.get().name == "Jane Doe"
    assert drafts(page) == []
    desk.open("/api/v1/sources/?form=new")
    assert page.get_by_label("Name", exact=True).input_value() == ""


@WINDOWS
def test_a_session_that_ended_asks_for_the_password_in_place_and_then_the_act_is_done_once(
    open_desk, article, statements, width
):
    page = at(open_desk(viewport={"width": width, "height": 800}).log_in("alice"), article)
    page.evaluate("window.stayed = true")
    reason(page, statements[0]).fill("The ministry denies it.")
    reason(page, statements[1]).fill("He says so.")
    Session.objects.all().delete()
    card(page, statements[0]).get_by_role("button", name="denied").click()
    dialog = log_in_again(page, "wrong")
    dialog.get_by_role("alert").filter(has_text="No user has this name and this password.").wait_for()
    assert dialog.get_by_label("Username").input_value() == "alice"
    log_in_again(page)
    said(page, "is tagged denied.")
    expect(dialog).to_have_count(0)
    assert page.evaluate("window.stayed")
    statement = Statement.objects.get(pk=statements[0].pk)
    assert (statement.tag, statement.tag_reason, statement.version) == ("denied", "The ministry denies it.", 2)
    assert reason(page, statements[1]).input_value() == "He says so."
    card(page, statements[1]).get_by_role("button", name="asserted").click()
    said(page, "is tagged asserted.")


def test_a_closed_dialog_sends_nothing_and_loses_nothing(desk, article, statements):
    page = at(desk, article)
    reason(page, statements[0]).fill("The ministry denies it.")
    Session.objects.all().delete()
    card(page, statements[0]).get_by_role("button", name="denied").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert reason(page, statements[0]).input_value() == "The ministry denies it."
    assert Statement.objects.get(pk=statements[0].pk).version == 1
    card(page, statements[0]).get_by_role("button", name="denied").click()
    log_in_again(page)
    said(page, "is tagged denied.")


def test_a_form_of_a_whole_page_asks_for_the_password_before_it_leaves_the_page(desk):
    page = desk.page
    desk.open("/import/")
    page.get_by_label("Title").fill("New")
    page.get_by_label("Text", exact=True).fill(TEXT)
    Session.objects.all().delete()
    page.get_by_role("button", name="Create the draft").dblclick()
    log_in_again(page)
    page.get_by_role("heading", name="New").wait_for()
    assert Article.objects.get().text == TEXT
    assert drafts(page) == []


def test_a_form_that_is_brought_after_the_session_has_ended_comes_when_the_password_is_given(desk, article, statements):
    page = at(desk, article)
    Session.objects.all().delete()
    card(page, statements[0]).get_by_role("link", name="Add evidence").click()
    log_in_again(page)
    card(page, statements[0]).locator(".place form").get_by_label("Address").wait_for()


def test_a_new_source_is_made_after_the_session_has_ended(desk, article):
    page = at(desk, article)
    desk.select("it is right")
    page.get_by_role("combobox", name="Who is said to have said it").fill("Wolf Blitzer")
    page.get_by_role("option", name="New source “Wolf Blitzer”…").click()
    panel = page.get_by_role("group", name="New source")
    panel.get_by_label("Kind").select_option("person")
    Session.objects.all().delete()
    panel.get_by_role("button", name="Create the source").click()
    log_in_again(page)
    page.get_by_role("button", name="Remove Wolf Blitzer").wait_for()
    assert Source.objects.filter(name="Wolf Blitzer").count() == 1


@pytest.mark.parametrize("is_new", [False, True])
def test_a_stale_token_is_renewed_without_a_word(desk, article, statements, is_new):
    page = at(desk, article)
    reason(page, statements[0]).fill("The ministry denies it.")
    if is_new:  # in another tab, where somebody logs out and in again
        other = desk.context.new_page()
        other.goto(f"{desk.server}/")
        other.get_by_role("button", name="Log out").click()
        other.get_by_label("Username").fill("alice")
        other.get_by_label("Password").fill(PASSWORD)
        other.get_by_role("button", name="Log in").click()
        other.wait_for_url(f"{desk.server}/")
    else:
        desk.context.add_cookies([{"name": "csrftoken", "value": "x" * 32, "url": desk.server}])
    card(page, statements[0]).get_by_role("button", name="denied").click()
    said(page, "is tagged denied.")
    assert Statement.objects.get(pk=statements[0].pk).version == 2
    expect(page.get_by_role("dialog")).to_have_count(0)
    desk.context.add_cookies([{"name": "csrftoken", "value": "y" * 32, "url": desk.server}])
    desk.open("/import/")
    page.get_by_label("Title").fill("New")
    page.get_by_label("Text", exact=True).fill("He said so.")
    desk.context.add_cookies([{"name": "csrftoken", "value": "z" * 32, "url": desk.server}])
    page.get_by_role("button", name="Create the draft").click()
    page.get_by_role("heading", name="New").wait_for()
    page.wait_for_load_state("networkidle")  # the database is emptied next


def test_nothing_is_sent_as_somebody_else_who_has_logged_in_meanwhile(desk, article, statements):
    page = at(desk, article)
    reason(page, statements[0]).fill("The ministry denies it.")
    other = desk.context.new_page()
    other.goto(f"{desk.server}/")
    other.get_by_role("button", name="Log out").click()
    other.get_by_label("Username").fill("erin")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Log in").click()
    other.wait_for_url(f"{desk.server}/")
    card(page, statements[0]).get_by_role("button", name="denied").click()
    page.get_by_role("alert").filter(has_text="You are now logged in as erin, so this was not sent.").wait_for()
    assert reason(page, statements[0]).input_value() == "The ministry denies it."
    assert Statement.objects.get(pk=statements[0].pk).version == 1
    page.reload()  # the page is erin's now
    assert reason(page, statements[0]).input_value() == ""


def test_logging_out_forgets_what_was_typed(desk, article, statements):
    page = at(desk, article)
    reason(page, statements[0]).fill("The ministry denies it.")
    assert len(drafts(page)) == 1
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Username").wait_for()
    assert drafts(page) == []
    for name in ("erin", "alice"):
        desk.log_in(name)
        at(desk, article)
        assert reason(page, statements[0]).input_value() == ""
        page.get_by_role("button", name="Log out").click()
        page.get_by_label("Username").wait_for()


def test_two_tabs_keep_their_own_drafts(desk, article, statements):
    page = at(desk, article)
    other = desk.context.new_page()
    other.goto(page.url)
    reason(page, statements[0]).fill("Here.")
    reason(other, statements[0]).fill("There.")
    for tab, typed in ((page, "Here."), (other, "There.")):
        tab.reload()
        assert reason(tab, statements[0]).input_value() == typed
    card(page, statements[0]).get_by_role("button", name="denied").click()
    said(page, "is tagged denied.")
    other.reload()
    assert reason(other, statements[0]).input_value() == "There."


def test_no_password_token_or_hidden_field_is_kept(desk, article):
    page = desk.page
    desk.open("/account/password/")
    for field in page.locator("main input[type=password]").all():
        field.fill("not to be kept")
    at(desk, article)
    desk.select("it is right")
    page.locator("#mark-form textarea[name=paraphrase]").fill("Right.")
    kept = page.evaluate("JSON.stringify(Object.entries(sessionStorage))")
    assert "Right." in kept
    assert not [word for word in ("not to be kept", "csrf", "version") if word in kept]


def test_a_browser_that_forbids_the_storage_works_as_before(open_desk, article, statements):
    desk = open_desk()
    desk.context.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    page = at(desk.log_in("alice"), article)
    reason(page, statements[0]).fill("The ministry denies it.")
    card(page, statements[0]).get_by_role("button", name="denied").click()
    said(page, "is tagged denied.")


def test_without_a_script_the_page_after_the_session_shows_the_login_what_was_typed_and_leads_back(
    open_desk, article, statements
):
    desk = open_desk(java_script_enabled=False).log_in("alice")
    page = at(desk, article)
    for fill, button, address in (
        (lambda: reason(page, statements[0]).fill("The ministry denies it."), "denied", page.url),
        (
            lambda: page.get_by_label("Title").fill("The ministry denies it."),
            "Create the draft",
            f"{desk.server}/import/",
        ),
    ):
        page.goto(address)
        fill()
        Session.objects.all().delete()
        page.get_by_role("button", name=button).first.click()
        page.get_by_text("Your session has ended, so nothing was done.").wait_for()
        assert page.locator("textarea[readonly]").first.input_value() == "The ministry denies it."
        assert "denies" not in page.url
        page.get_by_label("Username").fill("alice")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(address)
    assert Statement.objects.get(pk=statements[0].pk).version == 1
