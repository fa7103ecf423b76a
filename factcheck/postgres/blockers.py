"""Whom a change of the schema waits for.

PostgreSQL knows it only while it waits, so another connection asks again and again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import psycopg

SECONDS = 0.2
BLOCKERS = """
    SELECT b.pid, a.usename, a.state, extract(epoch FROM clock_timestamp() - a.xact_start)::integer, left(a.query, 200)
    FROM unnest(pg_blocking_pids(%s)) b (pid) LEFT JOIN pg_stat_activity a USING (pid)
    """


class Blockers(list[str]):
    """Those that were last seen, each in words."""

    def __str__(self) -> str:
        return "\n".join(self) or "a session that has ended."


@contextmanager
def blockers_of(connection: Any) -> Iterator[Blockers]:
    found = Blockers()
    connection.ensure_connection()
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as own:
        ended = Event()
        watch = Thread(target=_watch, args=(own, connection, found, ended), daemon=True)
        watch.start()
        try:
            yield found
        finally:
            ended.set()
            watch.join()


def _watch(own: psycopg.Connection[Any], connection: Any, found: Blockers, ended: Event) -> None:
    while not ended.wait(SECONDS):
        if rows := own.execute(BLOCKERS, [connection.changes_schema_as]).fetchall():
            found[:] = [_in_words(*row) for row in rows]


def _in_words(pid: int, user: str | None, state: str | None, seconds: int | None, query: str | None) -> str:
    if pid == 0:
        return "a prepared transaction (see pg_prepared_xacts)"
    text = " ".join((query or "").split())
    return f"process {pid} of {user} ({state}, in a transaction for {seconds} seconds): {text}"
