"""Each request has a deadline, and requests that write leave some of a worker's threads to those that read."""

from collections.abc import Callable
from math import inf
from threading import BoundedSemaphore
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy

from factcheck.api.problems import NOT_WRITTEN, UNAVAILABLE_HEADERS
from factcheck.postgres.deadline import Deadline, outage
from factcheck.postgres.timing import tally

READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
BRIEFLY = 1.0  # second
WRITES_WAIT = gettext_lazy("Writes wait for the database; try again in a moment.")


class Writes:
    """Those under way. Where one more waits in vain, the next are refused at once, until one of these has ended."""

    def __init__(self, most: int) -> None:
        self.free = BoundedSemaphore(most)
        self.is_stuck = False
        self.refused = 0

    def enter(self) -> bool:
        if not (outage.is_silent or outage.is_unreplicated):
            if self.free.acquire(timeout=0 if self.is_stuck else BRIEFLY):
                return True
            self.is_stuck = True
        self.refused += 1
        return False

    def leave(self) -> None:
        self.is_stuck = False
        self.free.release()


class DeadlineMiddleware:
    """Works in a gunicorn worker alone, whose threads are few. All other servers have one for each request."""

    writes: ClassVar[Writes | None] = None

    @classmethod
    def start(cls, threads: int) -> None:
        cls.writes = Writes(max(1, threads - 2))

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if self.writes is None:
            return self.get_response(request)
        deadline = tally.deadline = Deadline(settings.REQUEST_DEADLINE)
        try:
            response = self.get_response(request)
        finally:
            if deadline.is_write:
                self.writes.leave()
        if response.streaming:  # it takes as long as it takes: each of its exchanges is short
            deadline.until = inf
        return response

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponse | None:
        if request.method in READS or self.writes is None or tally.deadline is None or only_reads(view):
            return None
        try:
            size = len(request.body)  # read now, and kept: who sends it slowly holds back no other write
        except UnreadablePostError:
            return HttpResponse(status=400)
        if size < int(request.META.get("CONTENT_LENGTH") or 0):  # gunicorn ends it where the connection ended
            return HttpResponse(status=400)
        tally.deadline.is_write = self.writes.enter()
        if tally.deadline.is_write:
            return None
        detail = f"{WRITES_WAIT} {NOT_WRITTEN}"
        response = HttpResponse(detail, status=503, headers=UNAVAILABLE_HEADERS, content_type="text/plain")
        response.problem_detail = detail  # type: ignore[attr-defined]
        return response


def only_reads(view: Any) -> bool:
    """As BaseView has it."""
    return bool(getattr(view, "initkwargs", {}).get("only_reads"))
