"""A stream from a WSGI server. It keeps a thread, so there are few at a time."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Lock
from typing import Any, ClassVar

from django.db import close_old_connections
from django.utils.translation import gettext

from factcheck.errors import Unavailable
from factcheck.journal.followers import TROUBLE
from factcheck.journal.stream.listeners import BEAT, HEARTBEAT, PAUSE, AccessEnded, Listener

AT_MOST = 2  # in each process, whose other threads answer requests


class WaitingThread:
    """Raises Unavailable when there are as many as there may be. `close` makes room for another one."""

    opened: ClassVar[set["WaitingThread"]] = set()
    lock = Lock()
    worker: ClassVar[Any] = None  # gunicorn's

    def __init__(self, listener: Listener, connection: socket.socket | None) -> None:
        with self.lock:
            if len(self.opened) >= AT_MOST:
                raise Unavailable(gettext("As many streams are open here as can be. Read the list from time to time."))
            self.opened.add(self)
        self.connection = connection
        self.texts = self._texts(listener)

    def __iter__(self) -> Iterator[bytes]:
        return self.texts

    def close(self) -> None:
        self.texts.close()
        self.opened.discard(self)

    def _texts(self, listener: Listener) -> Any:
        yield listener.opening()
        beat = time.monotonic()
        with suppress(AccessEnded, *TROUBLE):  # the client connects again, and is told what is wrong
            while self._is_wanted() and not self._is_gone():
                found = listener.read(listener.place)
                listener.place = found.until
                is_due = time.monotonic() - beat >= HEARTBEAT
                if found.events or is_due:
                    listener.judge()
                if text := listener.text_of(found.events) or (BEAT if is_due else b""):
                    beat = time.monotonic()
                    yield text
                if not found.more:
                    listener.read = listener.channel.read
                    close_old_connections()  # lends it to others where the pool has fewer than there are threads
                    time.sleep(PAUSE)

    def _is_wanted(self) -> bool:
        return self.worker is None or self.worker.alive

    def _is_gone(self) -> bool:
        """Whether the client has closed the connection, which a server notices only when it sends."""
        if self.connection is None:
            return False
        try:
            return self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
