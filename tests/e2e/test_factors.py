"""The second step of a log-in in a browser: passkeys by a virtual authenticator of Chromium, and an app."""

import base64
import re
import time

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from factcheck.api.factors import new_secret, seal
from factcheck.api.models import AuthenticatorApp, Passkey, Session
from tests.e2e.conftest import PASSWORD

PAGE = "/account/second-step/"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """A phone or a key that belongs to the browser of a desk."""

    def __init__(self, desk, **options):
        self.session = desk.context.new_cdp_session(desk.page)
        self.session.send("WebAuthn.enable")
        self.id = self._ask("addVirtualAuthenticator", options={**DEVICE, **options})["authenticatorId"]

    def _ask(self, command, **given):
        return self.session.send(f"WebAuthn.{command}", given)

    def credentials(self):
        return self._ask("getCredentials", authenticatorId=self.id)["credentials"]

    def take(self, credential, **changed):
        self._ask("addCredential", authenticatorId=self.id, credential={**credential, **changed})

    def forget(self):
        self._ask("clearCredentials", authenticatorId=self.id)


def with_password(desk, name):
    desk.open("/login/")
    desk.page.get_by_label("Username").fill(name)
    desk.page.get_by_label("Password").fill(PASSWORD)
    desk.page.get_by_role("button", name="Log in", exact=True).click()
    return desk


def log_out(desk):
    desk.page.get_by_role("button", name="Log out").click()
    desk.page.wait_for_url(re.compile("/login/"))


def add_passkey(desk, name="Phone"):
    desk.open(PAGE)
    desk.page.get_by_label("Name of the passkey").fill(name)
    desk.page.get_by_role("button", name="Add a passkey").click()


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """Several log-ins a minute, in one test."""
    monkeypatch.setattr("factcheck.api.throttles.LoginThrottle.allow_request", lambda *_: True)


def test_a_passkey_is_added_is_the_second_step_and_logs_in_by_itself(open_desk, newsroom):
    desk = open_desk().log_in("alice")
    page, device = desk.page, Device(desk)
    add_passkey(desk)
    page.get_by_text("They are not shown again.").wait_for()
    assert len(page.locator("pre").inner_text().split()) == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator("b", has_text="Phone")).to_be_visible()
    (credential,) = device.credentials()
    assert (credential["rpId"], credential["isResidentCredential"]) == ("localhost", True)
    log_out(desk)
    with_password(desk, "alice")
    page.wait_for_url(re.compile("/login/second/"))
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(desk.server + "/")
    log_out(desk)
    desk.open("/login/?next=/search/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(desk.server + "/search/")
    desk.open(PAGE)
    expect(page.get_by_text("last used")).to_be_visible()
    add_passkey(desk)  # the device has one already, and says so
    expect(page.get_by_text("No passkey was made.")).to_be_visible()
    page.locator("summary", has_text="Remove it").click()
    page.get_by_role("button", name="Remove the passkey Phone").click()
    expect(page.get_by_text("nobody logs in with your password alone")).to_be_visible()
    log_out(desk)
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_text("This passkey is not known here").wait_for()
    assert not Passkey.objects.exists()


def test_a_copy_of_a_passkey_is_refused_by_its_counter(open_desk, newsroom):
    desk = open_desk().log_in("alice")
    device = Device(desk)
    add_passkey(desk)
    desk.page.get_by_role("link", name="I have kept them").click()
    (before,) = device.credentials()
    for status in ("in", "out"):
        log_out(desk)
        desk.page.get_by_role("button", name="Use a passkey").click()
        if status == "in":
            desk.page.wait_for_url(desk.server + "/")
            device.forget()
            device.take(before)  # as it was: the next use has the number of the last one
    desk.page.get_by_text("This passkey is not known here").wait_for()
    assert Passkey.objects.get().sign_count == before["signCount"] + 1


def test_a_passkey_that_does_not_verify_its_user_is_refused(open_desk, newsroom):
    desk = open_desk().log_in("alice")
    Device(desk, hasUserVerification=False, isUserVerified=False)
    add_passkey(desk)
    expect(desk.page.get_by_text("No passkey was made.")).to_be_visible()
    assert not Passkey.objects.exists()


FETCH = """async ([path, fields]) => {
  const body = new URLSearchParams(fields);
  const answer = await fetch(path, { method: "POST", body, headers: { Accept: "application/json" } });
  return [answer.status, await answer.text()];
}"""
PROVE = """async ([path, fields]) => {
  const body = new URLSearchParams(fields);
  const asked = await fetch(path, { method: "POST", body, headers: { Accept: "application/json" } });
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await asked.json());
  return JSON.stringify(await navigator.credentials.get({ publicKey }));
}"""


def token_of(desk):
    return next(each["value"] for each in desk.context.cookies() if each["name"].endswith("csrftoken"))


def test_an_answer_counts_once_for_its_challenge_its_origin_and_its_user(open_desk, newsroom):
    desk = open_desk().log_in("alice")
    Device(desk)
    add_passkey(desk)
    desk.page.get_by_role("link", name="I have kept them").click()
    log_out(desk)
    alone = {"csrfmiddlewaretoken": token_of(desk), "alone": "1"}
    answer = desk.page.evaluate(PROVE, ["/login/passkey/", alone])

    def sent(credential, **more):
        return desk.page.evaluate(FETCH, ["/login/passkey/", {**alone, "credential": credential, **more}])[0]

    desk.page.evaluate(FETCH, ["/login/passkey/", alone])  # another challenge
    assert sent(answer) == 403
    assert sent(answer) == 403  # and now there is none
    for wrong in (
        "{}",
        "[]",
        "null",
        "x",
        "[" * 9000,
        answer.replace('"id"', '"ID"'),
        '{"rawId": "AA", "response": {}}',
    ):
        desk.page.evaluate(FETCH, ["/login/passkey/", alone])
        assert sent(wrong) == 403
    # Of alice, where bob has given his password.
    secret = new_secret()
    AuthenticatorApp.objects.create(user=newsroom["bob"], secret=seal(secret), last_step=0)
    with_password(desk, "bob")
    desk.page.wait_for_url(re.compile("/login/second/"))
    expect(desk.page.get_by_role("button", name="Use a passkey")).to_have_count(0)
    alone["csrfmiddlewaretoken"] = token_of(desk)
    fresh = desk.page.evaluate(PROVE, ["/login/passkey/", alone])
    del alone["alone"]
    assert sent(fresh) == 403
    # The same host, another port: another origin.
    alone = {"csrfmiddlewaretoken": token_of(desk), "alone": "1"}
    fresh = desk.page.evaluate(PROVE, ["/login/passkey/", alone])
    cookies = {each["name"]: each["value"] for each in desk.context.cookies()}
    elsewhere = Client(headers={"Accept": "text/html", "Host": "localhost:1"})
    elsewhere.cookies.load(cookies)
    assert elsewhere.post("/login/passkey/", {"alone": "1", "credential": fresh}).status_code == 403
    fresh = desk.page.evaluate(PROVE, ["/login/passkey/", alone])
    assert sent(fresh) == 200  # it is alice's own, and leads to the start page


def test_who_must_adds_an_app_after_the_password_and_logs_in_with_it(open_desk, newsroom, monkeypatch):
    monkeypatch.setattr(settings, "REQUIRE_MFA", "editor")
    desk = with_password(open_desk(viewport={"width": 390, "height": 800}, has_touch=True), "alice")
    page = desk.page
    page.get_by_text("your role needs a second step besides the password").wait_for()
    page.get_by_role("link", name="Add an app").click()
    expect(page.get_by_role("img", name="QR code with the key")).to_be_visible()
    secret = secret_on(page)
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Add the app").click()
    page.get_by_text("This is not the code").wait_for()
    assert secret_on(page) == secret
    page.get_by_role("textbox", name="Code").fill(code_for(secret))
    page.keyboard.press("Enter")
    page.get_by_text("They are not shown again.").wait_for()
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url(desk.server + "/")
    log_out(desk)
    with_password(desk, "alice")
    page.get_by_role("textbox", name="Code").fill(code_for(secret, 1))
    page.keyboard.press("Enter")
    page.wait_for_url(desk.server + "/")


def test_where_a_session_has_ended_the_second_step_is_done_in_another_window(open_desk, newsroom):
    secret = new_secret()
    desk = open_desk().log_in("alice")
    AuthenticatorApp.objects.create(user=newsroom["alice"], secret=seal(secret), last_step=0)
    desk.open("/account/")
    Session.objects.all().delete()
    page = desk.page
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in and send").click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="in another window").click()
    other = opened.value
    other.get_by_role("textbox", name="Code").fill(code_for(secret))
    other.get_by_role("button", name="Go on").click()
    other.wait_for_url(desk.server + "/account/")
    with page.expect_navigation():
        page.get_by_role("button", name="Log in and send").click()
    expect(page.get_by_role("link", name="alice").first).to_be_visible()


def secret_on(page):
    return base64.b32decode(page.locator("form code").inner_text().replace(" ", ""))


def code_for(secret, later=0):
    return HOTP(secret, 6, SHA1()).generate(int(time.time() // 30) + later).decode()
