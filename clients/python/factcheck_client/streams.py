"""The streams of server-sent events, over broken connections; each also asynchronous.

A connection that breaks, or is silent for longer than three heartbeats, is made again behind the last event.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx
from httpx_sse import EventSource, ServerSentEvent

from .client import AsyncClient, Client
from .problems import Problem, problem_of
from .types import Change, Entry

Data = TypeVar("Data")
JOURNAL = "/api/v1/journal/stream/"
CHANGES = "/api/v1/feeds/changes/stream/"
TIMEOUT = httpx.Timeout(30.0, read=45.0)
LONGEST_WAIT = 30.0


@dataclass(frozen=True)
class Streamed(Generic[Data]):
    """Keep `cursor`, and give it as `after` to go on behind this event."""

    cursor: str
    data: Data


def journal_stream(factcheck: Client, after: str | None = None) -> Iterator[Streamed[Entry]]:
    """The newsroom's journal, for ever: each entry within a moment of its commit. Raises Problem when it is refused."""
    return stream(factcheck, JOURNAL, after)


def changes_stream(factcheck: Client, after: str | None = None) -> Iterator[Streamed[Change]]:
    """The changes that strangers may see, for ever."""
    return stream(factcheck, CHANGES, after)


def async_journal_stream(factcheck: AsyncClient, after: str | None = None) -> AsyncIterator[Streamed[Entry]]:
    return async_stream(factcheck, JOURNAL, after)


def async_changes_stream(factcheck: AsyncClient, after: str | None = None) -> AsyncIterator[Streamed[Change]]:
    return async_stream(factcheck, CHANGES, after)


@dataclass
class Place:
    """Where a stream is, and how it goes on."""

    cursor: str | None
    pause: float = 1.0  # seconds; the service may give another
    failures: int = 0
    asked: float | None = None  # by Retry-After

    @property
    def headers(self) -> dict[str, str]:
        last = {"Last-Event-ID": self.cursor} if self.cursor else {}
        return {"Accept": "text/event-stream", **last}

    def take(self, event: ServerSentEvent) -> Streamed[Any] | None:
        """None for what has no data: the stream begins with `retry:` and the id of where it begins."""
        if event.retry is not None:
            self.pause = event.retry / 1000
        self.cursor = event.id or self.cursor
        if not event.data:
            return None
        self.failures = 0
        return Streamed(event.id, json.loads(event.data))

    def failed(self, problem: Problem) -> None:
        """Raises the problem again, unless it passes."""
        if problem.status != 429 and problem.status < 500:
            raise problem
        self.asked = problem.retry_after

    def wait(self) -> float:
        backoff = min(self.pause * 2.0**self.failures, LONGEST_WAIT) * random.uniform(0.5, 1)
        self.failures += 1
        asked, self.asked = self.asked, None
        return backoff if asked is None else asked


def stream(factcheck: Client, path: str, after: str | None) -> Iterator[Streamed[Any]]:
    place = Place(after)
    while True:
        try:
            with factcheck.http.stream("GET", path, headers=place.headers, timeout=TIMEOUT) as response:
                if not response.is_success:
                    response.read()
                    raise problem_of(response)
                for event in EventSource(response).iter_sse():
                    if streamed := place.take(event):
                        yield streamed
        except Problem as problem:
            place.failed(problem)
        except httpx.TransportError:
            pass
        time.sleep(place.wait())


async def async_stream(factcheck: AsyncClient, path: str, after: str | None) -> AsyncIterator[Streamed[Any]]:
    place = Place(after)
    while True:
        try:
            async with factcheck.http.stream("GET", path, headers=place.headers, timeout=TIMEOUT) as response:
                if not response.is_success:
                    await response.aread()
                    raise problem_of(response)
                async for event in EventSource(response).aiter_sse():
                    if streamed := place.take(event):
                        yield streamed
        except Problem as problem:
            place.failed(problem)
        except httpx.TransportError:
            pass
        await asyncio.sleep(place.wait())
