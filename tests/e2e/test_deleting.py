"""Deleting with open eyes, and what the button to publish says."""

import pytest
from playwright.sync_api import expect

from claims import services
from claims.models import Article, Dispute, Statement
from sources.services import create_source

TEXT = "Joe Biden called it certain. Nobody denied it."
WINDOWS = pytest.mark.parametrize("options", [{}, {"viewport": {"width": 375, "height": 800}, "color_scheme": "dark"}])


@pytest.fixture
def statement(newsroom):
    by = {"actor": newsroom["alice"]}
    article = services.create_article(title="A report", text=TEXT, **by)
    joe, emily = (create_source(name=name, kind="person", **by) for name in ("Joe Biden", "Emily Horne"))
    made = services.create_statement(article=article, source=joe, start=0, end=28, **by)
    services.open_dispute(statement=made, raised_by=emily, kind="denial", **by)
    services.create_evidence(statement=made, stance="refutes", title="A letter", **by)
    services.create_note(statement=made, text="Ask her.", **by)
    return made


@WINDOWS
def test_a_statement_with_an_open_dispute_goes_only_for_a_reason(open_desk, statement, options):
    desk = open_desk(**options).log_in("alice")
    page = desk.page
    desk.open(f"/api/v1/statements/{statement.pk}/")
    page.get_by_role("link", name="Delete").click()
    for shown in (
        "Joe Biden called it certain.",
        "Emily Horne",
        "1 piece of evidence goes along.",
        "1 note goes along.",
    ):
        expect(page.get_by_text(shown).first).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    assert page.get_by_label("Reason").evaluate("field => field.matches(':invalid')")
    page.get_by_label("Reason").fill(" ")
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("Say why it is deleted.").wait_for()
    assert Dispute.objects.exists()
    page.get_by_label("Reason").fill("Marked twice.")
    page.get_by_role("button", name="Delete").press("Enter")
    page.get_by_role("heading", name="A report").wait_for()
    assert not Statement.objects.exists()


def test_without_a_script_a_dispute_is_shown_and_deleted_for_a_reason(open_desk, statement):
    desk = open_desk(java_script_enabled=False).log_in("alice")
    desk.open(f"/api/v1/disputes/{Dispute.objects.get().pk}/")
    desk.page.get_by_role("link", name="Delete").click()
    expect(desk.page.get_by_text("Joe Biden called it certain.")).to_be_visible()
    desk.page.get_by_label("Reason").fill("Opened twice.")
    desk.page.get_by_role("button", name="Delete").click()
    desk.page.get_by_text("Nobody disputes it.").wait_for()


@WINDOWS
def test_publishing_says_what_is_unresolved_and_a_published_article_has_no_button_to_delete(
    open_desk, statement, options
):
    desk = open_desk(**options).log_in("alice")
    page, address = desk.page, f"/api/v1/articles/{statement.article_id}/"
    desk.open(address)
    form = page.locator(".status-form")
    for shown in ("1 unverified statement", "1 open dispute", "1 open note"):
        expect(form.get_by_role("link", name=shown)).to_be_visible()
    form.get_by_label("Reason to publish").fill("It is urgent.")
    form.get_by_role("button", name="Publish").click()
    page.get_by_role("button", name="Withdraw").wait_for()
    desk.open(f"{address}?form=delete")
    page.get_by_text("It is published").wait_for()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    page.get_by_role("link", name="Withdraw it first").click()
    page.get_by_label("Reason to withdraw").fill("It was wrong.")
    page.get_by_role("button", name="Withdraw").click()
    page.locator("#state").get_by_role("link", name="Delete").click()
    page.get_by_text("1 statement goes along.").wait_for()
    page.get_by_label("Reason").fill("Taken in twice.")
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url("**/api/v1/articles/")
    assert not Article.objects.exists()
