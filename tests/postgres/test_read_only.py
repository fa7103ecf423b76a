"""What callers are answered while the database only reads, as a standby does."""

import json

import pytest
from django.db import connection

from claims.models import Article
from tests.newsroom import browser_of

pytestmark = pytest.mark.django_db


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
    assert "The database only reads at the moment; try again in a moment. Nothing was written." in page
    assert "may have succeeded" not in page


@pytest.mark.parametrize("path", ["/", "/search/?q=no", "/login/", "/import/", "/api/v1/articles/", "/healthz/"])
def test_a_page_is_read_while_the_database_only_reads(only_reads, path):
    assert only_reads.get(path).status_code == (302 if path == "/login/" else 200)


def test_a_retry_safe_write_while_the_database_only_reads_keeps_its_key_free(api, only_reads):
    answer = api.post("/api/v1/articles/", ARTICLE, headers={"Idempotency-Key": "1"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "Nothing was written." in answer.json()["detail"]
    assert not Article.objects.exists()
