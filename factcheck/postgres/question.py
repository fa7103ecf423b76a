"""A question to the database that is answered in time or not at all, also where the database hangs."""

import os
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from threading import Lock, Thread
from typing import Any, Generic, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

Found = TypeVar("Found")


class _Asking(Thread):
    def __init__(self, ask: Callable[[], Any], alias: str) -> None:
        super().__init__(daemon=True)
        self.ask = ask
        self.alias = alias
        self.found: Any = None
        self.error: Exception | None = None
        self.database: Any = None

    def run(self) -> None:
        self.database = connections[DEFAULT_DB_ALIAS] = connections[self.alias]  # this thread's
        try:
            self.found = self.ask()
        except Exception as error:  # raised where it was asked
            self.error = error
        finally:
            self.database.close()

    def give_up(self) -> None:
        cut(getattr(self.database, "connection", None))


def cut(connection: Any) -> None:
    """Ends another thread's waiting. A server that was frozen answers nothing, and ends nothing either."""
    with (
        suppress(OSError, AttributeError, psycopg.Error),
        closing(socket.socket(fileno=os.dup(connection.fileno()))) as wire,
    ):
        wire.shutdown(socket.SHUT_RDWR)


class Question(Generic[Found]):
    """Who asks while another one waits for the answer gets that one's, so that there is one thread at a time."""

    def __init__(self, ask: Callable[[], Found], alias: str = DEFAULT_DB_ALIAS) -> None:
        self.ask = ask
        self.alias = alias
        self.lock = Lock()
        self.asking: _Asking | None = None

    def answer(self, seconds: float) -> Found:
        """Raises TimeoutError, or what the question raised."""
        with self.lock:
            if self.asking is None or not self.asking.is_alive():
                self.asking = _Asking(self.ask, self.alias)
                self.asking.start()
            asking = self.asking
        asking.join(seconds)
        if asking.is_alive():
            asking.give_up()
            raise TimeoutError
        if asking.error:
            raise asking.error
        return asking.found
