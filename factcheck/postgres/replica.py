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
from time import monotonic
from typing import Any, NamedTuple

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, connections
from psycopg_pool import PoolTimeout

from factcheck.postgres.prepared import cursor_of, snapshot_of
from factcheck.postgres.question import Question, cut

IN_TIME = 1.0  # second
KEPT = 8  # answers of each server: more than there are within the lag
UNREACHABLE = (OperationalError, InterfaceError, PoolTimeout, psycopg.Error)
POSITION = re.compile(r"([0-9A-F]{1,8})/([0-9A-F]{1,8})")
BEYOND_ALL = 1 << 64

# The cluster and its timeline: a standby of the former primary may be further than the new one, with other writes.
STATE_SQL = """
    SELECT pg_is_in_recovery(), p.position::text, c.system_identifier,
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
    cluster: tuple[int, int]


class Server:
    """What a server told of itself. Threads of its own ask it, so that no request waits for one that hangs."""

    def __init__(self, alias: str, every: float) -> None:
        self.alias = alias
        self.every = every
        self.question = Question(self._state, alias)
        self.told: tuple[Told, ...] = ()
        self.has_failed = False
        self.lent: set[Any] = set()  # connections that requests read from now
        self.asking = Lock()
        self.due = 0.0

    def ask_again(self) -> None:
        """Returns at once."""
        if monotonic() >= self.due and self.asking.acquire(blocking=False):
            self.due = monotonic() + self.every
            Thread(target=self._ask, daemon=True).start()

    def _ask(self) -> None:
        began = monotonic()
        try:
            is_standby, position, *cluster = self.question.answer(IN_TIME)
        except Exception:  # whatever it is, requests would meet it too
            self.has_failed = True
            for each in tuple(self.lent):  # the primary answers those that wait for it
                cut(each)
        else:
            self.told = (*self.told[-KEPT:], Told(began, is_standby, number_of(position), tuple(cluster)))
            self.has_failed = False
        finally:
            self.asking.release()

    @staticmethod
    def _state() -> Any:
        with connection.cursor() as cursor:
            cursor.execute(STATE_SQL)
            return cursor.fetchone()

    def told_since(self, moment: float) -> Told | None:
        return next((told for told in self.told if told.at >= moment), None)

    def lend(self, needed: int) -> Any:
        """The thread's connection to it, if it has replayed what is needed."""
        database = connections[self.alias]
        try:
            cursor_of(database)  # connects
            self.lent.add(database.connection)
            database.asked = snapshot_of(database)
        except UNREACHABLE:
            self.has_failed = True
        else:
            if needed <= number_of(database.asked[0]) < BEYOND_ALL:  # a primary's snapshot is no position
                return database
        self.lent.discard(database.connection)
        return None


class Standbys:
    def __init__(self, aliases: list[str], max_lag: float) -> None:
        self.max_lag = max_lag
        self.primary = Server(DEFAULT_DB_ALIAS, max_lag / 4)
        self.servers = [Server(alias, max_lag / 4) for alias in aliases]
        self.turn = count()
        self.thread = local()
        self.answered = {"replica": 0, "primary": 0}  # requests that either might have answered

    def __bool__(self) -> bool:
        return bool(self.servers)

    @property
    def in_use(self) -> Server | None:
        """The standby that this thread reads from."""
        return getattr(self.thread, "server", None)

    def enter(self, position: int) -> None:
        """This thread reads from a standby until `leave`, if one has replayed that position and is near enough."""
        primary = connections[DEFAULT_DB_ALIAS]
        if self.in_use or primary.in_atomic_block:
            return
        for server in self._near_enough():
            if database := server.lend(max(self.thread.needed, position)):
                self.thread.server, self.thread.primary = server, primary
                connections[DEFAULT_DB_ALIAS] = database
                self.answered["replica"] += 1
                return
        self.answered["primary"] += 1

    def leave(self) -> None:
        if server := self.in_use:
            database, self.thread.server = connections[DEFAULT_DB_ALIAS], None
            connections[DEFAULT_DB_ALIAS] = self.thread.primary
            server.lent.discard(database.connection)
            server.has_failed |= database.connection is None or database.connection.closed

    def _near_enough(self) -> Iterator[Server]:
        """In turn. Sets what they must have replayed: the oldest of the primary's answers that are new enough."""
        for server in (self.primary, *self.servers):
            server.ask_again()
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
