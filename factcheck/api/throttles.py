"""Rate limits. An IPv6 caller is counted by its /64 network, in which one customer can choose any address."""

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
    """The caller's address. Only the part of X-Forwarded-For that the TRUSTED_PROXIES wrote counts."""
    meta = request.META  # DRF's get_ident() copies all headers to find this one
    given = BaseThrottle().get_ident(request) if "HTTP_X_FORWARDED_FOR" in meta else meta.get("REMOTE_ADDR")
    return _network_of((given or "")[: LoginAttempt.LONGEST_ORIGIN])


@lru_cache(maxsize=4096)
def _network_of(given: str) -> str:
    try:
        address = ip_address(given)
    except ValueError:
        return given
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)


@dataclass(slots=True)
class Count:
    """One caller's requests in the current window of time and in the one before."""

    window: int
    current: int
    previous: int


class WindowCounter(SimpleRateThrottle):
    """Two counters for each caller. The window before counts by its share of the last `duration` seconds.

    DRF would store the time of each request, and read and write all of them at every request. Each worker process
    counts by itself.
    """

    num_requests: int
    duration: int
    left: float | None = None  # how many requests the caller has left; None where nothing is counted
    counts: ClassVar[dict[str, Count]] = {}
    max_callers = 10_000
    lock = Lock()

    def allow_request(self, request: Any, view: Any) -> bool:
        key = self.get_cache_key(request, view)
        if self.rate is None or key is None:
            return True
        window, elapsed = divmod(time.time(), self.duration)
        self.remaining = self.duration - elapsed
        with self.lock:
            count = self._count_of(key, int(window))
            if getattr(request, "is_for_primary", False):  # a standby refused it, and it is counted already
                count.current = max(0, count.current - 1)
            self.left = self.num_requests - count.previous * self.remaining / self.duration - count.current
            if self.left <= 0:
                return False
            count.current += 1
        return True

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The rate limit and what is left of it, as draft-ietf-httpapi-ratelimit-headers has them.

        `t` is when the present window of time ends, in seconds.
        """
        if self.left is None:
            return ()
        left, name = max(0, int(self.left - 1)), f'"{self.scope}"'
        return (
            ("RateLimit-Policy", f"{name};q={self.num_requests};w={self.duration}"),
            ("RateLimit", f"{name};r={left};t={self.wait()}"),
        )

    def _count_of(self, key: str, window: int) -> Count:
        kept = self.counts.get(key)
        if kept is not None and kept.window == window:
            return kept
        if len(self.counts) >= self.max_callers:
            del self.counts[next(iter(self.counts))]  # the oldest count
        previous = kept.current if kept is not None and kept.window == window - 1 else 0
        self.counts.pop(key, None)
        self.counts[key] = Count(window, 0, previous)
        return self.counts[key]

    def wait(self) -> int:
        return max(1, ceil(self.remaining))


class UserThrottle(WindowCounter, UserRateThrottle):
    """Callers who are signed in."""

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        return super().get_cache_key(request, view) if request.user and request.user.is_authenticated else None


class AddressThrottle(WindowCounter, AnonRateThrottle):
    """Callers who are not signed in: who uses it has asked that, or answers everybody alike and reads no session."""

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}

    def get_ident(self, request: Any) -> str:
        return origin_of(request)


class LoginThrottle(SimpleRateThrottle):
    """Counts attempts to log in by address, so that nobody can guess a password by trying.

    Counts in the database, for all worker processes together.
    """

    scope = "login"
    num_requests: int
    duration: int

    def allow_request(self, request: Any, view: Any) -> bool:
        origin = origin_of(request)
        with transaction.atomic(), connection.cursor() as cursor:
            # One at a time: simultaneous attempts would not see each other's rows.
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
