"""The service as the database role that owns nothing, made by factcheck/postgres/application_role.sql."""

import re
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from claims.matches import find_matches
from claims.models import Statement
from claims.vectors.follower import Vectors
from factcheck.checks import role_owns_no_table
from factcheck.journal.followers import advance
from factcheck.journal.models import Checkpoint, Entry
from factcheck.journal.seal.notes import make_key
from factcheck.journal.seal.services import Seal
from factcheck.webhooks import queue
from factcheck.webhooks.models import Webhook
from factcheck.webhooks.services import disable_webhook
from tests.newsroom import TEXT

ROLE = (Path(__file__).parents[2] / "factcheck/postgres/application_role.sql").read_text()
ANY = {"If-Match": "*"}
WHY = {"reason": "It is so."}
ATTEMPT = {"at": "2026-03-02T14:05:00Z", "status": 200, "answer": "", "error": "", "milliseconds": 7}


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def as_app(api):
    """All of it, the role included, ends with the test's transaction."""
    be("factcheck_app")
    yield api
    be_owner()


@pytest.fixture
def as_follower():
    be("factcheck_follow")
    yield
    be_owner()


def be_owner() -> None:
    run("RESET ROLE")


def be(role: str) -> None:
    run(ROLE)
    run(ROLE)  # after each migration again
    run(f"SET LOCAL ROLE {role}; SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def test_the_check_warns_of_a_role_that_owns_tables_and_only_then(db):
    (warning,) = role_owns_no_table(databases=["default"])
    assert warning.id == "factcheck.W001"
    assert re.fullmatch(
        r"The database role has the rights of the owner of \d\d tables: it can bypass the journal.", warning.msg
    )
    be("factcheck_app")
    assert role_owns_no_table(databases=["default"]) == []
    be_owner()
    assert role_owns_no_table(databases=None) == []


def test_the_service_works_as_a_role_that_owns_nothing(as_app, client, alice):
    def send(method, address, body=None, status=200):
        answer = getattr(as_app, method)(f"/api/v1/{address}", body, headers=ANY)
        assert answer.status_code == status, answer.content
        run("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")  # as a commit would
        return answer.json() if answer.content else None

    one = send("post", "sources/", {"name": "A", "kind": "person"}, 201)["id"]
    two = send("post", "sources/", {"name": "B", "kind": "person"}, 201)["id"]
    article = send("post", "articles/", {"title": "T", "text": TEXT, "publisher": one}, 201)["id"]
    row = {"article": article, "start": 2, "end": 23, "source": one, "via": [two]}
    statement = send("post", "statements/", row, 201)["id"]
    other = send("post", "statements/bulk/", [{**row, "start": 24, "end": 45}], 201)[0]["id"]
    send("post", f"statements/{statement}/tag/", {"tag": "denied", **WHY})
    assert send("get", "statements/matches/?text=The+minister")["results"]
    send("patch", f"articles/{article}/", {"text": "Before. " + TEXT})
    body = {"statement": statement, "raised_by": two, "kind": "denial", "counter_statement": other}
    dispute = send("post", "disputes/", body, 201)["id"]
    send("post", f"disputes/{dispute}/resolve/", {"state": "upheld", "tag": "denied", **WHY})
    send("post", f"disputes/{dispute}/reopen/", WHY)
    evidence = send("post", "evidence/", {"statement": other, "stance": "context", "url": "https://a.example"}, 201)
    send("delete", f"evidence/{evidence['id']}/", status=204)
    send("put", f"articles/{article}/annotations/", send("get", f"articles/{article}/annotations/"))
    send("post", f"articles/{article}/publish/", WHY)
    send("post", f"articles/{article}/withdraw/", WHY)
    send("post", f"sources/{two}/merge/", {"into": one, **WHY}, status=200)
    found = send("get", "statements/?q=minister b so")["results"]
    assert [row["id"] for row in found] == [statement]
    assert [row["id"] for row in send("get", "articles/?q=before b")["results"]] == [article]
    now = Entry.objects.latest("id").at.isoformat().replace("+00:00", "Z")
    for read in (
        "checks/",
        "journal/",
        f"statements/{statement}/positions/",
        f"statements/?article={article}&as_of={now}",
    ):
        send("get", read)
    token = as_app.post("/api/v1/tokens/", {"name": "t"}, headers={"Idempotency-Key": "k"}).json()["id"]
    send("delete", f"tokens/{token}/", status=204)
    send("delete", f"articles/{article}/?reason=Wrong.", status=204)
    alice.set_password("long-and-odd-7")
    alice.save()
    assert client.post("/login/", {"username": "alice", "password": "long-and-odd-7"}).status_code == 302
    assert client.get("/").status_code == 200
    assert client.post("/logout/").status_code == 302


def test_the_role_of_the_followers_can_seal_the_journal(statement, as_follower, settings):
    settings.JOURNAL_SIGNING_KEY = str(make_key("factcheck.example"))
    seal = Seal()
    seal.prepare()
    advance("seal", seal, caught_up=None)
    seal.follow(list(Entry.objects.order_by("id")))
    seal.follow([])
    assert Checkpoint.objects.get().size == Entry.objects.count()


def test_the_role_of_the_followers_can_write_vectors(statement, settings):
    settings.MATCHING_MODEL = "minilm"
    vectors = Vectors()
    vectors.prepare()
    be("factcheck_follow")
    advance("vectors", vectors, caught_up=None)
    vectors.follow(list(Entry.objects.order_by("id")))
    be_owner()
    be("factcheck_app")
    [match] = find_matches("The minister said no.", among=Statement.objects.all(), public=False, size=1).found
    assert match.likeness.nearness
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        run("DELETE FROM claims_statementvector_minilm")
    be_owner()


def test_the_role_of_the_followers_can_send_webhooks_and_disable_them(api, alice, statement):
    address = api.post("/api/v1/webhooks/", {"url": "https://front.example/"})["Location"]
    be("factcheck_follow")
    assert queue.fan_out(list(Entry.objects.all()))
    for delivery in queue.lease_due({}):
        queue.record_failed(queue.Sent(delivery, ATTEMPT), timezone.now())
    queue.record_delivered([queue.Sent(delivery, ATTEMPT) for delivery in queue.lease_due({})])
    queue.delete_old()
    disable_webhook(webhook_id=Webhook.objects.get().pk, reason="It fails.")
    be_owner()
    be("factcheck_app")
    address = address.removeprefix("http://testserver")
    assert api.get(address).json()["disabled_reason"] == "It fails."
    assert {row["state"] for row in api.get(address + "deliveries/").json()["results"]} == {"delivered"}
    assert api.patch(address, {"active": True}, headers=ANY).status_code == 200
    assert api.post(address + "ping/").status_code == 201
    assert api.post(address + "rotate-secret/", {}, headers=ANY).status_code == 200
    assert api.delete(address, headers=ANY).status_code == 204
    be_owner()


@pytest.mark.parametrize(
    "attempt",
    [
        "UPDATE journal_entry SET reason = 'another'",
        "DELETE FROM journal_entry",
        "TRUNCATE journal_entry",
        "UPDATE claims_articlerevision SET text = 'another'",
        "DELETE FROM claims_articlerevision",
        "ALTER TABLE journal_entry DISABLE TRIGGER ALL",
        "ALTER TABLE claims_statement DISABLE TRIGGER journal_entry_required",
        "DROP TRIGGER append_only ON journal_entry",
        "DROP TABLE journal_entry CASCADE",
        "CREATE OR REPLACE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TEMPORARY TABLE journal_entry (LIKE public.journal_entry)",
        "CREATE TABLE public.mine (id integer)",
        "CREATE SCHEMA factcheck_app",
        "SET session_replication_role = replica",
        "UPDATE pg_trigger SET tgenabled = 'D'",
        "INSERT INTO journal_entry (id) VALUES (-5)",
        "INSERT INTO journal_entry (at) VALUES ('2001-01-01Z')",
        "INSERT INTO journal_entry (transaction) VALUES (1)",
        "INSERT INTO journal_entry (actor_name) VALUES ('mallory')",
        "INSERT INTO journal_entry (salt) VALUES (gen_random_uuid())",
        "UPDATE journal_epoch SET base = 0",
        "UPDATE journal_leaf SET hash = ''",
        "INSERT INTO journal_leaf DEFAULT VALUES",
        "INSERT INTO journal_node DEFAULT VALUES",
        "INSERT INTO journal_checkpoint (size) VALUES (9)",
        "INSERT INTO journal_followercursor VALUES ('seal')",
        "UPDATE journal_followercursor SET entry = 9",
        "DELETE FROM journal_followercursor",
        "INSERT INTO sources_source (id) VALUES (9)",
        "UPDATE auth_user SET id = 9",
        "UPDATE auth_group SET id = 9",
        "DELETE FROM journal_node",
        "UPDATE journal_checkpoint SET root = ''",
        "SELECT journal_raise_epoch()",
        "SELECT setval('journal_entry_id_seq', 1)",
        "UPDATE claims_statementwords SET words = 'false'",
        "SELECT FROM claims_articlewords FOR UPDATE",
        "DELETE FROM claims_articlewords",
        "INSERT INTO claims_searchlanguage VALUES ('xx')",
        "SELECT statement_renew_words(ARRAY[1])",
        "ALTER TABLE claims_statement DISABLE TRIGGER words_on_update",
        "DROP TRIGGER words_on_insert ON claims_article",
        "CREATE OR REPLACE FUNCTION statement_add_words(ids bigint[]) RETURNS void LANGUAGE sql AS ''",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('claims', '9999', now())",
        "SET ROLE factcheck",
    ],
)
def test_that_role_cannot_get_round_the_journal(as_app, statement, attempt):
    if attempt == "SET ROLE factcheck":
        run("SELECT 1")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_has_role('factcheck_app', 'factcheck', 'SET')")
            assert cursor.fetchone() == (False,)
        return
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
        run(attempt)


def test_an_edit_without_its_entry_is_refused_to_that_role_too(as_app, statement):
    with pytest.raises(DatabaseError, match="no journal entry"), transaction.atomic():
        run("UPDATE claims_statement SET paraphrase = 'another', version = version + 1; SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "attempt",
    [
        "UPDATE journal_leaf SET hash = ''",
        "DELETE FROM journal_checkpoint",
        "UPDATE claims_statement SET tag = 'denied'",
        "INSERT INTO journal_entry (reason) VALUES ('')",
        "DELETE FROM auth_user",
        "UPDATE webhooks_webhook SET url = 'https://other.example/'",
        "UPDATE webhooks_webhook SET secret = 'whsec_'",
        "INSERT INTO webhooks_webhook (url) VALUES ('https://other.example/')",
        "DELETE FROM webhooks_webhook",
    ],
)
def test_the_role_of_the_followers_writes_nothing_else(statement, as_follower, attempt):
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        run(attempt)


def test_the_role_has_limits_and_keeps_those_that_it_was_given(db):
    kept = "SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setrole = %s::regrole ORDER BY 1"

    def limits(role: str) -> list[str]:
        with connection.cursor() as cursor:
            return [limit for (limit,) in cursor.execute(kept, [role]).fetchall()]

    run(ROLE)
    ours = ["idle_in_transaction_session_timeout=30s", "lock_timeout=5s", "statement_timeout=10s"]
    assert (limits("factcheck_app"), limits("factcheck_follow")) == (ours, [])
    run("ALTER ROLE factcheck_app SET statement_timeout = '20s'")
    run(ROLE)
    assert limits("factcheck_app") == [*ours[:2], "statement_timeout=20s"]
