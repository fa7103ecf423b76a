"""A reporter proposes a tag, and an editor takes it: by keyboard, on a phone, and without a script."""

import pytest
from playwright.sync_api import expect

from claims import services
from claims.models import Note, Statement
from factcheck.journal.models import Entry

TEXT = "Joe Biden called it certain. Nobody denied it."
PHONE = {"viewport": {"width": 375, "height": 800}}


@pytest.fixture
def article(newsroom):
    made = services.create_article(actor=newsroom["alice"], title="A report", text=TEXT)
    for start, end in ((0, 28), (29, 46)):
        services.create_statement(article=made, actor=newsroom["alice"], quote_type="narration", start=start, end=end)
    return made


def propose(newsroom, tag="denied"):
    return services.propose_tag(
        statement_id=Statement.objects.earliest("pk").pk, versions=None, actor=newsroom["bob"], tag=tag,
        reason="His spokeswoman says so.",
    )  # fmt: skip


def test_a_reporter_proposes_by_keyboard_alone(open_desk, article):
    desk = open_desk().log_in("bob")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/")
    for key in ("j", "d"):
        page.keyboard.press(key)
    page.keyboard.type("His spokeswoman says so.")
    page.keyboard.press("Enter")
    page.get_by_text("bob proposes").wait_for()
    note = Note.objects.get()
    assert (note.tag, note.text, note.author.username) == ("denied", "His spokeswoman says so.", "bob")
    card = page.locator(f"#statement-{note.statement_id}")
    expect(card.get_by_role("button", name="Take it")).to_have_count(0)
    card.get_by_role("button", name="Withdraw").press("Enter")
    page.get_by_text("bob proposes").wait_for(state="detached")
    assert Note.objects.get().outcome == "withdrawn"


@pytest.mark.parametrize("options", [{}, PHONE, {"java_script_enabled": False}])
def test_an_editor_is_told_what_waits_and_takes_it_with_one_click(open_desk, newsroom, article, options):
    note = propose(newsroom)
    desk = open_desk(**options).log_in("alice")
    page = desk.page
    page.get_by_role("link", name="1 proposal waits").click()
    page.get_by_role("link", name="A report").click()
    card = page.locator(f"#statement-{note.statement_id}")
    card.get_by_text("bob proposes").wait_for()
    card.get_by_role("button", name="Take it").click()
    page.locator('#text mark[data-tag="denied"]').first.wait_for()
    expect(card.get_by_text("bob proposes")).to_have_count(0)
    note.refresh_from_db()
    assert (note.outcome, note.resolved_by.username) == ("taken", "alice")
    entry = Entry.objects.get(action="statement.tagged")
    assert (entry.actor_name, entry.reason) == ("alice", "Proposed by bob: His spokeswoman says so.")
    desk.open(f"/api/v1/statements/{note.statement_id}/")
    page.get_by_text("bob proposed").first.wait_for()
    desk.open("/")
    expect(page.get_by_text("proposal waits")).to_have_count(0)


def test_an_editor_sets_aside_what_the_tag_has_overtaken(open_desk, newsroom, article):
    note = propose(newsroom)
    services.tag_statement(
        statement_id=note.statement_id, versions=None, actor=newsroom["alice"], tag="denied", reason="She said so."
    )
    desk = open_desk(**PHONE).log_in("alice")
    desk.open(f"/api/v1/statements/{note.statement_id}/")
    desk.page.get_by_text("the statement has this tag").wait_for()
    desk.page.get_by_role("button", name="Set aside").click()
    desk.page.get_by_text("by alice").first.wait_for()
    assert Note.objects.get().outcome == "set_aside"


def test_a_proposal_that_is_taken_too_late_shows_what_was_changed(open_desk, newsroom, article):
    note = propose(newsroom)
    desk = open_desk().log_in("alice")
    desk.open(f"/api/v1/statements/{note.statement_id}/")
    services.tag_statement(
        statement_id=note.statement_id, versions=None, actor=newsroom["erin"], tag="asserted", reason="He says so."
    )
    desk.page.get_by_role("button", name="Take it").click()
    desk.page.get_by_role("heading", name="This has changed since you opened it").wait_for()
    expect(desk.page.get_by_text("He says so.").first).to_be_visible()
    assert Statement.objects.get(pk=note.statement_id).tag == "asserted"
    desk.page.get_by_role("button", name="Apply my change").click()
    desk.page.get_by_text("bob proposed").first.wait_for()
    assert Statement.objects.get(pk=note.statement_id).tag == "denied"
