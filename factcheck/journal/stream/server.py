"""The ASGI application: it sends the streams to many listeners from one process, and all else as Django does.

A request for a stream is judged in one of a few threads, by the same middleware and view as in gunicorn's workers. Then
it needs neither a thread nor a connection to the database. Any other request has a thread that ends with it: so none
keeps the connection that the pool lent it.
"""

import asyncio
import gc
import logging
import resource
import signal
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_started
from django.urls import set_script_prefix

from factcheck import draining
from factcheck.journal.stream.broadcast import PATIENCE, Broadcast
from factcheck.journal.stream.listeners import Channel, Listener
from factcheck.journal.stream.response import EventStream

ASKING = 4  # threads that judge requests and read what was missed
READING = 2  # threads that read what is new, one for each channel

logger = logging.getLogger("factcheck.streams")


class StreamHandler(ASGIHandler):
    def __init__(self) -> None:
        super().__init__()
        self.judge = BaseHandler()
        self.judge.load_middleware()
        self.asking = ThreadPoolExecutor(ASKING, "asking")
        self.reading = ThreadPoolExecutor(READING, "reading")
        self.broadcasts: dict[Channel, Broadcast] = {}
        self.sending: dict[asyncio.Task[Any], float] = {}  # what a listener has not taken yet, and since when
        self.slow: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self.live(receive, send)
        elif scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"].endswith("/stream/"):
            await self.stream(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def live(self, receive: Any, send: Any) -> None:
        await receive()
        self.prepare()
        dropping = asyncio.create_task(self.drop_slow())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        dropping.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    def prepare(self) -> None:
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # each listener is an open file
        gc.freeze()  # as in a worker of gunicorn; with 2,000 listeners, collecting made some events 150 ms later
        gc.set_threshold(50_000, 20, 20)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, partial(self.end, loop, signal.getsignal(number)))

    def end(self, loop: Any, then: Any, number: int, frame: Any) -> None:
        """The server would wait for the streams to end by themselves. A second signal shortens the drain."""
        if number == signal.SIGTERM and settings.DRAIN_SECONDS and not draining.has_begun():
            draining.begin()
            loop.call_soon_threadsafe(loop.call_later, settings.DRAIN_SECONDS, signal.raise_signal, signal.SIGTERM)
        else:
            loop.call_soon_threadsafe(self.close)
            then(number, frame)

    def close(self) -> None:
        for broadcast in self.broadcasts.values():
            broadcast.close()

    async def stream(self, scope: Any, receive: Any, send: Any) -> None:
        response = await asyncio.get_running_loop().run_in_executor(self.asking, self.answer, scope)
        is_heard = isinstance(response, EventStream) and scope["method"] == "GET"
        if isinstance(response, EventStream):
            response.streaming_content = _nothing()
        sending = asyncio.create_task((self.send_events if is_heard else self.send_response)(response, send))
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            gone.cancel()
        try:
            await sending
        except asyncio.CancelledError:
            is_slow = sending in self.slow
        except TimeoutError:
            is_slow = True
        else:
            return
        self.sending.pop(sending, None)
        if is_slow:
            self.slow.discard(sending)
            logger.info("A listener that was too slow was dropped.")
            await _abort(send)

    async def send_events(self, response: EventStream, send: Any) -> None:
        """A loop of our own: that of Django, and a timer for each part, would cost as much as the sending."""
        head: list[Any] = []

        async def keep(message: Any) -> None:
            head.append(message)

        await self.send_response(response, keep)
        task: Any = asyncio.current_task()
        time = asyncio.get_running_loop().time
        await send(head[0])
        async for text in self.texts_for(response.listener):
            self.sending[task] = time()
            await send({"type": "http.response.body", "body": text, "more_body": True})
            del self.sending[task]
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def drop_slow(self) -> None:
        while True:
            await asyncio.sleep(1)
            late = asyncio.get_running_loop().time() - PATIENCE
            for task in [task for task, since in self.sending.items() if since < late]:
                del self.sending[task]
                self.slow.add(task)
                task.cancel()

    def answer(self, scope: Any) -> Any:
        """As a WSGI server would answer, but without the content of a stream. The request ends here."""
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=type(self), scope=scope)
        # A GET has no content, so the type that it may name is nobody's.
        scope = {**scope, "headers": [header for header in scope["headers"] if header[0] != b"content-type"]}
        request, refused = self.create_request(scope, BytesIO())
        response: Any = self.judge.get_response(request) if request else refused
        response.close()  # what Django does then gives the connection back
        return response

    def texts_for(self, listener: Listener) -> AsyncIterator[bytes]:
        channel = listener.channel
        return self.broadcasts.setdefault(channel, Broadcast(channel, self.reading, self.asking)).texts(listener)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _abort(send: Any) -> None:
    """Closes the connection of a client that does not read. ASGI has no word for it, and uvicorn would wait."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport:
        transport.abort()
        await asyncio.sleep(0)  # the server hears of it
