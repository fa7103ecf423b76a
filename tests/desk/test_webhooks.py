"""The pages of webhooks: from the account to the log of what was sent."""

import re

import pytest
from django.utils import timezone

from factcheck.webhooks.models import Delivery, Webhook
from factcheck.webhooks.services import create_webhook, disable_webhook, ping_webhook
from tests.newsroom import browser_of, page_of, user_with_role

HOOKS = "/api/v1/webhooks/"
URL = "https://front.example/hooks"


@pytest.fixture
def desk(alice):
    return browser_of(alice)


@pytest.fixture
def webhook(alice):
    return create_webhook(actor=alice, url=URL, actions=["statement.tagged"], article=None, active=True)


def test_editors_find_them_from_their_account_and_reporters_do_not(db, desk):
    link = f'<a href="{HOOKS}">Webhooks</a>'
    assert link in page_of(desk, "/account/")
    assert link not in page_of(browser_of(user_with_role("bob", "reporter")), "/account/")
    assert "There are no webhooks yet." in page_of(desk, HOOKS)


def test_the_secret_is_on_the_page_that_follows_the_form_and_on_no_other(desk):
    form = page_of(desk, f"{HOOKS}?form=new")
    assert '<input type="checkbox" name="actions" value="statement.tagged"> <code>statement.tagged</code>' in form
    assert re.search(r'<input type="checkbox" name="active"[^>]* checked', form)
    answer = desk.post(HOOKS, {"url": URL, "actions": ["", "statement.tagged"], "article": "", "active": "true"})
    assert answer.status_code == 201
    webhook = Webhook.objects.get()
    assert (webhook.url, webhook.actions, webhook.article, webhook.active) == (URL, ["statement.tagged"], None, True)
    assert re.search(r"<pre tabindex=\"0\">(.*)</pre>", answer.content.decode())[1] == webhook.secret
    for address in (HOOKS, f"{HOOKS}{webhook.pk}/", f"{HOOKS}{webhook.pk}/?form=edit"):
        page = page_of(desk, address)
        assert URL in page
        assert webhook.secret not in page


def test_a_form_that_is_refused_says_why_at_its_field(desk):
    answer = desk.post(HOOKS, {"url": "http://127.0.0.1/", "actions": ["", "note.created"]})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "127.0.0.1 is in a network that is not public" in page
    assert 'value="note.created" checked' in page


def test_it_is_changed_pinged_rotated_and_deleted_by_its_buttons(desk, webhook):
    address = f"{HOOKS}{webhook.pk}/"
    form = page_of(desk, f"{address}?form=edit")
    assert 'value="statement.tagged" checked' in form
    sent = {"_method": "PATCH", "version": 1, "url": URL, "actions": "", "article": "", "active": "true"}
    assert desk.post(address, sent).status_code == 303
    webhook.refresh_from_db()
    assert (webhook.actions, webhook.version) == ([], 2)
    assert desk.post(f"{address}ping/").status_code == 303
    assert "<code>ping</code>" in page_of(desk, address)
    rotated = desk.post(f"{address}rotate-secret/", {"version": 2}).content.decode()
    webhook.refresh_from_db()
    assert webhook.secret in rotated
    assert "The one before signs too" in rotated
    assert desk.post(address, {"_method": "DELETE", "version": 3})["Location"].endswith(HOOKS)
    assert not Webhook.objects.exists()


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(desk, webhook):
    Webhook.objects.update(version=2)
    for path, sent in [("", {"_method": "PATCH", "url": URL}), ("", {"_method": "DELETE"}), ("rotate-secret/", {})]:
        answer = desk.post(f"{HOOKS}{webhook.pk}/{path}", {**sent, "version": 1})
        assert answer.status_code == 412
        assert f'<a href="{HOOKS}{webhook.pk}/">Go to webhook {webhook.pk}</a>' in answer.content.decode()


def test_one_that_was_disabled_is_told_on_the_start_page_until_it_is_active_again(desk, webhook):
    assert "Nothing is sent to" not in page_of(desk, "/")
    disable_webhook(webhook_id=webhook.pk, reason="The receiver answered 410: it wants no more.")
    assert f"Nothing is sent to {URL} any more" in page_of(desk, "/")
    assert "Nothing is sent to" not in page_of(browser_of(user_with_role("bob", "reporter")), "/")
    page = page_of(desk, f"{HOOKS}{webhook.pk}/")
    assert "The receiver answered 410: it wants no more." in page
    assert "Send a ping" not in page
    desk.post(f"{HOOKS}{webhook.pk}/", {"_method": "PATCH", "version": 2, "active": "true"})
    assert Webhook.objects.get().active
    assert Webhook.objects.get().actions == ["statement.tagged"]
    assert "Nothing is sent to" not in page_of(desk, "/")


def test_the_log_shows_each_attempt_with_its_answer_escaped(desk, webhook):
    delivery = ping_webhook(webhook_id=webhook.pk)
    attempts = [
        {"at": "2026-03-02T14:05:00.000000Z", "status": None, "answer": "", "error": "No answer.", "milliseconds": 9},
        {"at": "2026-03-02T14:06:00.000000Z", "status": 200, "answer": "<b>ok</b>", "error": "", "milliseconds": 7},
    ]
    Delivery.objects.update(state="delivered", ended_at=timezone.now(), attempts=attempts)
    page = page_of(desk, f"{HOOKS}{webhook.pk}/deliveries/?state=delivered")
    assert "2 attempts" in page
    assert 'after 9 milliseconds: <span lang="en" dir="auto">No answer.</span>' in page
    assert 'after 7 milliseconds: <b>200</b> <code dir="auto">&lt;b&gt;ok&lt;/b&gt;</code>' in page
    assert '<option value="delivered" selected>delivered</option>' in page
    again = desk.post(f"{HOOKS}{webhook.pk}/deliveries/{delivery.pk}/redeliver/", {"next": f"{HOOKS}{webhook.pk}/"})
    assert (again.status_code, again["Location"]) == (303, f"{HOOKS}{webhook.pk}/")
    assert Delivery.objects.get().state == "pending"


def test_a_button_that_comes_too_late_says_why(desk, webhook):
    delivery = ping_webhook(webhook_id=webhook.pk)
    disable_webhook(webhook_id=webhook.pk, reason="It fails.")
    for act in ("ping/", f"deliveries/{delivery.pk}/redeliver/"):
        answer = desk.post(f"{HOOKS}{webhook.pk}/{act}")
        assert answer.status_code == 409
        assert "This webhook is not active, so nothing is sent." in answer.content.decode()
