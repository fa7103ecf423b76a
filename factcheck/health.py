"""The answers for health checks: none needs a log-in, and none has what an anonymous caller may not know."""

from functools import cache
from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import View

from claims.followers import followers_in_use
from factcheck import draining
from factcheck.api.problems import CONTENT_TYPE, problem_document
from factcheck.errors import Unavailable
from factcheck.journal.epoch import first_open_transaction
from factcheck.journal.followers import lags
from factcheck.postgres.question import Question

IN_TIME = 1.5  # seconds
MOST_NAMED = 5
NOT_KEPT = {"Cache-Control": "no-store"}


class Health(View):
    """200 when the database answers, else 503."""

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Exception:  # any failure to reach the database makes this worker unhealthy
            return HttpResponse(status=503)
        return HttpResponse("ok\n", content_type="text/plain", headers=NOT_KEPT)


class Live(View):
    """200 when this process answers: what does not is to be started anew. Asks no database."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("ok\n", content_type="text/plain", headers=NOT_KEPT)


class Ready(View):
    """200 when requests can be sent here, else 503 with what is wrong."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if draining.has_begun():
            return unready("The server is about to stop.", {})
        known_migrations()  # reads files the first time, which is not the database's time
        try:
            found = STATE.answer(IN_TIME)
        except Exception:  # whatever it is, requests would meet it too; what exactly, the log and the metrics tell
            found = {"database": "unreachable"}
        if not (wrong := what_is_wrong(found)):
            return JsonResponse({"status": "ready", **found}, headers=NOT_KEPT)
        return unready(wrong, {name: value for name, value in found.items() if name != "status"})


def unready(detail: str, members: dict[str, Any]) -> HttpResponse:
    problem = problem_document(503, detail=detail, **members)
    response = JsonResponse(problem, status=503, content_type=CONTENT_TYPE, headers=NOT_KEPT)
    response.is_problem = True  # type: ignore[attr-defined]  # the middleware has nothing to add
    return response


def what_is_wrong(found: dict[str, Any]) -> str:
    """The followers and the epoch are no reason: all but the feed goes on without them."""
    if found["database"] == "unreachable":
        return f"The database does not answer within {IN_TIME} seconds."
    if found["database"] == "standby":
        return "The database is a standby, which only reads."
    if found["unapplied_migrations"]:
        return "Migrations are not applied: run `manage.py migrate`."
    return ""


def state() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery()")
        database = "standby" if cursor.fetchone()[0] else "primary"
    unapplied = sorted(known_migrations() - set(MigrationRecorder(connection).applied_migrations()))
    named = [".".join(each) for each in unapplied[:MOST_NAMED]]
    if unapplied:  # without them there may be no table to ask
        return {"database": database, "unapplied_migrations": named}
    followers = {lag.name: {"entries": lag.entries, "seconds": lag.seconds} for lag in lags(followers_in_use())}
    return {"database": database, "unapplied_migrations": named, "epoch": epoch(), "followers": followers}


def epoch() -> str:
    try:
        first_open_transaction()
    except Unavailable:
        return "unconfirmed"
    return "confirmed"


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


STATE = Question(state)
