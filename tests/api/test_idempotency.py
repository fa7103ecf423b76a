"""A POST that is sent again with its Idempotency-Key gets the first response again, and does nothing twice.

Over 400 lines: all attempts with one key, in every order and with every kind of death, share the same helpers.
"""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from claims import services
from claims.models import Article
from factcheck.api import idempotency
from factcheck.api.base import BaseView
from factcheck.api.models import IdempotentAnswer, Token
from factcheck.errors import InvalidInput
from factcheck.journal.models import Entry
from factcheck.urls import router
from factcheck.webhooks.services import create_webhook, ping_webhook
from sources import services as source_services
from sources.models import Source

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
SOURCES = "/api/v1/sources/"
MINISTER = {"name": "The minister", "kind": "person"}


def user_with_role(name: str, role: str) -> User:
    user = User.objects.create_user(name)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def client_of(user: User, **token) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION="Token " + Token.issue(user, name="test", **token).key)
    return client


@pytest.fixture
def alice(db):
    return user_with_role("alice", "editor")


@pytest.fixture
def api(alice):
    return client_of(alice)


@pytest.fixture
def rows(alice):
    source = source_services.create_source(actor=alice, name="The ministry", kind="organization")
    speaker = source_services.create_source(actor=alice, name="The speaker", kind="person")
    article = services.create_article(actor=alice, title="A report", text="The minister said no.")
    statement = services.create_statement(article=article, actor=alice, source=source, start=0, end=21)
    dispute = services.open_dispute(actor=alice, statement=statement, raised_by=source, kind="denial")
    made = {"source": source, "speaker": speaker, "article": article, "statement": statement, "dispute": dispute}
    return {name: row.pk for name, row in made.items()}


def what_matters(answer):
    names = ("ETag", "Location", "Content-Type", "Cache-Control", "Vary", "Allow")
    return answer.status_code, answer.content, {name: answer.get(name) for name in names}


def problem_kind(answer):
    assert answer["Content-Type"] == "application/problem+json"
    return answer.json()["type"].removeprefix("urn:factcheck:problem:")


# The first response again


def test_a_repeated_creation_is_answered_with_the_first_row_and_writes_nothing(api):
    first = api.post(SOURCES, MINISTER, headers=KEY)
    assert first.status_code == 201
    made = Source.objects.get()
    assert first.json() == {
        "id": made.pk,
        "name": "The minister",
        "kind": "person",
        "part_of": None,
        "anonymous": False,
        "description": "",
        "aliases": [],
        "same_as": [],
        "version": 1,
        "created_at": first.json()["created_at"],
        "updated_at": first.json()["updated_at"],
    }
    again = api.post(SOURCES, MINISTER, headers=KEY)
    assert what_matters(again) == what_matters(first)
    assert again["Location"] == f"http://testserver/api/v1/sources/{made.pk}/"
    assert again["ETag"] == api.get(again["Location"])["ETag"]
    assert (
        Source.objects.count(),
        entries().count(),
        IdempotentAnswer.objects.count(),
    ) == (1, 1, 1)


POSTS = [
    ("sources/", MINISTER),
    ("articles/", {"title": "Another", "text": 'caf\u00e9 \U0001f600 \u0645\u0631\u062d\u0628\u0627 \u2028 \\ " \r\n'}),
    ("statements/", {"article": "{article}", "start": 4, "end": 12, "source": "{source}", "via": ["{source}"]}),
    ("evidence/", {"statement": "{statement}", "stance": "supports", "url": "https://archive.example/2"}),
    (
        "disputes/",
        {"statement": "{statement}", "raised_by": "{speaker}", "kind": "clarification"},
    ),
    ("statements/{statement}/tag/", {"tag": "denied", "reason": "The ministry denies it."}),
    ("statements/{statement}/reanchor/", {"start": 0, "end": 3, "reason": "Only the minister."}),
    ("statements/bulk/", [{"article": "{article}", "start": 4, "end": 12, "source": "{source}"}]),
    (
        "statements/bulk-tag/",
        {"statements": [{"id": "{statement}", "version": 1}], "tag": "denied", "reason": "The ministry denies it."},
    ),
    ("sources/{speaker}/merge/", {"into": "{source}", "reason": "The same one."}),
    ("articles/{article}/publish/", {"reason": "It is ready."}),
    ("articles/{published}/withdraw/", {"reason": "It was wrong."}),
    ("disputes/{dispute}/resolve/", {"state": "upheld", "reason": "The minutes say so.", "tag": "denied"}),
    ("disputes/{resolved}/reopen/", {"reason": "New facts."}),
    ("statements/{statement}/propose/", {"tag": "denied", "reason": "He says so."}),
    ("statements/{statement}/take/", {"proposal": "{proposal}"}),
    ("notes/", {"statement": "{statement}", "text": "Ask again."}),
    ("notes/{note}/resolve/", {}),
    ("notes/{settled}/reopen/", {"reason": "Still no answer."}),
    ("articles/{suggesting}/suggestions/accept/", [{"key": "{key}"}]),
    ("articles/{suggesting}/suggestions/dismiss/", [{"key": "{key}"}]),
    ("webhooks/{webhook}/ping/", {}),
    ("webhooks/{webhook}/deliveries/{delivery}/redeliver/", {}),
]


@pytest.mark.parametrize(("address", "body"), POSTS, ids=[address for address, _ in POSTS])
def test_every_post_is_answered_again_as_it_was_and_journalled_once(api, alice, rows, address, body):
    published = services.create_article(actor=alice, title="Published", text="Yes.")
    services.set_article_status(
        article_id=published.pk, versions=None, actor=alice, status="published", reason="It is ready."
    )
    other = services.create_statement(article=published, actor=alice, quote_type="narration", start=0, end=3)
    resolved = services.open_dispute(actor=alice, statement=other, raised_by_id=rows["source"], kind="denial")
    services.resolve_dispute(
        dispute_id=resolved.pk, versions=None, actor=alice, state="rejected", reason="Another day."
    )
    note, settled = (services.create_note(actor=alice, article=published, text="Ask.") for _ in range(2))
    services.resolve_note(note_id=settled.pk, versions=None, actor=alice)
    proposal = services.propose_tag(
        statement_id=rows["statement"], versions=None, actor=alice, tag="denied", reason="He says so."
    )
    suggesting = services.create_article(actor=alice, title="Talks", text="Ann Lee said that the talks had failed.")
    [card] = api.get(f"/api/v1/articles/{suggesting.pk}/suggestions/").json()["results"]
    rows |= {"published": published.pk, "resolved": resolved.pk, "suggesting": suggesting.pk}
    rows |= {"note": note.pk, "settled": settled.pk, "proposal": proposal.pk}
    webhook = create_webhook(actor=alice, url="https://front.example/", actions=[], article=None, active=True)
    rows |= {"webhook": webhook.pk, "delivery": ping_webhook(webhook_id=webhook.pk).pk}
    rows["key"] = json.dumps(card["key"])
    text = json.dumps(body)
    for name, row_id in rows.items():
        text = text.replace(f'"{{{name}}}"', str(row_id))

    def send():
        return api.generic(
            "POST",
            "/api/v1/" + address.format(**rows),
            text,
            content_type="application/json",
            headers={"If-Match": "*", **KEY},
        )

    first = send()
    assert first.status_code in (200, 201), first.content
    entries = Entry.objects.count()
    assert what_matters(send()) == what_matters(first)
    assert Entry.objects.count() == entries


def test_the_posts_above_and_the_tokens_are_all_posts_that_there_are():
    posts = set()
    for pattern in router.urls:
        if action := (getattr(pattern.callback, "actions", None) or {}).get("post"):
            assert issubclass(pattern.callback.cls, BaseView)
            name = action.removesuffix("_suggestions").replace("_", "-")
            posts.add((pattern.callback.cls.schema_tag, name))
    tried = [address.strip("/").split("/") for address, _ in POSTS]
    assert (
        posts - {("statements", "match-text"), ("articles", "fetch")}
        == {  # which only read
            (parts[0], parts[-1] if parts[1:] else "create") for parts in tried
        }
        | {("tokens", "create"), ("webhooks", "create"), ("webhooks", "rotate-secret")}
    )


def test_a_repeated_tag_with_the_if_match_of_the_first_is_no_conflict(api, rows):
    address = f"/api/v1/statements/{rows['statement']}/"
    known = {"If-Match": api.get(address)["ETag"], **KEY}
    act = {"tag": "denied", "reason": "The ministry denies it."}
    first = api.post(address + "tag/", act, headers=known)
    assert (first.status_code, first.json()["tag"], first.json()["version"]) == (200, "denied", 2)
    assert what_matters(api.post(address + "tag/", act, headers=known)) == what_matters(first)
    read_again = {"If-Match": first["ETag"], **KEY}
    assert what_matters(api.post(address + "tag/", act, headers=read_again)) == what_matters(first)
    assert Entry.objects.filter(action="statement.tagged").count() == 1
    without_key = api.post(address + "tag/", act, headers={"If-Match": known["If-Match"]})
    assert without_key.status_code == 412


def test_the_first_answer_is_repeated_after_the_row_was_changed_or_deleted(api):
    first = api.post(SOURCES, MINISTER, headers=KEY)
    api.patch(first["Location"], {"name": "The late minister"}, headers={"If-Match": "*"})
    assert what_matters(api.post(SOURCES, MINISTER, headers=KEY)) == what_matters(first)
    assert api.delete(first["Location"], headers={"If-Match": "*"}).status_code == 204
    assert what_matters(api.post(SOURCES, MINISTER, headers=KEY)) == what_matters(first)
    assert not Source.objects.exists()


def test_without_the_header_each_request_counts(api):
    assert [api.post(SOURCES, MINISTER).status_code for _ in range(2)] == [201, 201]
    assert (Source.objects.count(), IdempotentAnswer.objects.count()) == (2, 0)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_take_no_notice_of_the_header(api, method):
    made = api.post("/api/v1/sources/", MINISTER)
    headers = {"If-Match": "*", "Idempotency-Key": "no key at all"}
    assert getattr(api, method)(made["Location"], MINISTER, headers=headers).status_code in (200, 204)
    assert not IdempotentAnswer.objects.exists()


# Another request, another user, another day


@pytest.mark.parametrize(
    ("address", "body", "kind"),
    [
        (SOURCES, {"name": "The mayor", "kind": "person"}, "application/json"),
        (SOURCES + "?source=form", MINISTER, "application/json"),
        ("/api/v1/articles/", MINISTER, "application/json"),
        (SOURCES, MINISTER, "application/json; charset=utf-8"),
    ],
    ids=["body", "query", "path", "content-type"],
)
def test_a_key_that_belongs_to_another_request_is_refused(api, address, body, kind):
    api.generic("POST", SOURCES, json.dumps(MINISTER), content_type="application/json", headers=KEY)
    answer = api.generic("POST", address, json.dumps(body), content_type=kind, headers=KEY)
    assert answer.status_code == 422
    assert answer.json() == {
        "type": "urn:factcheck:problem:idempotency-key-reused",
        "title": "This Idempotency-Key belongs to another request",
        "status": 422,
        "detail": (
            "You used this Idempotency-Key for another method, address, content type or body. Make a new key for "
            "each request, and repeat the request byte for byte to retry it."
        ),
    }
    assert answer["Content-Type"] == "application/problem+json"
    assert (Source.objects.count(), Article.objects.count()) == (1, 0)


def test_two_users_may_choose_the_same_key(api):
    other = client_of(user_with_role("carol", "reporter"))
    first, second = (client.post(SOURCES, MINISTER, headers=KEY) for client in (api, other))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


def test_two_tokens_of_one_user_share_the_keys(api, alice):
    first = api.post(SOURCES, MINISTER, headers=KEY)
    assert client_of(alice).post(SOURCES, MINISTER, headers=KEY).json() == first.json()


def test_a_key_is_forgotten_after_24_hours(api):
    first = api.post(SOURCES, MINISTER, headers=KEY).json()
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=23, minutes=59))
    assert api.post(SOURCES, MINISTER, headers=KEY).json() == first
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24))
    mayor = {"name": "The mayor", "kind": "person"}
    second = api.post(SOURCES, mayor, headers=KEY)
    assert (second.status_code, second.json()["name"]) == (201, "The mayor")
    assert api.post(SOURCES, mayor, headers=KEY).json() == second.json()
    assert IdempotentAnswer.objects.count() == 1


def test_each_new_answer_deletes_a_limited_number_of_expired_ones_oldest_first(api, alice, monkeypatch):
    monkeypatch.setattr(idempotency, "MAX_DELETED", 2)
    for hours in (1, 30, 26, 28):
        IdempotentAnswer.objects.create(
            user=alice,
            key=f"{hours}",
            request_digest=b"",
            status=201,
            created_at=timezone.now() - timedelta(hours=hours),
        )
    api.post(SOURCES, MINISTER, headers=KEY)
    assert set(IdempotentAnswer.objects.values_list("key", flat=True)) == {"1", "26", KEY["Idempotency-Key"]}
    api.post(SOURCES, MINISTER, headers={"Idempotency-Key": "next"})
    assert set(IdempotentAnswer.objects.values_list("key", flat=True)) == {"1", "next", KEY["Idempotency-Key"]}


# Refusals


@pytest.mark.parametrize(
    "key",
    [
        *("", " ", "x" * 256, f'"{"x" * 256}"', "two words", "caf\xe9", "tab\there"),
        *('"', '"open', '""', '"a" "b"', '"a b"', '"a\\b"', '"a"b"'),
    ],
)
def test_a_key_that_is_not_1_to_255_visible_ascii_characters_is_refused(api, key):
    answer = api.post(SOURCES, MINISTER, headers={"Idempotency-Key": key})
    assert answer.status_code == 400
    assert answer.json() == {
        "type": "urn:factcheck:problem:invalid-input",
        "title": "The input is not valid",
        "status": 400,
        "detail": "Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID.",
        "errors": [],
    }
    assert not Source.objects.exists()


@pytest.mark.parametrize(
    ("bare", "quoted"), [("k", '"k"'), ("x" * 255, f'"{"x" * 255}"'), ("a!~b", ' "a!~b" '), ('a"b\\c', '"a\\"b\\\\c"')]
)
def test_a_key_in_quotes_is_the_same_as_without(api, bare, quoted):
    first = api.post(SOURCES, MINISTER, headers={"Idempotency-Key": bare})
    assert first.status_code == 201
    assert api.post(SOURCES, MINISTER, headers={"Idempotency-Key": quoted}).json() == first.json()


@pytest.mark.parametrize(
    ("header", "key"),
    [
        *(("k", "k"), ("XkX", "XkX"), (" \tk\t ", "k"), ("!", "!"), ("~", "~"), ('a"', 'a"'), ("x" * 255, "x" * 255)),
        *(('"k"', "k"), ('"XkX"', "XkX"), ('\t"k" ', "k"), ('"!~"', "!~"), (f'"{"x" * 255}"', "x" * 255)),
        *(('"a\\"b\\\\c"', 'a"b\\c'), ('"' + r"\\" * 255 + '"', "\\" * 255)),
    ],
)
def test_a_key_is_what_the_header_holds_between_blanks_and_quotes(header, key):
    assert idempotency.idempotency_key(headed(header)) == key


@pytest.mark.parametrize("header", ["", "x" * 256, "a b", "\xa0k", "k\x85", "\x0bk", '"k\xa0"', '"', '"\\k"', '""'])
def test_what_no_key_may_hold_is_refused(header):
    with pytest.raises(InvalidInput, match=r"^Idempotency-Key must be 1 to 255 visible ASCII characters"):
        idempotency.idempotency_key(headed(header))


def headed(key):
    return Request(APIRequestFactory().post(SOURCES, headers={"Idempotency-Key": key}))


def test_only_a_post_with_the_header_has_a_key():
    make = APIRequestFactory()
    asked = [make.post(SOURCES, headers=KEY), make.post(SOURCES), make.put(SOURCES, headers=KEY), make.get(SOURCES)]
    assert [idempotency.has_key(Request(each)) for each in asked] == [True, False, False, False]


def test_the_digest_is_of_method_address_content_type_and_body():
    def of(method="POST", address="/a/?b=1", kind="text/plain", body="x"):
        return idempotency.request_digest(Request(APIRequestFactory().generic(method, address, body, kind)))

    different = {of(), of("PUT"), of(address="/a/?b=2"), of(address="/b/?b=1"), of(kind="text/csv"), of(body="y")}
    assert of() == of()
    assert (len(different), {len(digest) for digest in different}) == (6, {32})


def test_keys_that_differ_in_case_are_two(api):
    for key in ("a", "A"):
        assert api.post(SOURCES, MINISTER, headers={"Idempotency-Key": key}).status_code == 201
    assert Source.objects.count() == 2


def test_a_refused_request_leaves_its_key_free_for_a_corrected_one(api):
    refused = api.post(SOURCES, {"name": "", "kind": "person"}, headers=KEY)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "#/name")
    assert not IdempotentAnswer.objects.exists()
    made = api.post(SOURCES, MINISTER, headers=KEY)
    assert made.status_code == 201
    assert api.post(SOURCES, MINISTER, headers=KEY).json() == made.json()


def test_a_conflict_is_judged_anew_by_the_retry(api, rows):
    address = f"/api/v1/statements/{rows['statement']}/tag/"
    act = {"tag": "denied", "reason": "The ministry denies it."}
    assert api.post(address, act, headers={"If-Match": '"7-0"', **KEY}).status_code == 412
    assert api.post(address, act, headers=KEY).status_code == 428
    body = {"statement": rows["statement"], "raised_by": rows["source"], "kind": "denial"}
    assert api.post("/api/v1/disputes/", body, headers=KEY).status_code == 409
    services.resolve_dispute(
        dispute_id=rows["dispute"], versions=None, actor=User.objects.get(), state="withdrawn", reason="A mistake."
    )
    assert api.post("/api/v1/disputes/", body, headers=KEY).status_code == 201


@pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("viewer", 403), ("read_only", 403)])
def test_who_may_not_write_is_refused_before_the_key_is_looked_at(alice, api, who, status):
    api.post(SOURCES, MINISTER, headers=KEY)
    client = {
        "anonymous": lambda: APIClient(),
        "viewer": lambda: client_of(user_with_role("vera", "viewer")),
        "read_only": lambda: client_of(alice, read_only=True),
    }[who]()
    for key in (KEY["Idempotency-Key"], "no key at all"):
        answer = client.post(SOURCES, MINISTER, headers={"Idempotency-Key": key})
        assert answer.status_code == status
    assert IdempotentAnswer.objects.count() == 1


def test_a_role_that_was_taken_away_ends_the_repetition_too(api, alice):
    api.post(SOURCES, MINISTER, headers=KEY)
    alice.groups.clear()
    assert api.post(SOURCES, MINISTER, headers=KEY).status_code == 403


def test_a_post_that_the_address_does_not_have_is_405_as_ever(api, rows):
    answer = api.post(f"/api/v1/sources/{rows['source']}/", MINISTER, headers=KEY)
    assert (answer.status_code, IdempotentAnswer.objects.count()) == (405, 0)


# Tokens


def test_the_key_of_a_new_token_is_neither_repeated_nor_kept(api, alice):
    first = api.post("/api/v1/tokens/", {"name": "A program"}, headers=KEY)
    assert first.status_code == 201
    made = Token.objects.get(name="A program")
    secret = first.json()["token"]
    assert len(secret) == 64
    again = api.post("/api/v1/tokens/", {"name": "A program"}, headers=KEY)
    assert again.status_code == 409
    assert again.json() == {
        "type": "urn:factcheck:problem:conflict",
        "title": "The present state does not allow this",
        "status": 409,
        "detail": (
            "The first request made this token, and only its answer held the key, which is not stored. If you lost "
            "the key, delete the token and make another one with a new Idempotency-Key."
        ),
        "made": {
            "id": str(made.id),
            "name": "A program",
            "read_only": False,
            "prefix": secret[:8],
            "created": first.json()["created"],
            "expiry": first.json()["expiry"],
        },
    }
    assert Token.objects.filter(user=alice, name="A program").count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(kept::text, ' ') FROM api_idempotentanswer AS kept")
        assert secret[15:] not in cursor.fetchone()[0]


def test_a_refused_token_leaves_its_key_free(api):
    assert api.post("/api/v1/tokens/", {"name": "A", "days": 0}, headers=KEY).status_code == 400
    assert api.post("/api/v1/tokens/", {"name": "A"}, headers=KEY).status_code == 201
    reused = api.post("/api/v1/tokens/", {"name": "B"}, headers=KEY)
    assert problem_kind(reused) == "idempotency-key-reused"


# Browsers


def test_a_form_without_the_header_works_as_before(alice):
    browser = Client(headers={"Accept": "text/html"})
    browser.force_login(alice)
    answers = [browser.post(SOURCES, {**MINISTER, "is-another": MINISTER["name"]}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0]["Location"] != answers[1]["Location"]


def test_a_form_with_the_header_is_sent_on_to_the_first_row_again(alice):
    browser = Client(headers={"Accept": "text/html", **KEY}, enforce_csrf_checks=True)
    browser.force_login(alice)
    browser.cookies["csrftoken"] = token = "a" * 32
    form = {**MINISTER, "csrfmiddlewaretoken": token}  # multipart, as Client sends it
    first, again = browser.post(SOURCES, form), browser.post(SOURCES, form)
    assert (first.status_code, again.status_code) == (303, 303), first.content
    assert first["Location"] == again["Location"]
    assert Source.objects.count() == 1


# Simultaneous requests, and failures half-way: real transactions


@pytest.fixture
def committed(transactional_db):
    """A client whose requests commit."""
    return client_of(user_with_role("alice", "editor"))


@contextmanager
def held_after_the_write(monkeypatch):
    """The first call of create_source writes its row and then waits. Yields the events (written, go_on)."""
    written, go_on, create = threading.Event(), threading.Event(), source_services.create_source

    def create_and_wait(**fields):
        row = create(**fields)
        if not written.is_set():
            written.set()
            assert go_on.wait(20)
        return row

    monkeypatch.setattr(source_services, "create_source", create_and_wait)
    try:
        yield written, go_on
    finally:
        go_on.set()


def post_in_thread(client, body=MINISTER):
    try:
        return client.post(SOURCES, body, headers=KEY)
    finally:
        connection.close()


def wait_for_a_waiting_request():
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


def test_the_second_of_two_identical_requests_waits_and_gets_the_answer_of_the_first(committed, monkeypatch):
    with held_after_the_write(monkeypatch) as (written, go_on), ThreadPoolExecutor(2) as pool:
        first = pool.submit(post_in_thread, committed)
        assert written.wait(10)
        second = pool.submit(post_in_thread, committed)
        wait_for_a_waiting_request()
        assert not second.done()
        go_on.set()
        assert what_matters(first.result()) == what_matters(second.result())
        assert first.result().status_code == 201
    assert (
        Source.objects.count(),
        entries().count(),
        IdempotentAnswer.objects.count(),
    ) == (1, 1, 1)


def test_when_the_first_of_two_fails_the_waiting_one_does_the_work(committed, monkeypatch):
    create, attempts = source_services.create_source, []
    written, go_on = threading.Event(), threading.Event()

    def fail_once(**fields):
        row = create(**fields)
        attempts.append(row.pk)
        if len(attempts) == 1:
            written.set()
            assert go_on.wait(20)
            raise RuntimeError("died half-way")
        return row

    monkeypatch.setattr(source_services, "create_source", fail_once)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(post_in_thread, committed)
        assert written.wait(10)
        second = pool.submit(post_in_thread, committed)
        wait_for_a_waiting_request()
        go_on.set()
        assert (first.result().status_code, second.result().status_code) == (500, 201)
    assert [Source.objects.get().pk] == attempts[1:]


def test_the_waiting_one_of_two_with_different_bodies_is_refused(committed, monkeypatch):
    with held_after_the_write(monkeypatch) as (written, go_on), ThreadPoolExecutor(2) as pool:
        first = pool.submit(post_in_thread, committed)
        assert written.wait(10)
        second = pool.submit(post_in_thread, committed, {"name": "The mayor", "kind": "person"})
        wait_for_a_waiting_request()
        go_on.set()
        assert (first.result().status_code, second.result().status_code) == (201, 422)
    assert Source.objects.get().name == "The minister"


def test_who_waits_too_long_is_told_to_ask_again(committed, monkeypatch):
    monkeypatch.setattr(idempotency, "LOCK_TIMEOUT", "50ms")
    with held_after_the_write(monkeypatch) as (written, go_on), ThreadPoolExecutor(1) as pool:
        first = pool.submit(post_in_thread, committed)
        assert written.wait(10)
        impatient = committed.post(SOURCES, MINISTER, headers=KEY)
        assert impatient.status_code == 409
        assert impatient.json() == {
            "type": "urn:factcheck:problem:first-attempt-running",
            "title": "The first request with this Idempotency-Key is still running",
            "status": 409,
            "detail": "Ask again in a moment; you will get its answer.",
        }
        assert impatient["Retry-After"] == "2"
        go_on.set()
        assert committed.post(SOURCES, MINISTER, headers=KEY).json() == first.result().json()


def test_other_keys_and_other_users_do_not_wait(committed, monkeypatch):
    other_user = client_of(user_with_role("carol", "editor"))
    monkeypatch.setattr(idempotency, "LOCK_TIMEOUT", "50ms")
    with held_after_the_write(monkeypatch) as (written, go_on), ThreadPoolExecutor(1) as pool:
        first = pool.submit(post_in_thread, committed)
        assert written.wait(10)
        assert committed.post(SOURCES, MINISTER, headers={"Idempotency-Key": "other"}).status_code == 201
        assert other_user.post(SOURCES, MINISTER, headers=KEY).status_code == 201
        assert not first.done()
        go_on.set()


def test_of_eight_identical_requests_at_once_exactly_one_writes(committed):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: what_matters(post_in_thread(committed)), range(8)))
    assert answers[0][0] == 201
    assert answers == [answers[0]] * 8
    assert (Source.objects.count(), entries().count()) == (1, 1)


def test_the_usual_patience_with_row_locks_is_back_after_the_wait(committed, monkeypatch):
    seen, create = [], source_services.create_source

    def see_timeout(**fields):
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            seen.append(cursor.fetchone()[0])
        return create(**fields)

    monkeypatch.setattr(source_services, "create_source", see_timeout)
    monkeypatch.setattr(idempotency, "LOCK_TIMEOUT", "9s")
    held, go_on = threading.Event(), threading.Event()
    alice = User.objects.get()

    def hold_the_key():
        with transaction.atomic():
            idempotency.lock_key(alice, KEY["Idempotency-Key"])
            held.set()
            assert go_on.wait(20)
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        pool.submit(hold_the_key)
        assert held.wait(10)
        waiting = pool.submit(post_in_thread, committed)
        wait_for_a_waiting_request()
        go_on.set()
        assert waiting.result().status_code == 201
    assert seen == ["5s"]  # DATABASE_LOCK_TIMEOUT


def entries():
    return Entry.objects.exclude(resource="user")


def nothing_is_there():
    return not (Source.objects.exists() or entries().exists() or IdempotentAnswer.objects.exists())


def terminate_own_backend():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def raise_something():
    raise RuntimeError("died half-way")


def break_the_journal_rule():
    """Changes a row without a journal entry, which the database refuses when the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sources_source SET description = 'unrecorded', version = version + 1")


@pytest.mark.parametrize(
    ("death", "status"),
    [(raise_something, 500), (terminate_own_backend, 503), (break_the_journal_rule, 500)],
)
@pytest.mark.parametrize("when", ["after the write", "after the answer is kept"])
def test_what_dies_half_way_leaves_nothing_and_the_retry_runs_afresh(committed, monkeypatch, death, status, when):
    place, name = {
        "after the write": (source_services, "create_source"),
        "after the answer is kept": (IdempotentAnswer.objects, "delete_expired"),
    }[when]
    usual = getattr(place, name)

    def usual_then_death(*arguments, **fields):
        done = usual(*arguments, **fields)
        death()
        return done

    with monkeypatch.context() as patched:
        patched.setattr(place, name, usual_then_death)
        died = committed.post(SOURCES, MINISTER, headers=KEY)
    assert died.status_code == status
    assert died["Content-Type"] == "application/problem+json"
    assert (died.get("Retry-After") == "2") == (status == 503)
    assert nothing_is_there()
    retried = committed.post(SOURCES, MINISTER, headers=KEY)
    assert retried.status_code == 201
    assert what_matters(committed.post(SOURCES, MINISTER, headers=KEY)) == what_matters(retried)
    assert (Source.objects.count(), entries().count()) == (1, 1)


def test_the_retry_of_a_request_whose_answer_was_lost_gets_it(committed, monkeypatch):
    """The worker dies after the commit and before the answer is sent."""

    def die(*arguments, **fields):
        raise RuntimeError("died before the answer was sent")

    with monkeypatch.context() as patched:
        patched.setattr("factcheck.api.base.add_entity_tag", die)
        assert committed.post(SOURCES, MINISTER, headers=KEY).status_code == 500
    made = Source.objects.get()
    retried = committed.post(SOURCES, MINISTER, headers=KEY)
    assert (retried.status_code, retried.json()["id"]) == (201, made.pk)
    assert retried["ETag"] == committed.get(f"{SOURCES}{made.pk}/")["ETag"]
    assert Source.objects.count() == 1


def test_the_database_keeps_one_answer_for_each_user_and_key_and_only_success(alice):
    fields = {"user": alice, "key": "k", "request_digest": b"", "status": 201}
    IdempotentAnswer.objects.create(**fields)
    for wrong, rule in (({}, "idempotency_key_once_per_user"), ({"key": "l", "status": 409}, "answer_is_success")):
        with pytest.raises(DatabaseError, match=rule), transaction.atomic():
            IdempotentAnswer.objects.create(**(fields | wrong))
