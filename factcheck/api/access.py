"""Each request as it ended: for the access log, and for the metrics."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from factcheck.logs import route_of, shown_path
from factcheck.postgres.timing import tally

logger = logging.getLogger("factcheck.access")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Access:
    request: Any
    status: int
    seconds: float
    queries: int
    database_seconds: float

    @property
    def method(self) -> str:
        """A caller may invent others."""
        return self.request.method if self.request.method in METHODS else "other"

    @property
    def route(self) -> str:
        return route_of(self.request)


class AccessMiddleware:
    """Costs nothing where nobody wants to know.

    A streamed response has ended when the server closes it, which happens in the thread that sent it.
    """

    observers: ClassVar[list[Callable[[Access], None]]] = []

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response
        if settings.LOG_FORMAT == "json" and log_access not in self.observers:
            self.observers.append(log_access)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not self.observers:
            return self.get_response(request)
        began, queries, waited = perf_counter(), tally.exchanges, tally.seconds
        response: Any = self.get_response(request)

        def end() -> None:
            took = perf_counter() - began
            access = Access(request, response.status_code, took, tally.exchanges - queries, tally.seconds - waited)
            for observe in self.observers:
                observe(access)

        if response.streaming:
            response._resource_closers.append(end)
        else:
            end()
        return response


def log_access(access: Access) -> None:
    request = access.request
    user = known_user(request)
    role = getattr(user, "_role", None)  # as it was read for this request; none if nothing has asked for it
    fields = {
        "request_id": request.request_id,
        "user": user.pk if user else None,
        "role": role.name.lower() if role is not None else None,
        "method": access.method,
        "route": access.route or None,
        "path": shown_path(request),
        "status": access.status,
        "seconds": round(access.seconds, 6),
        "queries": access.queries,
        "database_seconds": round(access.database_seconds, 6),
    }
    message = f"{access.method} /{access.route} {access.status}"
    # Not by `info`, which looks where it was called from: with that, the line took twice as long.
    logger.handle(logger.makeRecord(logger.name, logging.INFO, "", 0, message, (), None, extra={"fields": fields}))


def known_user(request: Any) -> Any:
    """Who was logged in, where that was asked for anyway: to ask now would cost a query."""
    user = vars(request).get("user")
    if isinstance(user, SimpleLazyObject):
        user = getattr(request, "_cached_user", None)
    return user if user is not None and user.is_authenticated else None
