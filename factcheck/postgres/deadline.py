"""How long a request waits for the database, and what this process knows of a database that hangs.

PostgreSQL's own time limits end nothing where PostgreSQL is frozen, and no commit that waits for a standby. So after a
moment somebody looks whether the database answers at all, and nobody waits for one that does not.

What is given up is closed, never cancelled: a cancelled commit says that it succeeded, before the standby has it. Nor
is it ended on the server: whoever sends its Idempotency-Key again would be told so.
"""

from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from math import inf
from threading import Lock, Thread
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from django.db import connection
from psycopg.errors import _WaitTimeout
from psycopg_pool import PoolTimeout

from factcheck.postgres.question import Question
from factcheck.postgres.transactions import maybe_written

if TYPE_CHECKING:
    from factcheck.postgres.timing import TimedConnection

Found = TypeVar("Found")

# Together with what an answer takes they must stay below the two seconds that a public read may take.
DOUBT = 0.7  # seconds that an exchange may take before somebody looks
IN_TIME = 0.5  # for the answer to that
SLICE = 0.1  # between two looks at what was found
PAUSE = 0.25  # between two questions
GRACE = 1  # second after a silence, for a server that has thawed
# One's own role sees its own.
UNREPLICATED_SQL = """
SELECT EXISTS (
    SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND state_change < clock_timestamp() - interval '1 second'
)
"""


def commits_wait() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(UNREPLICATED_SQL)
        return bool(cursor.fetchone()[0])


class Outage:
    """What is wrong now. A thread of its own looks, while a request is in doubt and until nothing is wrong."""

    def __init__(self) -> None:
        self.is_silent = False  # the database answers nothing
        self.is_unreplicated = False  # commits wait for a standby
        self.patience = DOUBT  # for an exchange that begins now
        self.heard_at = 0.0  # when any request was answered last
        self.ended_at = 0.0  # the last silence
        self.question = Question(commits_wait)
        self.lock = Lock()
        self.looking: Thread | None = None

    def look(self) -> None:
        with self.lock:
            if self.looking is None or not self.looking.is_alive():
                self.looking = Thread(target=self._look, daemon=True)
                self.looking.start()

    def _look(self) -> None:
        self.patience = SLICE
        self._ask()
        while self.is_silent or self.is_unreplicated:
            sleep(PAUSE)
            self._ask()
        self.patience = DOUBT

    def _ask(self) -> None:
        began = perf_counter()
        try:
            self.is_unreplicated = self.question.answer(IN_TIME)
            is_silent = False
        except Exception:  # whatever it is: it answers nobody, unless others were answered meanwhile
            is_silent = self.heard_at < began
        if self.is_silent and not is_silent:
            self.ended_at = perf_counter()
        self.is_silent = is_silent

    def is_outlived_by(self, made_at: float) -> bool:
        """Whether a connection is younger. An older one may lead to a server that another has taken the place of."""
        return made_at > self.ended_at


outage = Outage()


class Deadline:
    """Of one request. Its thread keeps it until the next one, since the end of an answer can ask the database too."""

    given_up = 0  # by this process

    def __init__(self, seconds: float) -> None:
        self.until = perf_counter() + seconds if seconds else inf
        self.is_write = False

    def wait(self, database: "TimedConnection", gen: Any) -> Any:
        if outage.is_silent or perf_counter() > self.until:
            raise self._give_up(database)
        try:
            found = psycopg.Connection.wait(database, gen, timeout=outage.patience)
        except _WaitTimeout:
            go_on = partial(psycopg.Connection.wait, database, resumable(gen), timeout=SLICE)
            try:
                found = self._insist(go_on, _WaitTimeout, self.until, database.made_at)
            except _WaitTimeout:
                raise self._give_up(database) from None
        outage.heard_at = perf_counter()
        return found

    def lend(self, lend: Callable[[float], Found]) -> Found:
        """A connection of the pool. Who reads does not wait for one for long, though others are answered."""
        until = self.until if self.is_write else perf_counter() + DOUBT + IN_TIME
        try:
            return lend(outage.patience)
        except PoolTimeout:
            return self._insist(partial(lend, SLICE), PoolTimeout, until)

    def _insist(
        self, attempt: Callable[[], Found], in_vain: type[Exception], until: float, made_at: float = inf
    ) -> Found:
        while perf_counter() < until and not self._is_hopeless(made_at):
            outage.look()
            with suppress(in_vain):
                return attempt()
        raise in_vain("no answer in time")

    def _is_hopeless(self, made_at: float) -> bool:
        """What is no write never waits for a standby, though it may commit, such as somebody's session."""
        if made_at < outage.ended_at < perf_counter() - GRACE:  # others are answered again
            return True
        may_have_committed = maybe_written()
        if self.is_write:  # then its outcome is unknown, and worth waiting for
            return outage.is_silent and not may_have_committed
        return outage.is_silent or (outage.is_unreplicated and may_have_committed)

    @classmethod
    def _give_up(cls, database: "TimedConnection") -> psycopg.OperationalError:
        cls.given_up += 1
        database.close()
        return psycopg.OperationalError("no answer in time; the connection is closed")


def resumable(gen: Any) -> Generator[Any, Any, Any]:
    """An exchange that was waited for in vain, to be waited for again, as often as need be."""
    ready = None
    while True:
        try:
            wanted = gen.send(ready or psycopg.waiting.READY_NONE)
        except StopIteration as end:
            return end.value
        ready = yield wanted
