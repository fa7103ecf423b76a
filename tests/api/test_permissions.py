"""Who may do what over HTTP: one table of all routes, methods and roles."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from claims import services
from claims.suggestions import ArticleSuggestions
from factcheck.api.models import Token
from factcheck.journal.models import Entry
from factcheck.journal.seal.notes import make_key
from factcheck.journal.seal.services import append, sign
from factcheck.urls import router
from factcheck.webhooks.services import create_webhook, ping_webhook
from sources.services import create_source

WHO = ("anonymous", "no_role", "viewer", "reporter", "editor", "admin", "read_only_editor")

READ = (401, 403, 200, 200, 200, 200, 200)
CREATE = (401, 403, 403, 201, 201, 201, 403)
CHANGE = (401, 403, 403, 200, 200, 200, 403)
ACT = (401, 403, 403, 403, 200, 200, 403)
DELETE = (401, 403, 403, 403, 204, 204, 403)
OF_EDITORS_READ = (401, 403, 403, 403, 200, 200, 200)
OF_EDITORS_CREATE = (401, 403, 403, 403, 201, 201, 403)
OWN_READ = (401, 403, 200, 200, 200, 200, 200)
OWN_CREATE = (401, 403, 201, 201, 201, 201, 403)
OWN_DELETE = (401, 403, 204, 204, 204, 204, 403)
REASON = {"reason": "Because the transcript says so."}
SOURCE = {"name": "Another", "kind": "person"}
ARTICLE = {"title": "Another", "text": "The minister said no."}
EVIDENCE = {"statement": "{statement}", "stance": "supports", "url": "https://archive.example/2"}
STATEMENT = {"article": "{article}", "start": 4, "end": 12, "source": "{source}"}
DOCUMENT: dict[str, object] = {
    "format": "factcheck-annotations/1",
    "article": ARTICLE,
    "sources": [],
    "statements": [],
    "disputes": [],
}
SUGGESTION = {"key": "{suggestion}"}
BULK_TAG = {"statements": [{"id": "{statement}", "version": 1}], "tag": "denied", **REASON}
NOTE = {"statement": "{statement}", "text": "Ask both."}
WEBHOOK = {"url": "https://front.example/", "actions": ["statement.tagged"]}
DISPUTE = {"statement": "{statement}", "raised_by": "{source}", "kind": "denial"}

# The route's name, method, path, body, and the status for each of WHO.
TABLE = [
    ("api-root", "get", "", None, READ),
    ("source-list", "get", "sources/", None, READ),
    ("source-list", "post", "sources/", SOURCE, CREATE),
    ("source-detail", "get", "sources/{source}/", None, READ),
    ("source-detail", "put", "sources/{source}/", SOURCE, CHANGE),
    ("source-detail", "patch", "sources/{source}/", {"name": "Renamed"}, CHANGE),
    ("source-detail", "delete", "sources/{unused_source}/", None, DELETE),
    ("source-merge", "post", "sources/{source}/merge/", {"into": "{unused_source}", **REASON}, ACT),
    ("source-export", "get", "sources/export/", None, READ),
    ("source-history", "get", "sources/{source}/history/", None, READ),
    ("article-list", "get", "articles/", None, READ),
    ("article-list", "post", "articles/", ARTICLE, CREATE),
    ("article-detail", "get", "articles/{article}/", None, READ),
    ("article-detail", "put", "articles/{article}/", ARTICLE, CHANGE),
    ("article-detail", "patch", "articles/{article}/", {"title": "Renamed"}, CHANGE),
    ("article-detail", "delete", "articles/{article}/?reason=Twice", None, DELETE),
    ("article-export", "get", "articles/export/", None, READ),
    ("article-history", "get", "articles/{article}/history/", None, READ),
    ("article-fetch", "post", "articles/fetch/", {"url": "https://news.example/"}, (401, *[403] * 6)),  # it is off
    ("article-checks", "get", "articles/{article}/checks/", None, READ),
    ("article-suggestions", "get", "articles/{article}/suggestions/", None, READ),
    ("article-accept-suggestions", "post", "articles/{quoting_article}/suggestions/accept/", [SUGGESTION], CREATE),
    (
        "article-dismiss-suggestions",
        "post",
        "articles/{quoting_article}/suggestions/dismiss/",
        [SUGGESTION],
        CHANGE,
    ),
    ("article-publish", "post", "articles/{article}/publish/", REASON, ACT),
    ("article-withdraw", "post", "articles/{published_article}/withdraw/", REASON, ACT),
    ("article-revisions", "get", "articles/{article}/revisions/", None, READ),
    ("article-annotations", "get", "articles/{article}/annotations/", None, READ),
    ("article-annotations", "put", "articles/{article}/annotations/", DOCUMENT, ACT),
    ("article-webannotations", "get", "articles/{article}/webannotations/", None, READ),
    ("article-revision", "get", "articles/{article}/revisions/1/", None, READ),
    ("statement-list", "get", "statements/", None, READ),
    ("statement-list", "post", "statements/", STATEMENT, CREATE),
    ("statement-detail", "get", "statements/{statement}/", None, READ),
    ("statement-detail", "put", "statements/{statement}/", STATEMENT, CHANGE),
    ("statement-detail", "patch", "statements/{statement}/", {"paraphrase": "No"}, CHANGE),
    ("statement-detail", "delete", "statements/{statement}/?reason=Twice", None, DELETE),
    ("statement-bulk", "post", "statements/bulk/", [STATEMENT], CREATE),
    ("statement-bulk-tag", "post", "statements/bulk-tag/", BULK_TAG, ACT),
    ("statement-matches", "get", "statements/matches/?text=no", None, READ),
    ("statement-matches", "post", "statements/matches/", {"text": "The minister said no."}, READ),
    ("statement-export", "get", "statements/export/", None, READ),
    ("statement-webannotation", "get", "statements/{statement}/webannotation/", None, READ),
    ("statement-claimreview", "get", "statements/{published_statement}/claimreview/", None, READ),
    ("statement-reanchor", "post", "statements/{statement}/reanchor/", {}, CHANGE),
    ("statement-positions", "get", "statements/{statement}/positions/", None, READ),
    ("statement-history", "get", "statements/{statement}/history/", None, READ),
    ("statement-propose", "post", "statements/{statement}/propose/", {"tag": "denied", **REASON}, CREATE),
    ("statement-take", "post", "statements/{statement}/take/", {"proposal": "{proposal}"}, ACT),
    ("statement-tag", "post", "statements/{statement}/tag/", {"tag": "denied", **REASON}, ACT),
    ("evidence-list", "get", "evidence/", None, READ),
    ("evidence-list", "post", "evidence/", EVIDENCE, CREATE),
    ("evidence-detail", "get", "evidence/{evidence}/", None, READ),
    ("evidence-detail", "put", "evidence/{evidence}/", EVIDENCE, CHANGE),
    ("evidence-detail", "patch", "evidence/{evidence}/", {"title": "Renamed"}, CHANGE),
    ("evidence-detail", "delete", "evidence/{evidence}/", None, DELETE),
    ("evidence-export", "get", "evidence/export/", None, READ),
    ("evidence-history", "get", "evidence/{evidence}/history/", None, READ),
    ("dispute-list", "get", "disputes/", None, READ),
    ("dispute-list", "post", "disputes/", {**DISPUTE, "raised_by": "{unused_source}"}, CREATE),
    ("dispute-detail", "get", "disputes/{dispute}/", None, READ),
    ("dispute-detail", "put", "disputes/{dispute}/", DISPUTE, (401, 403, 403, 405, 405, 405, 403)),
    ("dispute-detail", "patch", "disputes/{dispute}/", {"note": "By telephone"}, CHANGE),
    ("dispute-detail", "delete", "disputes/{dispute}/?reason=Twice", None, DELETE),
    ("dispute-export", "get", "disputes/export/", None, READ),
    ("dispute-history", "get", "disputes/{dispute}/history/", None, READ),
    ("dispute-resolve", "post", "disputes/{dispute}/resolve/", {"state": "upheld", **REASON}, ACT),
    ("dispute-reopen", "post", "disputes/{resolved_dispute}/reopen/", REASON, ACT),
    ("note-list", "get", "notes/", None, READ),
    ("note-list", "post", "notes/", {"statement": "{statement}", "text": "Ask again."}, CREATE),
    ("note-detail", "get", "notes/{note}/", None, READ),
    ("note-detail", "put", "notes/{note}/", NOTE, (401, 403, 403, 403, 200, 200, 403)),
    ("note-detail", "patch", "notes/{note}/", {"text": "Ask both."}, (401, 403, 403, 403, 200, 200, 403)),
    ("note-detail", "delete", "notes/{note}/", None, (401, 403, 403, 403, 204, 204, 403)),
    ("note-history", "get", "notes/{note}/history/", None, READ),
    ("note-resolve", "post", "notes/{note}/resolve/", {}, CHANGE),
    ("note-reopen", "post", "notes/{resolved_note}/reopen/", {}, CHANGE),
    ("check-list", "get", "checks/", None, READ),
    ("feed-claimreviews", "get", "feeds/claimreviews/", None, READ),
    ("feed-changes", "get", "feeds/changes.atom", None, READ),
    ("article-changes", "get", "articles/{published_article}/changes.atom", None, READ),
    ("change-list", "get", "feeds/changes/", None, READ),
    ("change-stream", "get", "feeds/changes/stream/", None, READ),
    ("journal-list", "get", "journal/", None, READ),
    ("journal-stream", "get", "journal/stream/", None, READ),
    ("journal-checkpoints", "get", "journal/checkpoints/", None, READ),
    ("journal-latest", "get", "journal/checkpoints/latest/", None, READ),
    ("journal-proof", "get", "journal/{sealed_entry}/proof/", None, READ),
    ("journal-consistency", "get", "journal/consistency/?first=1", None, READ),
    ("journal-key", "get", "journal/key/", None, READ),
    ("me", "get", "me/", None, OWN_READ),
    ("webhook-list", "get", "webhooks/", None, OF_EDITORS_READ),
    ("webhook-list", "post", "webhooks/", WEBHOOK, OF_EDITORS_CREATE),
    ("webhook-detail", "get", "webhooks/{webhook}/", None, OF_EDITORS_READ),
    ("webhook-detail", "put", "webhooks/{webhook}/", WEBHOOK, ACT),
    ("webhook-detail", "patch", "webhooks/{webhook}/", {"active": False}, ACT),
    ("webhook-detail", "delete", "webhooks/{webhook}/", None, DELETE),
    ("webhook-ping", "post", "webhooks/{webhook}/ping/", None, OF_EDITORS_CREATE),
    ("webhook-rotate-secret", "post", "webhooks/{webhook}/rotate-secret/", None, ACT),
    ("delivery-list", "get", "webhooks/{webhook}/deliveries/", None, OF_EDITORS_READ),
    ("delivery-redeliver", "post", "webhooks/{webhook}/deliveries/{delivery}/redeliver/", None, ACT),
    ("token-list", "get", "tokens/", None, OWN_READ),
    ("token-list", "post", "tokens/", {"name": "A program"}, OWN_CREATE),
    ("token-list", "delete", "tokens/", None, OWN_DELETE),
    ("token-detail", "delete", "tokens/{own_token}/", None, OWN_DELETE),
]


@pytest.fixture
def rows(db):
    """One row of each kind, in the state that the table's actions need."""
    maker = User.objects.create_user("maker")
    source = create_source(actor=maker, name="The minister", kind="person")
    unused = create_source(actor=maker, name="The ministry", kind="organization")
    article = services.create_article(actor=maker, title="A report", text="The minister said no.")
    published = services.create_article(actor=maker, title="Published", text="Yes.")
    services.set_article_status(
        article_id=published.pk, versions=None, actor=maker, status="published", reason="It is ready."
    )
    quoting = services.create_article(actor=maker, title="Quoting", text="Jane Doe said that the bridge was safe.")
    statement = services.create_statement(article=article, actor=maker, source=source, start=0, end=21)
    said = services.create_statement(article=published, actor=maker, source=source, start=0, end=4)
    evidence = services.create_evidence(
        actor=maker, statement=statement, stance="supports", url="https://archive.example/1"
    )
    dispute = services.open_dispute(actor=maker, statement=statement, raised_by=source, kind="denial")
    other = services.create_statement(article=article, actor=maker, source=source, start=0, end=3)
    resolved = services.open_dispute(actor=maker, statement=other, raised_by=source, kind="denial")
    services.resolve_dispute(
        dispute_id=resolved.pk, versions=None, actor=maker, state="rejected", reason="It was about another day."
    )
    note, settled = (services.create_note(actor=maker, statement=statement, text="Ask.") for _ in range(2))
    services.resolve_note(note_id=settled.pk, versions=None, actor=maker)
    proposal = services.propose_tag(
        statement_id=statement.pk, versions=None, actor=maker, tag="denied", reason="He says so."
    )
    webhook = create_webhook(actor=maker, url="https://front.example/", actions=[], article=None, active=True)
    sealed_entry = Entry.objects.earliest("id")
    sign(append([sealed_entry]), make_key("factcheck.example"))
    return {
        "sealed_entry": sealed_entry.pk,
        "webhook": webhook.pk,
        "delivery": ping_webhook(webhook_id=webhook.pk).pk,
        "source": source.pk,
        "unused_source": unused.pk,
        "article": article.pk,
        "published_article": published.pk,
        "quoting_article": quoting.pk,
        "suggestion": ArticleSuggestions(quoting).cards[0].key,
        "statement": statement.pk,
        "published_statement": said.pk,
        "evidence": evidence.pk,
        "dispute": dispute.pk,
        "resolved_dispute": resolved.pk,
        "note": note.pk,
        "proposal": proposal.pk,
        "resolved_note": settled.pk,
    }


def caller(who: str) -> tuple[APIClient, str]:
    """A client that is `who`, and the id of a second token of that user."""
    client = APIClient()
    user = User.objects.create_user("somebody")
    role = {"no_role": None, "read_only_editor": "editor"}.get(who, who)
    if role and who != "anonymous":
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    if who != "anonymous":
        key = Token.issue(user, name="t", read_only=who == "read_only_editor").key
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client, str(Token.issue(user, name="second").id)


def filled(body, rows):
    if isinstance(body, list):
        return [filled(item, rows) for item in body]
    if isinstance(body, dict):
        return {name: filled(value, rows) for name, value in body.items()}
    return rows.get(body[1:-1], body) if isinstance(body, str) else body


@pytest.mark.parametrize(("name", "method", "address", "body", "statuses"), TABLE)
def test_the_truth_table(rows, each, name, method, address, body, statuses):
    for who, status in zip(WHO, statuses, strict=True):
        with each(who=who):
            client, own_token = caller(who)
            written = Entry.objects.count()
            answer = getattr(client, method)(
                "/api/v1/" + address.format(**rows, own_token=own_token),
                filled(body, rows),
                headers={"If-Match": "*"},
            )
            assert answer.status_code == status, answer.content
            if status >= 400:
                assert answer["Content-Type"] == "application/problem+json"
                assert answer.json()["status"] == status
                assert Entry.objects.count() == written
                assert Token.objects.filter(id=own_token).exists()
            if status == 401:
                assert answer["WWW-Authenticate"] == "Bearer, Token"


OF_AN_EDITOR = [
    pytest.param(method, address, body, statuses[WHO.index("editor")], id=f"{method}-{name}")
    for name, method, address, body, statuses in TABLE
]


@pytest.mark.parametrize(("method", "address", "body", "status"), OF_AN_EDITOR)
def test_a_database_that_only_reads_answers_reads_and_refuses_each_write_with_503(rows, method, address, body, status):
    """A standby does, and any server with default_transaction_read_only."""
    client, own_token = caller("editor")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # the rows' own, which would write at the end
        cursor.execute("SET TRANSACTION READ ONLY")
    path = "/api/v1/" + address.format(**rows, own_token=own_token)
    answer = getattr(client, method)(path, filled(body, rows), headers={"If-Match": "*"})
    is_write = method != "get" and status != 405 and not address.endswith(("/matches/", "/fetch/"))
    assert answer.status_code == (503 if is_write else status)
    if is_write:
        assert (answer["Content-Type"], answer["Retry-After"]) == ("application/problem+json", "2")
        assert answer.json() == {
            "type": "urn:factcheck:problem:service-unavailable",
            "title": "Service Unavailable",
            "status": 503,
            "detail": "The database only reads at the moment; try again in a moment. Nothing was written.",
        }


@pytest.mark.parametrize(("method", "address", "body", "status"), OF_AN_EDITOR)
def test_no_address_takes_a_body_in_which_a_name_is_there_twice(rows, method, address, body, status):
    client, _ = caller("editor")
    path = "/api/v1/" + address.format(**rows, own_token="")
    if body is not None and status != 405:
        answer = client.generic(method, path, '{"a": 1, "a": 2}', "application/json", headers={"If-Match": "*"})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "#/a")


def test_the_table_names_every_route_and_method_of_the_router():
    routes = set()
    for pattern in router.urls:
        actions = getattr(pattern.callback, "actions", None) or {"get": "api-root"}
        routes |= {(pattern.name, method) for method in actions if method != "head"}
    assert {(name, method) for name, method, *_ in TABLE} == routes


def test_a_token_of_somebody_else_is_neither_listed_nor_deleted(db):
    foreign = Token.issue(User.objects.create_user("owner"), name="theirs")
    client, _ = caller("admin")
    assert str(foreign.id) not in [row["id"] for row in client.get("/api/v1/tokens/").json()["results"]]
    assert client.delete(f"/api/v1/tokens/{foreign.id}/").status_code == 404
    assert Token.objects.filter(id=foreign.id).exists()


def test_a_superuser_without_a_group_is_an_admin(rows):
    client = APIClient()
    client.force_authenticate(User.objects.create_superuser("root"))
    answer = client.delete(f"/api/v1/sources/{rows['unused_source']}/", headers={"If-Match": "*"})
    assert answer.status_code == 204


def test_an_expired_token_and_an_inactive_user_are_anonymous(db):
    user = User.objects.create_user("gone")
    user.groups.add(Group.objects.get_or_create(name="editor")[0])
    token = Token.issue(user, name="t")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
    assert client.get("/api/v1/sources/").status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/api/v1/sources/").status_code == 401
    User.objects.filter(pk=user.pk).update(is_active=True)
    Token.objects.filter(pk=token.pk).update(expiry=timezone.now())
    assert client.get("/api/v1/sources/").status_code == 401
