"""What callers are answered when the database, or the row they write, goes away during their request."""

import json

import pytest
from django.contrib.auth.models import Group, User
from django.db import OperationalError, connection
from psycopg.errors import DeadlockDetected
from rest_framework.test import APIClient

from claims import services
from claims.models import Article, Statement
from claims.views import statements as views
from claims.views.statements import StatementViewSet
from factcheck.api.models import Token
from factcheck.desk.pages.start import StartPage
from factcheck.desk.renderer import DeskRenderer
from tests.newsroom import browser_of

ACT = {"tag": "denied", "reason": "The ministry denies it."}


def lost(*arguments: object, **named: object) -> None:
    raise OperationalError("server closed the connection unexpectedly")


@pytest.fixture
def alice(db) -> User:
    alice = User.objects.create_user("alice")
    alice.groups.add(Group.objects.get_or_create(name="editor")[0])
    return alice


@pytest.fixture
def api(alice) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Token " + Token.issue(alice, name="test").key)
    return client


@pytest.fixture
def address(alice) -> str:
    article = services.create_article(actor=alice, title="A report", text="The minister said no.")
    made = services.create_statement(article=article, actor=alice, quote_type="narration", start=0, end=21)
    return f"/api/v1/statements/{made.pk}/"


def test_a_write_whose_row_cannot_be_read_again_is_not_called_unwritten(api, address, monkeypatch):
    monkeypatch.setattr(StatementViewSet, "row_json_after_write", lost)
    answer = api.post(address + "tag/", ACT, headers={"If-Match": '"1-0"'})
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert answer["Content-Type"] == "application/problem+json"
    assert "it may have succeeded" in answer.json()["detail"]
    assert Statement.objects.get().tag == "denied"


def test_a_stale_write_is_answered_503_when_the_current_row_cannot_be_read(api, address, monkeypatch):
    monkeypatch.setattr(StatementViewSet, "row_json_after_write", lost)
    answer = api.post(address + "tag/", ACT, headers={"If-Match": '"7-0"'})
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")


def deleted(*arguments: object, **named: object) -> None:
    raise Statement.DoesNotExist


@pytest.mark.parametrize("version", ['"1-0"', '"7-0"'])
@pytest.mark.parametrize(("owner", "name"), [(views, "tag_statement"), (StatementViewSet, "row_json_after_write")])
def test_a_row_that_is_deleted_during_the_request_is_answered_404(api, address, monkeypatch, owner, name, version):
    monkeypatch.setattr(owner, name, deleted)
    answer = api.post(address + "tag/", ACT, headers={"If-Match": version})
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("path", "owner", "name"),
    [("/", StartPage, "get_context_data"), ("/api/v1/statements/", DeskRenderer, "get_context")],
)
def test_a_browser_is_shown_a_page_that_says_the_database_does_not_answer(
    client, alice, monkeypatch, path, owner, name
):
    client.force_login(alice)
    monkeypatch.setattr(owner, name, lost)
    answer = client.get(path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "The database does not answer" in answer.content.decode()
    assert answer.content.startswith(b"<!DOCTYPE html>")


def test_who_loses_a_deadlock_is_told_that_somebody_else_is_writing(api, address, monkeypatch):
    def deadlocked(*arguments: object, **named: object) -> None:
        raise OperationalError("deadlock detected") from DeadlockDetected()

    monkeypatch.setattr(views, "tag_statement", deadlocked)
    answer = api.post(address + "tag/", ACT, headers={"If-Match": '"1-0"'})
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert answer.json()["detail"].startswith("Somebody else is writing this; try again in a moment.")


@pytest.fixture
def only_reads(alice):
    """The database, as a standby is."""
    alice.set_password("a password")
    alice.save()
    browser = browser_of(alice)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET TRANSACTION READ ONLY")
    return browser


ARTICLE = {"title": "Another", "text": "Yes."}
DOCUMENT = {"format": "factcheck-annotations/1", "article": ARTICLE, "sources": [], "statements": [], "disputes": []}


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/logout/", {}),
        ("/import/", {"document": json.dumps(DOCUMENT)}),
        ("/api/v1/articles/", ARTICLE),
        ("/api/v1/tokens/", {"name": "A program"}),
    ],
)
def test_a_form_sent_while_the_database_only_reads_is_answered_by_a_page_that_says_so(only_reads, path, form):
    says_it_only_reads(only_reads.post(path, form))


def test_a_login_while_the_database_only_reads_is_answered_by_a_page_that_says_so(only_reads):
    only_reads.cookies.clear()
    says_it_only_reads(only_reads.post("/login/", {"username": "alice", "password": "a password"}))


def says_it_only_reads(answer):
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    page = answer.content.decode()
    assert page.startswith("<!DOCTYPE html>")
    assert "The database only reads at the moment, so nothing was written; try again in a moment." in page
    assert "may have succeeded" not in page


@pytest.mark.parametrize("path", ["/", "/search/?q=no", "/login/", "/import/", "/api/v1/articles/", "/healthz/"])
def test_a_page_is_read_while_the_database_only_reads(only_reads, path):
    assert only_reads.get(path).status_code == (302 if path == "/login/" else 200)


def test_a_retry_safe_write_while_the_database_only_reads_keeps_its_key_free(api, only_reads):
    answer = api.post("/api/v1/articles/", ARTICLE, headers={"Idempotency-Key": "1"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "nothing was written" in answer.json()["detail"]
    assert not Article.objects.exists()
