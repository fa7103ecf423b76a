"""An act is taken back where it was done: from its message, by a key, and from the journal. The place is kept."""

import pytest
from playwright.sync_api import expect

from claims import services
from claims.models import Note, Statement
from tests.e2e.test_keep_place import article, at_the_card, focused, nothing_moved, places, said, statements  # noqa: F401

WINDOWS = pytest.mark.parametrize("width", [1280, 375])


def tag(desk, statement, word="denied"):
    desk.page.locator(f"#reason-{statement.pk}").fill("He denies it.")
    desk.page.locator(f"#statement-{statement.pk}").get_by_role("button", name=word).click()
    said(desk, f"is tagged {word}")


def tag_of(statement):
    return Statement.objects.get(pk=statement.pk).tag


@WINDOWS
@pytest.mark.parametrize("way", ["button", "z"])
def test_a_tag_is_taken_back_from_its_message_and_nothing_moves(open_desk, article, statements, width, way):  # noqa: F811
    desk = open_desk(viewport={"width": width, "height": 800}).log_in("alice")
    page, statement = desk.page, statements[12]
    at_the_card(desk, article, statement)
    tag(desk, statement)
    before = places(desk, statement)
    if way == "z":
        page.keyboard.press("z")
    else:
        page.locator("#said").get_by_role("button", name="Undo").click()
    said(desk, f"Taken back: alice tagged statement {statement.pk} denied.")
    expect(page.locator(f"#mark-{statement.pk}")).to_have_attribute("data-tag", "unverified")
    assert tag_of(statement) == "unverified"
    nothing_moved(desk, statement, before)
    assert focused(desk) == f"statement-{statement.pk}"
    assert page.evaluate("window.stayed")
    expect(page.locator("#said").get_by_role("button")).to_have_count(0)
    tag(desk, statement, "asserted")  # the card has the present version


def test_a_proposal_that_was_taken_is_open_again_on_its_card(open_desk, newsroom, article, statements):  # noqa: F811
    statement = statements[3]
    services.propose_tag(
        statement_id=statement.pk, versions=None, actor=newsroom["bob"], tag="denied", reason="Ask her."
    )
    desk = open_desk().log_in("alice")
    card = at_the_card(desk, article, statement)
    card.get_by_role("button", name="Take it").click()
    said(desk, "is tagged denied")
    expect(card.get_by_text("bob proposes")).to_have_count(0)
    desk.page.keyboard.press("z")
    card.get_by_text("bob proposes").wait_for()
    assert Note.objects.get().outcome is None
    card.get_by_role("button", name="Take it").click()
    said(desk, "is tagged denied")


def test_what_somebody_has_changed_since_is_not_taken_back(open_desk, newsroom, article, statements):  # noqa: F811
    desk = open_desk().log_in("alice")
    at_the_card(desk, article, statements[0])
    tag(desk, statements[0])
    services.tag_statement(
        statement_id=statements[0].pk, versions=None, actor=newsroom["erin"], tag="asserted", reason="She says so."
    )
    desk.page.keyboard.press("z")
    desk.page.get_by_role("link", name="See what happened since").click()
    desk.page.get_by_text("She says so.").wait_for()
    assert tag_of(statements[0]) == "asserted"


@pytest.mark.parametrize("scripted", [True, False])
def test_from_the_journal_it_leads_back_to_its_line(open_desk, newsroom, article, statements, scripted):  # noqa: F811
    for statement in statements[:18]:
        services.tag_statement(
            statement_id=statement.pk, versions=None, actor=newsroom["erin"], tag="asserted", reason="She says so."
        )
    desk = open_desk(java_script_enabled=scripted).log_in("alice")
    page = desk.page
    desk.open(f"/api/v1/journal/?article={article.pk}")
    page.get_by_role("link", name="undo").nth(14).click()
    page.get_by_role("button", name="Undo it").click()
    page.get_by_text("Taken back: erin tagged statement").first.wait_for()
    assert f"/journal/?article={article.pk}#entry-" in page.url
    expect(page.locator(":target")).to_be_in_viewport()
    expect(page.locator(".said")).to_be_in_viewport()


def test_without_scripts_the_message_has_the_way_back(open_desk, article, statements):  # noqa: F811
    desk = open_desk(java_script_enabled=False).log_in("alice")
    statement = statements[5]
    desk.open(f"/api/v1/articles/{article.pk}/?at={statement.pk}")
    desk.page.locator(f"#reason-{statement.pk}").fill("He denies it.")
    desk.page.locator(f"#statement-{statement.pk}").get_by_role("button", name="denied").click()
    desk.page.get_by_role("link", name="Undo").click()
    desk.page.get_by_role("button", name="Undo it").click()
    desk.page.get_by_text("Taken back:").wait_for()
    assert f"/articles/{article.pk}/?at={statement.pk}" in desk.page.url
    assert tag_of(statement) == "unverified"


def test_the_message_of_an_act_takes_the_place_of_the_one_before_it(open_desk, article, statements):  # noqa: F811
    desk = open_desk().log_in("alice")
    page = desk.page
    desk.open(f"/api/v1/articles/{article.pk}/?form=edit")
    page.get_by_label("Byline").fill("Somebody")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The article was saved.").wait_for()
    tag(desk, statements[0])
    expect(page.get_by_text("The article was saved.")).to_have_count(0)
