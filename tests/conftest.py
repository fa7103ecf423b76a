import os
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, transaction
from django.test import TransactionTestCase
from rest_framework.test import APIClient

from claims import services
from claims.matches import shares
from factcheck.api.throttles import WindowCounter
from factcheck.journal import standing
from factcheck.journal.stream.waiting import WaitingThread
from sources.services import create_source
from tests.newsroom import TEXT, client_of, lift_truncate_guards, user_with_role
from tests.schema_truth import described_operations, untruth_in


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, django_db_blocker):
    """A server that only a worker of pytest-xdist uses does not wait for the disk."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
            cursor.execute("ALTER SYSTEM SET fsync = off")
            cursor.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        lift_truncate_guards()


def empty_tables(_case: TransactionTestCase) -> None:
    """As Django does it, but for the two tables that it would fill again each time, which took most of the time."""
    filled = {model._meta.db_table for model in (ContentType, Permission)}
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - filled
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), sorted(tables)))


TransactionTestCase._fixture_teardown = empty_tables


def pytest_collection_modifyitems(items):
    """The tests that take longest come first: with several workers none ends long after the others."""
    items.sort(key=lambda item: "server" not in item.keywords)


@pytest.fixture(autouse=True)
def nothing_is_remembered_of_another_test():
    forget()


def forget():
    WindowCounter.counts.clear()
    shares.read_for = ("", 0.0)
    WaitingThread.opened.clear()
    standing._remembered.clear()


@pytest.fixture(autouse=True)
def every_answer_is_as_the_schema_says(monkeypatch):
    described_operations()  # read now, not within what a test takes the time of
    unchecked = APIClient.request

    def request(client, **asked):
        answer = unchecked(client, **asked)
        untruth = untruth_in(asked["REQUEST_METHOD"], asked["PATH_INFO"], answer)
        assert untruth is None, untruth
        return answer

    monkeypatch.setattr(APIClient, "request", request)


@pytest.fixture
def alice(db) -> User:
    return user_with_role("alice", "editor")


@pytest.fixture
def api(alice) -> APIClient:
    return client_of(alice)


@pytest.fixture
def article(alice):
    return services.create_article(actor=alice, title="A report", url="https://news.example/1", text=TEXT)


@pytest.fixture
def minister(alice):
    return create_source(actor=alice, name="The minister", kind="person", aliases=["Jane Doe"])


@pytest.fixture
def statement(alice, article, minister):
    return services.create_statement(article=article, actor=alice, source=minister, start=2, end=23)


@pytest.fixture
def settings_without_throttle(monkeypatch):
    """For tests of thousands of requests."""
    monkeypatch.setattr("factcheck.api.throttles.WindowCounter.allow_request", lambda *_: True)


@pytest.fixture
def each(subtests, db):
    """One case of a loop over many, such as all routes: a fault in one hides no other, and what it wrote is undone."""

    @contextmanager
    def case(**what):
        forget()
        with subtests.test(**what), transaction.atomic():
            yield
            transaction.set_rollback(True)

    return case
