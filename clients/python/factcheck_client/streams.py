"""The streams of server-sent events, over broken connections; each also asynchronous.

A connection that breaks, or is silent for longer than three heartbeats, is made again behind the last event.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, Unpack

import httpx
from httpx_sse import EventSource, ServerSentEvent

from .client import AsyncClient, Client
from .problems import Problem, problem_of
from .types import Change, Entry, FeedsChangesStreamQuery, JournalStreamQuery

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


def journal_stream(factcheck: Client, **query: Unpack[JournalStreamQuery]) -> Iterator[Streamed[Entry]]:
    """The newsroom's journal, for ever: each entry within a moment of its commit. It begins behind `after`, or now.

    Raises Problem when it is refused.
    """
    return stream(factcheck, JOURNAL, query)


def changes_stream(factcheck: Client, **query: Unpack[FeedsChangesStreamQuery]) -> Iterator[Streamed[Change]]:
    """The changes that strangers may see, for ever."""
    return stream(factcheck, CHANGES, query)


def async_journal_stream(factcheck: AsyncClient, **query: Unpack[JournalStreamQuery]) -> AsyncIterator[Streamed[Entry]]:
    return async_stream(factcheck, JOURNAL, query)


def async_changes_stream(
    factcheck: AsyncClient, **query: Unpack[FeedsChangesStreamQuery]
) -> AsyncIterator[Streamed[Change]]:
    return async_stream(factcheck, CHANGES, query)


@dataclass
class Place:
    """Where a stream is, and how it goes on."""

    query: Mapping[str, Any]
    cursor: str | None = None
    pause: float = 1.0  # seconds; the service may give another
    failures: int = 0
    asked: float | None = None  # by Retry-After

    @property
    def request(self) -> dict[str, Any]:
        """For httpx."""
        last = {"Last-Event-ID": self.cursor} if self.cursor else {}
        return {"params": dict(self.query), "headers": {"Accept": "text/event-stream", **last}, "timeout": TIMEOUT}

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


def stream(factcheck: Client, path: str, query: Mapping[str, Any]) -> Iterator[Streamed[Any]]:
    place = Place(query)
    while True:
        try:
            with factcheck.http.stream("GET", path, **place.request) as response:
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


async def async_stream(factcheck: AsyncClient, path: str, query: Mapping[str, Any]) -> AsyncIterator[Streamed[Any]]:
    place = Place(query)
    while True:
        try:
            async with factcheck.http.stream("GET", path, **place.request) as response:
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
