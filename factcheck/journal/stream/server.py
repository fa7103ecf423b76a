"""The ASGI application: it sends the streams to many listeners from one process, and all else as Django does.

A request for a stream is judged in one of a few threads, by the same middleware and view as in gunicorn's workers. Then
it needs neither a thread nor a connection to the database.
"""

import asyncio
import logging
import resource
import signal
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_started
from django.urls import set_script_prefix

from factcheck.journal.stream.broadcast import PATIENCE, Broadcast
from factcheck.journal.stream.listeners import Channel, Listener
from factcheck.journal.stream.response import EventStream
from factcheck.postgres.backend.base import keep_connections

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
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    def prepare(self) -> None:
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # each listener is an open file
        keep_connections(ASKING + READING + 1)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            # The server would wait for the streams to end by themselves.
            before = signal.getsignal(number)
            signal.signal(number, lambda *given, before=before: (loop.call_soon_threadsafe(self.close), before(*given)))

    def close(self) -> None:
        for broadcast in self.broadcasts.values():
            broadcast.close()

    async def stream(self, scope: Any, receive: Any, send: Any) -> None:
        response = await asyncio.get_running_loop().run_in_executor(self.asking, self.answer, scope)
        if isinstance(response, EventStream):
            is_heard = scope["method"] == "GET"
            response.streaming_content = self.texts_for(response.listener) if is_heard else _nothing()
        sending = asyncio.create_task(self.send_response(response, _impatient(send)))
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            gone.cancel()
        try:
            await sending
        except asyncio.CancelledError:
            pass
        except TimeoutError:
            logger.info("A listener that was too slow was dropped.")
            await _abort(send)

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


def _impatient(send: Any) -> Any:
    async def send_in_time(message: Any) -> None:
        async with asyncio.timeout(PATIENCE):
            await send(message)

    return send_in_time


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _abort(send: Any) -> None:
    """Closes the connection of a client that does not read. ASGI has no word for it, and uvicorn would wait."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport:
        transport.abort()
        await asyncio.sleep(0)  # the server hears of it
