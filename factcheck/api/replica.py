"""Which requests a standby may answer, and how a caller sees what they have written.

A write's answer has the position behind it in the database's log. Who sends that back reads from a standby only if it
has replayed it. A browser does so by a cookie.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from factcheck.postgres.replica import number_of, standbys, written_position
from factcheck.postgres.transactions import maybe_written

HEADER, COOKIE = "Write-Position", "write_position"
COOKIE_SECONDS = 60  # longer than any lag that is accepted


def read_from_replica(request: Any) -> None:
    """From here on, if a standby can answer. What it refuses, the primary is asked: the view runs once more."""
    if standbys and not getattr(request, "is_for_primary", False):
        if request.method == "POST" and not request._read_started:
            request.body  # noqa: B018  kept for the second time
        given = (request.META.get("HTTP_WRITE_POSITION"), request.COOKIES.get(COOKIE))
        standbys.enter(max((number_of(each) for each in given if each), default=0))


class ReplicaMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        if not standbys:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        standbys.leave()  # where a stream was never closed
        response: Any = self.get_response(request)
        if standbys.in_use and response.status_code >= 400:
            standbys.leave(answered_by="primary")
            request.is_for_primary = True  # type: ignore[attr-defined]
            return self.get_response(request)
        if not standbys.in_use:
            if request.method != "GET" and maybe_written():
                add_position(request, response)
        elif response.streaming:
            response._resource_closers.append(standbys.leave)
        else:
            standbys.leave()
        return response


def add_position(request: HttpRequest, response: HttpResponseBase) -> None:
    try:
        position = written_position()
    except DatabaseError:  # what was written stays written
        return
    response.headers[HEADER] = position
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        response.set_cookie(
            COOKIE, position, COOKIE_SECONDS, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
