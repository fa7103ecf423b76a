"""A channel for many listeners in one event loop: each event is read once, and written out once for each view.

What was read is kept for some seconds, and each listener takes from it at its own pace. There is no queue for each, so
a slow one needs no more memory than a quick one. One that is too slow is dropped; its client goes on by Last-Event-ID.
What a listener missed before it came is read from the database, since what it may see is judged now.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import close_old_connections

from factcheck.api.callers import Caller, present_roles
from factcheck.api.roles import Role
from factcheck.errors import Unavailable
from factcheck.journal.followers import TROUBLE
from factcheck.journal.models import Place
from factcheck.journal.stream.listeners import BEAT, HEARTBEAT, PAUSE, AccessEnded, Channel, Event, EventPage, Listener

PATIENCE = 10  # seconds that a listener may be behind
MOST_KEPT = 8_000_000  # bytes of events
PAUSE_IN_TROUBLE = 1  # second between two attempts to reach the database

logger = logging.getLogger("factcheck.streams")


@dataclass
class Batch:
    """What was read at once. `roles` are of those who listened then; None: the access has ended."""

    events: list[Event]
    is_beat: bool
    roles: dict[Caller, Role | None]
    read_at: float
    texts: dict[Hashable, bytes] = field(default_factory=dict)  # by the listeners' views

    def __post_init__(self) -> None:
        self.size = sum(len(event.text) for event in self.events)

    def text_for(self, listener: Listener) -> bytes:
        if self.events and self.events[0].entry.place <= listener.place:
            return listener.text_of([event for event in self.events if event.entry.place > listener.place])
        text = self.texts.get(listener.view)
        if text is None:
            text = listener.text_of(self.events) or (BEAT if self.is_beat else b"")
            self.texts[listener.view] = text
        return text


class Broadcast:
    def __init__(self, channel: Channel, reading: Executor, asking: Executor) -> None:
        """`reading` runs what reads the channel, `asking` what finds what listeners have missed."""
        self.channel, self.reading, self.asking = channel, reading, asking
        self.listeners: set[Listener] = set()
        self.reader: asyncio.Task[None] | None = None
        self.batches: deque[Batch] = deque()
        self.first = 0  # the number of the first one
        self.place: Place = (0, 0)  # where the last one ends
        self.kept = 0  # bytes
        self.news = asyncio.Event()

    async def texts(self, listener: Listener) -> AsyncIterator[bytes]:
        """What to send. Ends when the listener's access does, or the server. Raises TimeoutError if it is too slow."""
        self.listeners.add(listener)
        if self.reader is None:
            self.place = listener.now
            self.reader = asyncio.create_task(self._read())
        reader = self.reader
        try:
            yield listener.opening()
            place, number = self.place, self.next
            while listener.place < place:
                place, number = self.place, self.next  # the batches have what comes behind this place
                yield await run(self.asking, _missed, listener)
            listener.read = self.channel.read  # the other one keeps the request in memory
            while self.reader is reader:
                news = self.news
                text, number = self._text_from(number, listener), self.next
                if text:
                    yield text
                else:
                    await news.wait()
        except (AccessEnded, *TROUBLE):  # the client connects again, and is told what is wrong
            return
        finally:
            self.listeners.discard(listener)

    def close(self) -> None:
        """Ends all streams."""
        self.reader = None
        self._tell()

    @property
    def next(self) -> int:
        """The number of the next batch."""
        return self.first + len(self.batches)

    def _text_from(self, number: int, listener: Listener) -> bytes:
        """What the batches from this one on have for it."""
        if number < self.first:
            raise TimeoutError
        texts: list[bytes] = []
        for batch in islice(self.batches, number - self.first, None):
            listener.admit(batch.roles.get(listener.caller, listener.role))
            texts.append(batch.text_for(listener))
        return b"".join(texts)

    async def _read(self) -> None:
        try:
            await self._follow()
        except Unavailable as reason:  # the cursors may be of another journal
            logger.warning("All streams end: %s", reason)
        except Exception:
            logger.exception("All streams end.")
        finally:
            self.first += len(self.batches)
            self.batches.clear()
            self.kept = 0
            self.close()

    async def _follow(self) -> None:
        time = asyncio.get_running_loop().time
        beat, trouble = time(), ""
        while self.listeners and self.reader is asyncio.current_task():
            is_due = time() - beat >= HEARTBEAT
            roles: dict[Caller, Role | None] = {}
            try:
                found = await run(self.reading, self.channel.read, self.place)
                if found.events or is_due:  # judged after the read, so that nobody sees what came later
                    roles = await run(self.reading, present_roles, {each.caller for each in self.listeners})
                trouble = ""
            except Unavailable:
                raise
            except TROUBLE as error:
                if trouble != (trouble := " ".join(str(error).split())):
                    logger.warning("Waiting: %s", trouble)
                found = EventPage([], self.place, False)
                await asyncio.sleep(PAUSE_IN_TROUBLE)
            self._keep(found, is_due, roles, time())
            beat = time() if is_due else beat
            if not found.more:
                await asyncio.sleep(PAUSE)

    def _keep(self, found: EventPage, is_beat: bool, roles: dict[Caller, Role | None], now: float) -> None:
        self.place = found.until
        if found.events or is_beat:
            batch = Batch(found.events, is_beat, roles, now)
            self.batches.append(batch)
            self.kept += batch.size
            self._tell()
        while len(self.batches) > 1 and (self.kept > MOST_KEPT or self.batches[0].read_at < now - PATIENCE):
            old = self.batches.popleft()
            self.first, self.kept = self.first + 1, self.kept - old.size

    def _tell(self) -> None:
        self.news.set()
        self.news = asyncio.Event()


async def run(executor: Executor, work: Callable[..., Any], *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(executor, _with_connection, work, *arguments)


def _with_connection(work: Callable[..., Any], *arguments: Any) -> Any:
    """As Django does around a request."""
    close_old_connections()
    try:
        return work(*arguments)
    finally:
        close_old_connections()


def _missed(listener: Listener) -> bytes:
    found = listener.read(listener.place)
    listener.judge()
    listener.place = found.until
    return listener.text_of(found.events)
