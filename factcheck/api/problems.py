"""Errors as RFC 9457 problem documents."""

import logging
from collections.abc import Iterator
from http import HTTPStatus
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, SuspiciousOperation, ValidationError
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpResponseRedirect
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy
from psycopg.errors import (
    DeadlockDetected,
    ForeignKeyViolation,
    IdleInTransactionSessionTimeout,
    LockNotAvailable,
    QueryCanceled,
    ReadOnlySqlTransaction,
    UniqueViolation,
)
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from factcheck.errors import Conflict, FieldError, InvalidInput, Refusal, Text
from factcheck.postgres.replica import standbys
from factcheck.postgres.transactions import maybe_written

logger = logging.getLogger("factcheck.problems")

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:factcheck:problem:"
NOT_AUTHENTICATED = f"{TYPE_PREFIX}not-authenticated"
UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeout)
UNAVAILABLE_HEADERS = {"Retry-After": "2"}
# The commit may have succeeded although its confirmation was lost, or although reading the row again failed.
MAYBE_WRITTEN = gettext_lazy("If this was a write, it may have succeeded: read again before you repeat it.")
SAME_KEY = gettext_lazy("Repeat it with the same Idempotency-Key: it is then done once.")
NOT_WRITTEN = gettext_lazy("Nothing was written.")
UNAVAILABLE_DETAIL = gettext_lazy("The database does not answer; try again in a moment.")
# What the database itself ends: see DATABASE_TIMEOUTS in the settings.
DATABASE_DETAILS: dict[type, Text] = {
    QueryCanceled: gettext_lazy("This took the database too long and was cancelled; ask for less at a time."),
    LockNotAvailable: gettext_lazy("Somebody else is writing this; try again in a moment."),
    DeadlockDetected: gettext_lazy("Somebody else is writing this; try again in a moment."),
    IdleInTransactionSessionTimeout: gettext_lazy("This took too long and was cancelled; send less at a time."),
    ReadOnlySqlTransaction: gettext_lazy("The database only reads at the moment; try again in a moment."),
}
# Of a class that psycopg and Django take for an error of ours.
UNAVAILABLE_CAUSES = (IdleInTransactionSessionTimeout, ReadOnlySqlTransaction)
MAX_ERRORS = 100  # listed in one problem; nobody reads more, and a response should not be larger than its request
MAX_TEXT = 500  # code points of a pointer or a message, which may quote the request

# RFC 9110's new phrase, which Python has since 3.13: a problem's type must not depend on the version of Python.
PHRASES = {413: "Content Too Large", 414: "URI Too Long"}


def problem_document(
    status: int, kind: str = "", title: Text = "", detail: Text = "", **members: Any
) -> dict[str, Any]:
    phrase = PHRASES.get(status) or HTTPStatus(status).phrase
    return {
        "type": TYPE_PREFIX + (kind or phrase.lower().replace(" ", "-").replace("'", "")),
        "title": str(title or phrase),
        "status": int(status),
        "detail": str(detail or HTTPStatus(status).description or phrase),
        **members,
    }


def flatten(detail: Any, path: str = "#") -> Iterator[FieldError]:
    """DRF's nested error detail as a flat list."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            is_whole = name in (api_settings.NON_FIELD_ERRORS_KEY, "__all__")  # an error of the object, not of a field
            yield from flatten(inner, path if is_whole else f"{path}/{escape(str(name))}")
    elif isinstance(detail, (list, tuple)):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, (dict, list))
            yield from flatten(inner, f"{path}/{index}" if nested else path)
    else:
        yield FieldError(truncate(path), getattr(detail, "code", None) or "invalid", truncate(str(detail)))


def truncate(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def escape(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")


def from_refusal(refusal: Refusal) -> dict[str, Any]:
    members = dict(refusal.members)
    if refusal.errors or isinstance(refusal, InvalidInput):
        members["errors"] = [{**vars(error), "detail": str(error.detail)} for error in refusal.errors]
    return problem_document(refusal.status, refusal.kind, refusal.title, refusal.detail, **members)


def _from_validation(error: exceptions.ValidationError) -> dict[str, Any]:
    errors = list(islice(flatten(error.detail), MAX_ERRORS + 1))
    first = errors[0]
    path = first.pointer.removeprefix("#/").removeprefix("#")
    detail = f"{path}: {first.detail}" if path else first.detail
    if len(errors) > MAX_ERRORS:
        errors.pop()
        detail += gettext(" There are more than %(limit)d errors; the first %(limit)d are listed.") % {
            "limit": MAX_ERRORS
        }
    return from_refusal(InvalidInput(detail, errors))


def _from_database(error: DatabaseError) -> dict[str, Any] | None:
    """A rule that only the database can check, when two requests write at once. The model has its text."""
    if isinstance(error.__cause__, ForeignKeyViolation):
        detail = gettext(
            "Something that this refers to, or that refers to it, was changed in the meantime. Read it again."
        )
        return from_refusal(Conflict(detail))
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    known = (getattr(model, "constraint_errors", {}).get(name) for model in apps.get_models())
    field_error = next(filter(None, known), None)
    if field_error is None:
        return None
    refusal = Conflict if isinstance(error.__cause__, UniqueViolation) else InvalidInput
    return from_refusal(refusal(field_error.detail, [field_error]))


def _from_api_exception(error: exceptions.APIException) -> dict[str, Any]:
    kind = error.default_code.replace("_", "-") if isinstance(error.default_code, str) else ""
    return problem_document(error.status_code, kind, detail=str(error.detail))


def is_unavailable(error: Exception) -> bool:
    return isinstance(error, UNAVAILABLE) or isinstance(error.__cause__, UNAVAILABLE_CAUSES)


def log_unavailable(error: Exception) -> None:
    logger.log(level_of_error(), "The database does not answer: %s", error)


def level_of_error() -> int:
    """What a standby fails to answer the primary is asked, and whoever asked sees no error."""
    return logging.WARNING if standbys.in_use else logging.ERROR


def unavailable_detail(error: Exception) -> str:
    return _and_outcome(DATABASE_DETAILS.get(type(error.__cause__), UNAVAILABLE_DETAIL))


def _and_outcome(detail: Text) -> str:
    return f"{detail} {MAYBE_WRITTEN if maybe_written() else NOT_WRITTEN}"


def problem_of(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    """The problem document for an exception, and the headers that go with it."""
    headers: dict[str, str] = {}
    if isinstance(error, Refusal):
        if error.retry_after is not None:
            headers["Retry-After"] = str(error.retry_after)
        return from_refusal(error), headers
    if isinstance(error, ValidationError):
        error = exceptions.ValidationError(getattr(error, "message_dict", None) or error.messages)
    if isinstance(error, exceptions.ValidationError):
        return _from_validation(error), headers
    if isinstance(error, (Http404, ObjectDoesNotExist)):  # or deleted during this request
        return problem_document(
            404, detail=gettext("There is nothing at this address, or nothing that you may see.")
        ), headers
    if isinstance(error, PermissionDenied):
        return problem_document(403, "not-allowed", detail=str(error)), headers
    if isinstance(error, SuspiciousOperation):  # a form with more fields or parts than Django reads
        return problem_document(
            400, detail=gettext("The body has too many fields, or does not match its Content-Type.")
        ), headers
    if isinstance(error, exceptions.APIException):
        if challenge := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = challenge
        if wait := getattr(error, "wait", None):
            headers["Retry-After"] = str(int(wait))
        return _from_api_exception(error), headers
    if isinstance(error, IntegrityError) and (known := _from_database(error)):
        return known, headers
    if is_unavailable(error):
        log_unavailable(error)
        return problem_document(503, detail=unavailable_detail(error)), headers | UNAVAILABLE_HEADERS
    logger.log(level_of_error(), "Unexpected error", exc_info=error)
    return problem_document(
        500, detail=_and_outcome(gettext("This is a fault of the service, and it was logged."))
    ), headers


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | HttpResponseRedirect:
    request = context["request"]
    # Not for credentials that are not valid: the browser would send them again after the log-in, for ever.
    needs_login = isinstance(error, exceptions.NotAuthenticated)
    if needs_login and wants_page(request) and request.method == "GET":
        return HttpResponseRedirect("/login/?" + urlencode({"next": request.get_full_path()}))
    problem, headers = problem_of(error)
    if problem["status"] >= 500 and maybe_written() and "Idempotency-Key" in request.headers:
        problem["detail"] += f" {SAME_KEY}"
    response = Response(problem, status=problem["status"], headers=headers)
    response.is_problem = True  # type: ignore[attr-defined]  # tells the renderer to send problem+json
    return response


def wants_page(request: Any) -> bool:
    """Whether the response is HTML, for a browser."""
    renderer = getattr(request, "accepted_renderer", None)
    if renderer is not None:
        return renderer.media_type == "text/html"
    return "text/html" in request.META.get("HTTP_ACCEPT", "")
