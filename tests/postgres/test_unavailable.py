"""What callers are answered when the database, or the row they write, goes away during their request."""

from contextlib import contextmanager
from select import select

import pytest
from django.db import OperationalError, connection
from psycopg_pool import PoolTimeout

from claims import services
from claims.models import Statement
from claims.views import statements as views
from claims.views.statements import StatementViewSet
from factcheck.desk.pages.start import StartPage
from factcheck.desk.renderer import DeskRenderer
from sources import services as source_services
from sources.models import Source
from tests.newsroom import client_of, user_with_role

ACT = {"tag": "denied", "reason": "The ministry denies it."}
ANN = {"name": "Ann", "kind": "person"}
MAYBE = "If this was a write, it may have succeeded: read again before you repeat it."
NOTHING = "Nothing was written."
NO_ANSWER = "The database does not answer; try again in a moment."
# By the code of PostgreSQL's error: a query cancelled, a lock not had in time, a deadlock lost.
REPORTED = [
    ("57014", "This took the database too long and was cancelled; ask for less at a time."),
    ("55P03", "Somebody else is writing this; try again in a moment."),
    ("40P01", "Somebody else is writing this; try again in a moment."),
]
END = "PERFORM pg_terminate_backend(pg_backend_pid());"


def lost(*arguments: object, **named: object) -> None:
    raise OperationalError("server closed the connection unexpectedly")


def error(code: str) -> str:
    return f"RAISE EXCEPTION 'no' USING ERRCODE = '{code}';"


@contextmanager
def after_the_write(plpgsql: str):
    """Runs it in the transaction of each write, before the commit."""

    def run(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if "INSERT INTO journal_entry" in str(sql):
            with context["connection"].cursor() as cursor:
                cursor.execute(f"DO $$BEGIN {plpgsql} END$$")
        return answer

    with connection.execute_wrapper(run):
        yield


@contextmanager
def within_the_commit(plpgsql: str):
    with connection.cursor() as cursor:
        cursor.execute(f"""
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {plpgsql} RETURN NULL; END$$;
            CREATE CONSTRAINT TRIGGER fails AFTER INSERT OR UPDATE ON sources_source
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail();
            CREATE CONSTRAINT TRIGGER fails AFTER INSERT OR UPDATE ON claims_statement
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail();
            """)
    try:
        yield
    finally:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION fail CASCADE")


@pytest.fixture
def alice(transactional_db):
    return user_with_role("alice", "editor")


@pytest.fixture
def api(alice):
    return client_of(alice)


@pytest.fixture
def address(alice) -> str:
    article = services.create_article(actor=alice, title="A report", text="The minister said no.")
    made = services.create_statement(article=article, actor=alice, quote_type="narration", start=0, end=21)
    return f"/api/v1/statements/{made.pk}/"


def tag(api, address, version='"1-0"'):
    return api.post(address + "tag/", ACT, headers={"If-Match": version})


def unavailable(answer) -> str:
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert answer["Content-Type"] == "application/problem+json"
    return answer.json()["detail"]


@pytest.mark.parametrize(("code", "detail"), REPORTED)
@pytest.mark.parametrize("moment", [after_the_write, within_the_commit])
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}])
def test_what_postgresql_itself_ends_has_written_nothing(api, moment, code, detail, headers):
    with moment(error(code)):
        answer = api.post("/api/v1/sources/", ANN, headers=headers)
    assert unavailable(answer) == f"{detail} {NOTHING}"
    assert not Source.objects.exists()


@pytest.mark.parametrize(("code", "detail"), REPORTED)
def test_a_tag_that_postgresql_ends_has_written_nothing(api, address, code, detail):
    with within_the_commit(error(code)):
        answer = tag(api, address)
    assert unavailable(answer) == f"{detail} {NOTHING}"
    assert Statement.objects.get().tag == "unverified"


def test_a_connection_that_is_lost_before_the_commit_has_written_nothing(api):
    with after_the_write(END):
        answer = api.post("/api/v1/sources/", ANN)
    assert unavailable(answer) == f"{NO_ANSWER} {NOTHING}"
    connection.close()
    assert not Source.objects.exists()


def test_a_transaction_that_stood_idle_too_long_has_written_nothing(api, monkeypatch):
    def dawdle(**fields):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '1ms'")
        assert select([connection.connection.fileno()], [], [], 20)[0]  # the server has ended the connection
        return create(**fields)

    create = source_services.create_sources
    monkeypatch.setattr(source_services, "create_sources", dawdle)
    answer = api.post("/api/v1/sources/", ANN, headers={"Idempotency-Key": "once"})
    # Whether its last message arrives depends on who writes first.
    too_long = "This took too long and was cancelled; send less at a time."
    assert unavailable(answer) in (f"{too_long} {NOTHING}", f"{NO_ANSWER} {NOTHING}")
    connection.close()
    assert not Source.objects.exists()


def test_a_connection_that_is_lost_during_the_commit_may_have_written(api):
    with within_the_commit(END):
        answer = api.post("/api/v1/sources/", ANN)
    assert unavailable(answer) == f"{NO_ANSWER} {MAYBE}"


def test_a_connection_that_is_lost_during_a_tag_may_have_written(api, address):
    with within_the_commit(END):
        answer = tag(api, address)
    assert unavailable(answer) == f"{NO_ANSWER} {MAYBE}"


def test_a_write_whose_row_cannot_be_read_again_may_have_written(api, address, monkeypatch):
    monkeypatch.setattr(StatementViewSet, "row_json_after_write", lost)
    assert unavailable(tag(api, address)) == f"{NO_ANSWER} {MAYBE}"
    assert Statement.objects.get().tag == "denied"
    # The next request of the same thread is judged for itself.
    assert unavailable(tag(api, address, '"1-0"')) == f"{NO_ANSWER} {NOTHING}"


def test_a_stale_write_has_written_nothing_when_the_current_row_cannot_be_read(api, address, monkeypatch):
    monkeypatch.setattr(StatementViewSet, "row_json_after_write", lost)
    assert unavailable(tag(api, address, '"7-0"')) == f"{NO_ANSWER} {NOTHING}"


def test_who_gets_no_connection_from_the_pool_has_written_nothing(api, address, monkeypatch):
    def no_connection(**fields):
        raise PoolTimeout("couldn't get a connection after 10.00 sec")

    monkeypatch.setattr(views, "tag_statement", no_connection)
    assert unavailable(tag(api, address)) == f"{NO_ANSWER} {NOTHING}"


def test_a_fault_of_the_service_within_a_transaction_has_written_nothing(api, monkeypatch):
    def broken(**fields):
        create(**fields)
        raise ZeroDivisionError

    create = source_services.insert_sources
    monkeypatch.setattr(source_services, "insert_sources", broken)
    api.raise_request_exception = False
    answer = api.post("/api/v1/sources/", ANN, headers={"Idempotency-Key": "once"})
    detail = f"This is a fault of the service, and it was logged. {NOTHING}"
    assert (answer.status_code, answer.json()["detail"]) == (500, detail)
    assert not Source.objects.exists()


def test_a_fault_of_the_service_after_the_commit_may_have_written(api, monkeypatch):
    def broken(**fields):
        create(**fields)
        raise ZeroDivisionError

    create = source_services.insert_sources
    monkeypatch.setattr(source_services, "insert_sources", broken)
    answer = api.post("/api/v1/sources/", ANN)
    detail = f"This is a fault of the service, and it was logged. {MAYBE}"
    assert (answer.status_code, answer.json()["detail"]) == (500, detail)
    assert Source.objects.count() == 1


def deleted(*arguments: object, **named: object) -> None:
    raise Statement.DoesNotExist


@pytest.mark.parametrize("version", ['"1-0"', '"7-0"'])
@pytest.mark.parametrize(("owner", "name"), [(views, "tag_statement"), (StatementViewSet, "row_json_after_write")])
def test_a_row_that_is_deleted_during_the_request_is_answered_404(api, address, monkeypatch, owner, name, version):
    monkeypatch.setattr(owner, name, deleted)
    answer = tag(api, address, version)
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
    assert NO_ANSWER in answer.content.decode()
    assert answer.content.startswith(b"<!DOCTYPE html>")
