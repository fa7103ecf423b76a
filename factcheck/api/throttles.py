"""How often one may ask. An address stands for whoever can choose among its neighbours: of IPv6 that is a /64."""

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from threading import Lock
from typing import Any, ClassVar

from django.db import connection, transaction
from rest_framework.throttling import AnonRateThrottle, BaseThrottle, SimpleRateThrottle, UserRateThrottle

from factcheck.api.models import LoginAttempt


def origin_of(request: Any) -> str:
    """The caller's address, from X-Forwarded-For only as far as TRUSTED_PROXIES says who wrote it there."""
    meta = request.META  # DRF would make a dictionary of all headers to look for this one
    given = BaseThrottle().get_ident(request) if "HTTP_X_FORWARDED_FOR" in meta else meta.get("REMOTE_ADDR")
    return _place_of((given or "")[: LoginAttempt.LONGEST_ORIGIN])


@lru_cache(maxsize=4096)
def _place_of(given: str) -> str:
    try:
        address = ip_address(given)
    except ValueError:
        return given
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)


@dataclass(slots=True)
class Count:
    """Of one caller: in a window of time, and in the one before."""

    window: int
    current: int
    before: int


class WindowCounter(SimpleRateThrottle):
    """Two counters for each caller: of this window of time, and of the one before, which counts as far as it overlaps.

    DRF keeps the time of each request, and reads and writes all of them at every request. Counted in each worker.
    """

    num_requests: int
    duration: int
    counts: ClassVar[dict[str, Count]] = {}
    callers_kept = 10_000
    lock = Lock()

    def allow_request(self, request: Any, view: Any) -> bool:
        key = self.get_cache_key(request, view)
        if self.rate is None or key is None:
            return True
        window, elapsed = divmod(time.time(), self.duration)
        self.remaining = self.duration - elapsed
        with self.lock:
            count = self._count_of(key, int(window))
            if count.before * self.remaining / self.duration + count.current >= self.num_requests:
                return False
            count.current += 1
        return True

    def _count_of(self, key: str, window: int) -> Count:
        kept = self.counts.get(key)
        if kept is not None and kept.window == window:
            return kept
        if len(self.counts) >= self.callers_kept:
            del self.counts[next(iter(self.counts))]  # who came first; its count is the oldest, or begins anew
        before = kept.current if kept is not None and kept.window == window - 1 else 0
        self.counts.pop(key, None)
        self.counts[key] = Count(window, 0, before)
        return self.counts[key]

    def wait(self) -> int:
        return max(1, ceil(self.remaining))


class UserThrottle(WindowCounter, UserRateThrottle):
    """Callers who are signed in."""

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        return super().get_cache_key(request, view) if request.user and request.user.is_authenticated else None


class AddressThrottle(WindowCounter, AnonRateThrottle):
    """Callers who are not signed in."""

    def get_ident(self, request: Any) -> str:
        return origin_of(request)


class LoginThrottle(SimpleRateThrottle):
    """Counts attempts by address and for all worker processes, so that a password cannot be guessed by trying."""

    scope = "login"
    num_requests: int
    duration: int

    def allow_request(self, request: Any, view: Any) -> bool:
        origin = origin_of(request)
        with transaction.atomic(), connection.cursor() as cursor:
            # One after the other: attempts that count at the same moment would not see each other.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"login {origin}"])
            attempts = LoginAttempt.objects.since(timedelta(seconds=self.duration))
            made = list(
                attempts.filter(origin=origin).order_by("-at").values_list("at", flat=True)[: self.num_requests]
            )
            self.history, self.now = [at.timestamp() for at in made], time.time()
            if len(made) >= self.num_requests:
                return False
            LoginAttempt.objects.create(origin=origin)
            LoginAttempt.objects.delete_before(timedelta(seconds=self.duration), at_most=20)
        return True

    def wait(self) -> int:
        return max(1, ceil(super().wait() or 0))
