"""How many exchanges with the database each thread has had, how long it waited for them, and how long it may.

Counted at psycopg's connection, where Django's cursors, the prepared reads, copies and commits all wait. Django's own
place for it, `execute_wrappers`, sees no commit, and the prepared reads would have to go by Django's cursors.
"""

import logging
import re
import sys
from threading import local
from time import perf_counter
from types import ModuleType
from typing import Any, ClassVar

import psycopg

from factcheck.postgres.deadline import Deadline

SLOW = 1.0  # second; PostgreSQL cancels at DATABASE_STATEMENT_TIMEOUT
MAX_TEXT = 2_000
LITERALS = re.compile(r"'(?:[^']|'')*'")

logger = logging.getLogger("factcheck.database")


class Tally(local):
    exchanges = 0  # statements and commits
    seconds = 0.0
    deadline: Deadline | None = None  # of the request that the thread is at


tally = Tally()


class TimedConnection(psycopg.Connection[Any]):
    primary: ClassVar[tuple[str, str]] = ("", "")  # host and port that were connected to last

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> "TimedConnection":
        """Of several hosts the last one that took us comes first: one that hangs would cost seconds each time."""
        made = super().connect(conninfo, **cls._in_order(**kwargs))
        cls.primary = made.info.host, str(made.info.port)
        return made

    @classmethod
    def _in_order(cls, **kwargs: Any) -> dict[str, Any]:
        hosts = str(kwargs.get("host") or "").split(",")
        if len(hosts) == 1:
            return kwargs
        each = sorted(zip(hosts, kwargs["port"].split(","), strict=True), key=lambda one: one != cls.primary)
        host, port = (",".join(part) for part in zip(*each, strict=True))
        return {**kwargs, "host": host, "port": port}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.made_at = perf_counter()

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        began = perf_counter()
        try:
            if (deadline := tally.deadline) is None or args or kwargs:
                return super().wait(gen, *args, **kwargs)
            return deadline.wait(self, gen)
        finally:
            took = perf_counter() - began
            tally.exchanges += not gen.__name__.startswith("_set_")  # which psycopg sends with the next statement
            tally.seconds += took
            if took > SLOW:
                _tell(took, sys._getframe(1).f_locals.get("query"))


def _tell(took: float, query: Any) -> None:
    """`query` is what psycopg's cursor was given, without parameters; a commit has none. Values written into it go."""
    text = query.decode() if isinstance(query, bytes) else str(query or "COMMIT")
    shown = LITERALS.sub("'?'", text)[:MAX_TEXT]
    logger.warning("Slow query: %.1f s: %s", took, shown, extra={"fields": {"seconds": round(took, 3), "query": shown}})


# psycopg as Django's backend uses it.
timed = ModuleType("psycopg")
vars(timed).update(vars(psycopg), connect=TimedConnection.connect)
