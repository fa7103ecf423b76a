"""Reads from standbys, where some are set and one has what the reader may expect to see.

While a request reads from a standby, this thread's default connection is the standby's. So every read goes there,
by the ORM, prepared or raw, and none can be forgotten.

How old a standby's answer may be, the primary decides: each process asks it again and again where its log ends. Who has
replayed what the primary told two seconds ago is two seconds behind at most. A standby cannot know that of itself: cut
off, it has replayed all that it has received, and while nobody writes, its last transaction is old although it lacks
nothing.
"""

import re
from collections.abc import Iterator
from itertools import count
from threading import Lock, Thread, local
from time import monotonic, sleep
from typing import Any, NamedTuple

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connection, connections
from psycopg_pool import PoolTimeout

from factcheck.postgres.prepared import cursor_of, snapshot_of
from factcheck.postgres.question import Question, cut
from factcheck.postgres.timing import tally

IN_TIME = 1.0  # second
KEPT = 8  # answers of each server: more than there are within the lag
UNREACHABLE = (DatabaseError, InterfaceError, PoolTimeout, psycopg.Error)
POSITION = re.compile(r"([0-9A-F]{1,8})/([0-9A-F]{1,8})")
BEYOND_ALL = 1 << 64

# The cluster and its timeline: a standby of the former primary may be further than the new one, with other writes.
STATE_SQL = """
    SELECT pg_is_in_recovery(), p.position::text,
        extract(epoch FROM clock_timestamp() - coalesce(pg_last_xact_replay_timestamp(),
            pg_postmaster_start_time()))::float, c.system_identifier,
        CASE WHEN pg_is_in_recovery() THEN (SELECT greatest(k.timeline_id, r.min_recovery_end_timeline)
            FROM pg_control_checkpoint() k, pg_control_recovery() r)
        ELSE ('x' || left(pg_walfile_name(p.position), 8))::bit(32)::integer END
    FROM pg_control_system() c, LATERAL (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
        ELSE pg_current_wal_flush_lsn() END AS position) p
"""


def number_of(position: str) -> int:
    """Beyond every position for a text that is none: who sends it reads from the primary, which has everything."""
    match = POSITION.fullmatch(position)
    return int(match[1], 16) << 32 | int(match[2], 16) if match else BEYOND_ALL


def written_position() -> str:
    """Behind all that is committed now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
        return cursor.fetchone()[0]


class Told(NamedTuple):
    at: float  # before it was asked
    is_standby: bool
    position: int
    since_commit: float  # seconds, of the last transaction that a standby has replayed
    cluster: tuple[int, int]


class Lag(NamedTuple):
    alias: str
    size: int = 0  # bytes of the log
    seconds: float = 0  # since the commit of the last transaction that is replayed, where anything is not
    is_up: bool = True


class Server:
    """What a server told of itself. While requests want to know, a thread of its own asks it, so that none waits."""

    def __init__(self, alias: str, every: float) -> None:
        self.alias = alias
        self.every = every
        self.question = Question(self._state, alias)
        self.told: tuple[Told, ...] = ()
        self.has_failed = False
        self.lent: set[Any] = set()  # connections that requests read from now
        self.asking = Lock()
        self.wanted = 0.0

    def keep_asking(self) -> None:
        """Returns at once."""
        self.wanted = monotonic()
        if self.asking.acquire(blocking=False):
            Thread(target=self._go_on, daemon=True).start()

    def _go_on(self) -> None:
        """Also while all requests wait for it, and no other one comes."""
        try:
            while self.lent or monotonic() - self.wanted < KEPT * self.every:
                self._ask()
                sleep(self.every)
        finally:
            self.asking.release()

    def _ask(self) -> None:
        try:
            told = self.question.answer(IN_TIME)
        except Exception:  # whatever it is, requests would meet it too
            self.has_failed = True
            for each in tuple(self.lent):  # the primary answers those that wait for it
                cut(each)
        else:
            self.told = (*self.told[-KEPT:], told)
            self.has_failed = False

    @staticmethod
    def _state() -> Told:
        with connection.cursor() as cursor:
            at = monotonic()
            cursor.execute(STATE_SQL)
            is_standby, position, since_commit, *cluster = cursor.fetchone()
        return Told(at, is_standby, number_of(position), since_commit, tuple(cluster))

    def told_since(self, moment: float) -> Told | None:
        return next((told for told in self.told if told.at >= moment), None)

    def lend(self, needed: int) -> Any:
        """The thread's connection to it, if it has replayed what is needed."""
        database: Any = connections[self.alias]
        try:
            cursor_of(database)  # connects
            self.lent.add(database.connection)
            database.asked = snapshot_of(database)
        except UNREACHABLE:
            self.has_failed = True
        else:
            # a primary's snapshot is no position
            if needed <= number_of(database.asked.partition("|")[0]) < BEYOND_ALL:
                return database
        self.lent.discard(database.connection)
        return None


class Reading(local):
    """What this thread reads from."""

    server: Server | None = None
    primary: Any = None  # while `server` is in its place
    deadline: Any = None  # of the request: it goes by what is known of the primary, and a standby is given up by `_ask`
    needed = 0


class Standbys:
    def __init__(self, aliases: list[str], max_lag: float) -> None:
        self.max_lag = max_lag
        self.primary = Server(DEFAULT_DB_ALIAS, max_lag / 4)
        self.servers = [Server(alias, max_lag / 4) for alias in aliases]
        self.turn = count()
        self.thread = Reading()
        self.answered = {"replica": 0, "primary": 0}  # requests that either might have answered

    def __bool__(self) -> bool:
        return bool(self.servers)

    @property
    def in_use(self) -> Server | None:
        return self.thread.server

    def enter(self, position: int) -> None:
        """This thread reads from a standby until `leave`, if one has replayed that position and is near enough."""
        primary = connections[DEFAULT_DB_ALIAS]
        if self.in_use or primary.in_atomic_block:
            return
        self.thread.deadline, tally.deadline = tally.deadline, None
        for server in self._near_enough() if position < BEYOND_ALL else ():
            if database := server.lend(max(self.thread.needed, position)):
                self.thread.server, self.thread.primary = server, primary
                connections[DEFAULT_DB_ALIAS] = database
                return
        tally.deadline = self.thread.deadline
        self.answered["primary"] += 1

    def leave(self, answered_by: str = "replica") -> None:
        if server := self.in_use:
            self.answered[answered_by] += 1
            database, self.thread.server = connections[DEFAULT_DB_ALIAS], None
            connections[DEFAULT_DB_ALIAS] = self.thread.primary
            tally.deadline = tally.deadline or self.thread.deadline  # the next request's, where a stream was not closed
            server.lent.discard(database.connection)
            server.has_failed |= database.connection is None or database.connection.closed

    def lags(self) -> Iterator[Lag]:
        """Asks each. Raises what keeps the primary from answering."""
        end = self.primary.question.answer(IN_TIME).position
        for server in self.servers:
            try:
                told = server.question.answer(IN_TIME)
            except Exception:  # whatever it is, requests would meet it too
                yield Lag(server.alias, is_up=False)
            else:
                size = max(0, end - told.position)
                yield Lag(server.alias, size, told.since_commit if size else 0)

    def _near_enough(self) -> Iterator[Server]:
        """In turn. Sets what they must have replayed: the oldest of the primary's answers that are new enough."""
        for server in (self.primary, *self.servers):
            server.keep_asking()
        since = monotonic() - self.max_lag
        if not (told := self.primary.told_since(since)) or told.is_standby:
            return
        self.thread.needed, cluster = told.position, self.primary.told[-1].cluster
        first = next(self.turn)
        for n in range(len(self.servers)):
            server = self.servers[(first + n) % len(self.servers)]
            if not server.has_failed and server.told_since(since) and server.told[-1].cluster == cluster:
                yield server


standbys = Standbys(
    [alias for alias in settings.DATABASES if alias.startswith("replica")], max_lag=settings.REPLICA_MAX_LAG
)
