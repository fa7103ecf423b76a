"""The endpoints of webhooks: who may use them, what they refuse, and where a secret is shown."""

import json
import re
import socket
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from standardwebhooks import Webhook as Verifier

from claims import services
from factcheck.api.models import IdempotentAnswer
from factcheck.desk.sentences import ACTS
from factcheck.journal.models import Entry
from factcheck.webhooks.actions import ACTIONS
from factcheck.webhooks.models import Delivery, Webhook
from factcheck.webhooks.services import MAX_ACTIVE, disable_webhook
from factcheck.webhooks.signing import signed_headers
from tests.newsroom import client_of, user_with_role

HOOKS = "/api/v1/webhooks/"
URL = "https://front.example/hooks?from=factcheck"
ANY = {"If-Match": "*"}
KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}


@pytest.fixture
def webhook(subscribe):
    return subscribe(URL)


def errors_of(answer, status=400):
    assert answer.status_code == status, answer.content
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_a_webhook_is_made_read_changed_and_deleted(api, alice, article):
    body = {"url": URL, "actions": ["statement.tagged", "dispute.opened"], "article": article.pk}
    made = api.post(HOOKS, body)
    row = made.json()
    address = f"{HOOKS}{row['id']}/"
    assert (made.status_code, made["Location"]) == (201, f"http://testserver{address}")
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", row.pop("secret"))
    got = api.get(address)
    assert got.json() == row == {
        "id": row["id"], "version": 1, "created_at": row["created_at"], "updated_at": row["updated_at"],
        "created_by": {"id": alice.pk, "username": "alice"}, "url": URL,
        "actions": ["dispute.opened", "statement.tagged"], "article": article.pk, "active": True, "disabled_at": None,
        "disabled_reason": "", "old_secret_until": None,
    }  # fmt: skip
    assert got["ETag"].startswith('"1-')
    assert api.get(HOOKS).json() == {"next": None, "previous": None, "results": [row]}
    changed = api.patch(address, {"active": False}, headers={"If-Match": got["ETag"]})
    assert (changed.status_code, changed.json()["version"], changed.json()["active"]) == (200, 2, False)
    put = api.put(address, {"url": URL}, headers={"If-Match": changed["ETag"]})
    assert (put.json()["actions"], put.json()["article"], put.json()["active"]) == ([], None, True)
    assert api.delete(address, headers={"If-Match": put["ETag"]}).status_code == 204
    assert api.get(address).status_code == 404


def test_a_change_needs_the_version_that_was_read(api, webhook):
    address = f"{HOOKS}{webhook.pk}/"
    for method, path, body in [("patch", address, {"active": False}), ("delete", address, None),
                               ("post", address + "rotate-secret/", {})]:  # fmt: skip
        assert getattr(api, method)(path, body).status_code == 428
        stale = getattr(api, method)(path, body, headers={"If-Match": '"7"'})
        assert stale.status_code == 412
        assert stale["ETag"].startswith('"1-')
    assert Webhook.objects.get().version == 1


@pytest.mark.parametrize("role", ["viewer", "reporter"])
def test_only_editors_and_admins_see_them(db, webhook, role):
    client = client_of(user_with_role("bob", role))
    for path in ("", f"{webhook.pk}/", f"{webhook.pk}/deliveries/"):
        assert client.get(HOOKS + path).status_code == 403
    assert client.post(HOOKS, {"url": URL}).status_code == 403


@pytest.mark.parametrize(("url", "code", "words"), [
    ("http://127.0.0.1/", "forbidden", "127.0.0.1 is in a network that is not public, so nothing is sent there. Give "
     "the receiver a public address, or let an admin set WEBHOOK_ALLOW_PRIVATE=1."),
    ("http://127.0.0.1:8080/hook", "forbidden", None),
    ("http://localhost/", "forbidden", None),
    ("http://LOCALHOST./", "forbidden", None),
    ("http://db.localhost/", "forbidden", None),
    ("http://[::1]/", "forbidden", None),
    ("http://[::ffff:10.0.0.1]/", "forbidden", None),
    ("https://10.1.2.3/", "forbidden", None),
    ("https://169.254.169.254/latest/", "forbidden", None),
    ("https://user:password@front.example/", "invalid",
     "Leave the user name and the password out of the address: the signature tells the receiver who sends."),
    ("https://front.example:0/", "invalid", "There is no port 0. Leave it out, or give one from 1 to 65535."),
    ("https://front.example:99999/", "invalid", None),
    ("ftp://front.example/", "scheme", "Give an address that begins with http:// or https://."),
    ("javascript:alert(1)", "scheme", None),
    ("front.example", "scheme", None),
    ("", "blank", None),
    (None, "null", None),
    (7, "invalid", None),
    ("https://front.example/" + "a" * 2_000, "long", None),
])  # fmt: skip
def test_an_address_that_cannot_be_a_receiver_is_refused_with_what_to_do(api, url, code, words):
    answer = api.post(HOOKS, {"url": url})
    assert errors_of(answer) == [("#/url", code)]
    assert not words or answer.json()["errors"][0]["detail"] == words
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0"])
def test_an_address_in_other_digits_is_judged_as_what_it_is(api, subscribe, host):
    webhook = subscribe(URL)
    answer = api.patch(f"{HOOKS}{webhook.pk}/", {"url": f"http://{host}/"}, headers=ANY)
    assert errors_of(answer) in ([("#/url", "forbidden")], [("#/url", "invalid")])


def test_no_name_is_looked_up_when_it_is_saved(api, monkeypatch):
    look_up = socket.getaddrinfo

    def numeric_only(*given, flags=0, **more):
        assert flags == socket.AI_NUMERICHOST
        return look_up(*given, flags=flags, **more)

    monkeypatch.setattr(socket, "getaddrinfo", numeric_only)
    assert api.post(HOOKS, {"url": "https://front.example:8443/"}).status_code == 201


@pytest.mark.parametrize("host", ["front:3000", "front"])
def test_a_name_without_a_dot_is_taken_only_where_private_addresses_are(api, settings, host):
    assert errors_of(api.post(HOOKS, {"url": f"http://{host}/hooks"})) == [("#/url", "invalid")]
    settings.WEBHOOK_ALLOW_PRIVATE = True
    assert api.post(HOOKS, {"url": f"http://{host}/hooks"}).status_code == 201
    for url in ("http://-front/", "http://front end/", "http://front:x/", "http:///hooks"):
        assert errors_of(api.post(HOOKS, {"url": url})) == [("#/url", "invalid")]


def test_where_the_setting_says_so_a_private_address_is_taken(api, settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    for url in ("http://127.0.0.1:9000/", "http://localhost/", "http://[::1]:80/"):
        assert api.post(HOOKS, {"url": url}).status_code == 201


@pytest.mark.parametrize(("body", "pointer", "code"), [
    ({"actions": ["statement.taged"]}, "#/actions/0", "invalid_choice"),
    ({"actions": ["statement.tagged", "user.created"]}, "#/actions/1", "invalid_choice"),
    ({"actions": ["ping"]}, "#/actions/0", "invalid_choice"),
    ({"actions": "statement.tagged"}, "#/actions", "not_a_list"),
    ({"actions": [1]}, "#/actions/0", "invalid_choice"),
    ({"actions": ["statement.tagged"] * 50}, "#/actions", "max_length"),
    ({"article": 999}, "#/article", "does_not_exist"),
    ({"article": 2**63}, "#/article", "max_value"),
    ({"article": "1"}, "#/article", "invalid"),
    ({"active": "yes"}, "#/active", "invalid"),
    ({"active": None}, "#/active", "null"),
    ({"secret": "whsec_mine"}, "#/secret", "unknown_field"),
])  # fmt: skip
def test_what_is_wrong_is_named(api, body, pointer, code):
    answer = api.post(HOOKS, {"url": URL, **body})
    assert errors_of(answer) == [(pointer, code)]
    assert not Webhook.objects.exists()


def test_its_article_may_be_deleted_and_the_webhook_is_still_changed(api, alice, article):
    made = api.post(HOOKS, {"url": URL, "article": article.pk}).json()
    services.delete_article(article_id=article.pk, versions=None, actor=alice)
    answer = api.put(f"{HOOKS}{made['id']}/", {"url": URL + "&again", "article": article.pk}, headers=ANY)
    assert (answer.status_code, answer.json()["article"]) == (200, article.pk)


def test_of_active_ones_there_is_a_limit(api, alice, subscribe):
    for n in range(MAX_ACTIVE - 1):
        subscribe(f"{URL}{n}")
    off = api.post(HOOKS, {"url": URL, "active": False}).json()
    assert api.post(HOOKS, {"url": URL}).status_code == 201
    refused = api.post(HOOKS, {"url": URL})
    assert (refused.status_code, refused.json()["detail"]) == (
        409, "There are 50 active webhooks, which is the limit. Switch one off first.",
    )  # fmt: skip
    assert api.patch(f"{HOOKS}{off['id']}/", {"active": True}, headers=ANY).status_code == 409


def test_the_secret_is_in_one_answer_and_nowhere_else(api, alice, caplog):
    caplog.set_level("DEBUG")
    secrets = [api.post(HOOKS, {"url": URL}, headers=KEY).json()["secret"]]
    address = f"{HOOKS}{Webhook.objects.get().pk}/"
    rotated = api.post(address + "rotate-secret/", {}, headers={**ANY, "Idempotency-Key": "another"}).json()
    secrets.append(rotated["secret"])
    assert rotated["version"] == 2
    assert rotated["old_secret_until"]
    api.post(address + "ping/")
    seen = [api.get(path).content.decode() for path in (HOOKS, address, address + "deliveries/", "/api/v1/journal/")]
    seen += [answer.body for answer in IdempotentAnswer.objects.all()]
    seen += [caplog.text, json.dumps([entry.data for entry in Entry.objects.all()])]
    assert not [text for text in seen for secret in secrets if secret[6:-1] in text]


@pytest.mark.parametrize("act", ["create", "rotate"])
def test_an_answer_with_a_secret_is_not_given_again(api, webhook, act):
    path = HOOKS if act == "create" else f"{HOOKS}{webhook.pk}/rotate-secret/"
    body = {"url": URL} if act == "create" else {}
    first = api.post(path, body, headers={**KEY, **ANY})
    again = api.post(path, body, headers={**KEY, **ANY})
    assert (again.status_code, again.json()["type"]) == (409, "urn:factcheck:problem:conflict")
    assert again.json()["made"] == {name: value for name, value in first.json().items() if name != "secret"}
    assert Webhook.objects.count() == (2 if act == "create" else 1)


def test_a_ping_waits_in_the_log(api, webhook):
    answer = api.post(f"{HOOKS}{webhook.pk}/ping/")
    assert answer.status_code == 201
    [row] = api.get(f"{HOOKS}{webhook.pk}/deliveries/").json()["results"]
    assert answer.json() == row == {
        "id": row["id"], "message_id": f"ping-{row['id']}", "type": "ping", "entry": None, "resource": "ping",
        "resource_id": 0, "state": "pending", "created_at": row["created_at"],
        "next_attempt_at": row["next_attempt_at"], "ended_at": None, "attempts": [],
    }  # fmt: skip


def test_an_act_takes_no_parameter_that_it_does_not_know(api, webhook):
    delivery = api.post(f"{HOOKS}{webhook.pk}/ping/").json()["id"]
    for act in ("ping/", "rotate-secret/", f"deliveries/{delivery}/redeliver/"):
        assert errors_of(api.post(f"{HOOKS}{webhook.pk}/{act}?force=1", headers=ANY)) == [("?force", "unknown")]


def test_while_a_ping_waits_there_is_no_other(api, webhook):
    first = api.post(f"{HOOKS}{webhook.pk}/ping/").json()
    later = timezone.now() + timedelta(hours=6)
    webhook.deliveries.update(next_attempt_at=later, failures=9)
    again = api.post(f"{HOOKS}{webhook.pk}/ping/").json()
    assert (again["id"], again["state"]) == (first["id"], "pending")
    assert again["next_attempt_at"] < later.isoformat()
    webhook.deliveries.update(state="delivered", ended_at=timezone.now())
    assert api.post(f"{HOOKS}{webhook.pk}/ping/").json()["id"] != first["id"]


def test_nothing_is_sent_for_one_that_is_not_active(api, webhook):
    delivery = api.post(f"{HOOKS}{webhook.pk}/ping/").json()["id"]
    disable_webhook(webhook_id=webhook.pk, reason="It fails.")
    for act in ("ping/", f"deliveries/{delivery}/redeliver/"):
        answer = api.post(f"{HOOKS}{webhook.pk}/{act}")
        assert (answer.status_code, answer.json()["detail"]) == (
            409, "This webhook is not active, so nothing is sent. Make it active first.",
        )  # fmt: skip
    row = api.get(f"{HOOKS}{webhook.pk}/").json()
    assert (row["active"], row["disabled_reason"], row["version"]) == (False, "It fails.", 2)
    assert [each["state"] for each in api.get(f"{HOOKS}{webhook.pk}/deliveries/").json()["results"]] == ["failed"]
    again = api.patch(f"{HOOKS}{webhook.pk}/", {"active": True}, headers=ANY).json()
    assert (again["active"], again["disabled_at"], again["disabled_reason"]) == (True, None, "")
    sent = api.post(f"{HOOKS}{webhook.pk}/deliveries/{delivery}/redeliver/")
    assert (sent.status_code, sent.json()["state"], sent.json()["ended_at"]) == (200, "pending", None)


def test_the_log_has_pages_and_a_filter(api, webhook, subscribe):
    rows = [Delivery(webhook=webhook, type="ping", resource="ping", resource_id=0) for _ in range(5)]
    Delivery.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE webhooks_delivery SET state = 'failed', ended_at = now() WHERE id % 2 = 0")
    Delivery.objects.create(webhook=subscribe(URL), type="ping", resource="ping", resource_id=0)
    found, address = [], f"{HOOKS}{webhook.pk}/deliveries/?page_size=2"
    while address:
        page = api.get(address).json()
        found += [row["id"] for row in page["results"]]
        address = page["next"]
    assert found == sorted((row.pk for row in rows), reverse=True)
    failed = api.get(f"{HOOKS}{webhook.pk}/deliveries/?state=failed").json()["results"]
    assert [row["id"] for row in failed] == [row for row in found if row % 2 == 0]
    assert errors_of(api.get(f"{HOOKS}{webhook.pk}/deliveries/?state=lost")) == [("?state", "invalid_choice")]
    assert errors_of(api.get(f"{HOOKS}{webhook.pk}/deliveries/?status=failed")) == [("?status", "unknown")]


def test_what_is_not_there_is_404(api, webhook, subscribe):
    other = subscribe(URL)
    foreign = api.post(f"{HOOKS}{other.pk}/ping/").json()["id"]
    for method, path in [
        ("get", "999/"), ("post", "999/ping/"), ("get", "999/deliveries/"), ("get", f"{2**63}/deliveries/"),
        ("post", f"{webhook.pk}/deliveries/{foreign}/redeliver/"),
        ("post", f"{webhook.pk}/deliveries/{2**63}/redeliver/"),
    ]:  # fmt: skip
        assert getattr(api, method)(HOOKS + path).status_code == 404
    assert api.post(f"{HOOKS}999/rotate-secret/", {}, headers=ANY).status_code == 404


def test_every_act_of_the_journal_can_be_chosen_but_those_on_users():
    assert set(ACTIONS) == {act for act in ACTS if not act.startswith("user.")}


def test_a_signature_is_the_one_of_the_library():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', [secret])
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }  # fmt: skip
    assert Verifier(secret)  # what it verifies of ours is in test_sending.py
