"""Accounts in a browser: from the invitation to the changed password, and what is seen of sessions and tokens."""

import re

import pytest
from playwright.sync_api import expect

from factcheck.api.models import Token
from tests.e2e.conftest import PASSWORD
from tests.e2e.test_pages import WINDOWS
from tests.newsroom import user_with_role

NEW = "another and odd 8"


@pytest.fixture
def root(newsroom):
    root = user_with_role("root", "admin")
    root.set_password(PASSWORD)
    root.save()
    return root


@WINDOWS
def test_an_admin_invites_somebody_who_sets_a_password_and_changes_it(open_desk, root, options):
    admin = open_desk(**options).log_in("root")
    page = admin.page
    page.get_by_role("link", name="Users").click()
    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_label("User name").fill("dora")
    page.get_by_label("Role").select_option("reporter")
    page.get_by_role("button", name="Invite").click()
    link = page.locator("pre").inner_text()
    guest = open_desk(**options)
    guest.page.goto(link)
    guest.page.get_by_label("New password", exact=True).fill(NEW)
    guest.page.get_by_label("New password confirmation").fill(NEW)
    guest.page.get_by_role("button", name="Set it").click()
    guest.page.get_by_text("Your password is set.").wait_for()
    guest.page.get_by_label("Username").fill("dora")
    guest.page.get_by_label("Password").fill(NEW)
    guest.page.get_by_role("button", name="Log in").click()
    guest.page.get_by_role("link", name="dora").click()
    assert "Bring in articles and correct them" in guest.page.locator("main").inner_text()
    guest.page.get_by_role("link", name="Change your password").click()
    guest.page.get_by_label("Old password").fill(NEW)
    guest.page.get_by_label("New password", exact=True).fill("a third and odd 9")
    guest.page.get_by_label("New password confirmation").fill("a third and odd 9")
    guest.page.keyboard.press("Enter")
    guest.page.get_by_text("Your password is changed.").wait_for()
    page.get_by_role("link", name="Users").first.click()
    page.get_by_role("link", name="dora").click()
    page.get_by_label("May log in").uncheck()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("It is saved.").wait_for()
    guest.open("/account/")
    guest.page.wait_for_url(re.compile("/login/"))


@WINDOWS
def test_sessions_are_seen_and_ended(open_desk, newsroom, options):
    here, there = (open_desk(**options).log_in("alice") for _ in range(2))
    here.page.get_by_role("link", name="alice").first.click()
    expect(here.page.locator("#sessions ~ .items .item")).to_have_count(2)
    expect(here.page.get_by_text("this one")).to_be_visible()
    here.page.get_by_role("button", name="End it").click()
    expect(here.page.locator("#sessions ~ .items .item")).to_have_count(1)
    there.open("/account/")
    there.page.wait_for_url(re.compile("/login/"))


@WINDOWS
@pytest.mark.parametrize("scripted", [True, False])
def test_revoking_a_token_asks(open_desk, newsroom, options, scripted):
    desk = open_desk(java_script_enabled=scripted, **options).log_in("alice")
    page = desk.page
    desk.open("/api/v1/tokens/")
    for name in ("first", "second"):
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Create the token").click()
        page.get_by_text("Copy the key now").wait_for()
    expect(page.locator(".item")).to_have_count(2)
    first = page.locator(".item", has_text="first")
    expect(first.get_by_role("button")).to_be_hidden()
    first.locator("summary").click()
    first.get_by_role("button", name="Revoke the token first").click()
    expect(page.locator(".item")).to_have_count(1)
    assert [token.name for token in Token.objects.all()] == ["second"]
