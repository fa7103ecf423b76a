"""Django's PostgreSQL backend with a cheaper pool, and with the embedded server where the settings have DATA_DIR.

The pool looks at a connection's socket instead of asking the server, and a thread keeps the connection it was lent
for more than one request.
"""

from contextlib import suppress
from functools import partial
from pathlib import Path
from select import POLLIN, poll
from time import perf_counter
from typing import Any, ClassVar

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.backends.base.base import NO_DB_ALIAS, BaseDatabaseWrapper
from django.db.backends.postgresql import base
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

from factcheck.postgres import embedded
from factcheck.postgres.backend.schema import SchemaEditor
from factcheck.postgres.deadline import outage
from factcheck.postgres.timing import TimedConnection, tally, timed
from factcheck.postgres.transactions import committing

KEPT_SECONDS = 60  # then the thread's next request returns its connection, and takes one that the pool may have renewed


class PatientPool(ConnectionPool[Any]):
    timeouts = 0  # threads that waited in vain; for one of them the pool counts several

    def getconn(self, timeout: float | None = None) -> Any:
        try:
            return self._lend() if tally.deadline is None else tally.deadline.lend(super().getconn)
        except PoolTimeout:
            self.timeouts += 1
            raise

    def _lend(self) -> Any:
        """Asks again and again: that makes a pool grow that has given up to reconnect."""
        until = perf_counter() + self.timeout
        while perf_counter() < until - 1:
            with suppress(PoolTimeout):
                return super().getconn(1)
        return super().getconn(1)


class DatabaseWrapper(base.DatabaseWrapper):
    Database = timed
    SchemaEditorClass = SchemaEditor
    changes_schema_as = 0  # PostgreSQL's process for the last schema editor; a pooler tells another one
    _connection_pools: ClassVar[dict[str, Any]]
    asked: str | None = None  # the snapshot that a request chose this standby by, for its first read

    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        super().__init__(settings_dict, alias)
        self.embedded_data_dir: Path | None = settings_dict.get("DATA_DIR")
        pool = settings_dict["OPTIONS"].get("pool")
        # A pool connects in threads of its own. While all requests wait for it, no other code would start a server
        # that has died.
        if pool and self.embedded_data_dir:
            pool["conninfo"] = partial(_start_for_pool, self.embedded_data_dir)

    def get_connection_params(self) -> dict[str, Any]:
        """Django calls this before every connection that it opens or takes from a pool; a pool starts the server
        itself."""
        if self.embedded_data_dir and self.alias not in self._connection_pools:
            _ensure_running(self.embedded_data_dir)
        return super().get_connection_params()

    @property
    def pool(self) -> Any:
        options = self.settings_dict["OPTIONS"].get("pool")
        if options and self.alias != NO_DB_ALIAS and self.alias not in self._connection_pools:
            made = PatientPool(
                connection_class=TimedConnection,
                kwargs={**self.get_connection_params(), "autocommit": True},
                open=False,  # Django opens it with the first connection: its threads would not survive a fork
                configure=self._configure_connection,
                **options,
            )
            self._connection_pools.setdefault(self.alias, made)  # two threads may come first at once: one pool wins
        return super().pool

    def _commit(self) -> None:
        with committing():
            super()._commit()  # type: ignore[misc]  # the stubs lack it

    def _configure_connection(self, connection: Any) -> Any:
        super()._configure_connection(connection)  # type: ignore[misc]  # the stubs lack it
        configure(connection)
        return True

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection[Any]:
        """One that the server has not ended; the pool replaces the others.

        The pool could check them itself, but it waits longer and longer after each that has ended. All end at once when
        PostgreSQL crashes, and a request would wait for 10 seconds and fail.
        """
        if tally.deadline and outage.is_silent:
            raise psycopg.OperationalError("the database does not answer")
        try:
            connection = super().get_new_connection(conn_params)
        except psycopg.Error:
            if tally.deadline:
                outage.look()
            raise
        while self.pool:
            try:
                check_socket(connection)
                break
            except psycopg.Error:
                connection.close()
                self.pool.putconn(connection)
                connection = super().get_new_connection(conn_params)
        return connection

    def close_if_health_check_failed(self) -> None:
        """Django leaves this to the pool, which a thread that keeps its connection does not ask."""
        BaseDatabaseWrapper.close_if_health_check_failed(self)

    def is_usable(self) -> bool:
        if self.connection is None or self.errors_occurred:
            return super().is_usable()
        try:
            check_socket(self.connection)
        except psycopg.Error:
            return False
        return True


def keep_connections(threads: int) -> None:
    """Let each of a worker's threads keep the connection that the pool lent it, where the pool has one more than that.

    Lending one for each request costs a tenth of a short request. Where there are fewer connections, each request
    returns what it took; otherwise the other threads would wait for ever. The one more is for questions about the
    service's health.
    """
    for database in connections.settings.values():
        if database["OPTIONS"].get("pool", {}).get("max_size", 0) > threads:
            database["CONN_MAX_AGE"] = KEPT_SECONDS


# A pooler tells a process id of its own. There the limits would stay on a connection that others get: the role has them
# (application_role.sql).
LIMITS_SQL = """
SELECT bool_and(CASE WHEN pg_backend_pid() = %s THEN set_config(name, value, false) IS NOT NULL ELSE false END)
FROM unnest(%s::text[], %s::text[]) AS limits (name, value)
"""
# PgBouncer prepares statements under names of its own, from 1.21 on; before, it left them on some connection.
TRACKED_SQL = "SELECT EXISTS (SELECT FROM pg_prepared_statements WHERE starts_with(name, 'PGBOUNCER_'))"


def configure(connection: Connection[Any]) -> None:
    """Set the limits, and prepare nothing where a pooler would lose it."""
    limits = {name: f"{seconds}s" for name, seconds in settings.DATABASE_TIMEOUTS.items()}
    own = (connection.info.backend_pid, list(limits), list(limits.values()))
    with psycopg.ClientCursor(connection) as cursor:
        (is_direct,) = cursor.execute(LIMITS_SQL, own).fetchone() or (False,)
    if not is_direct and not keeps_prepared(connection):
        connection.prepare_threshold = None


def keeps_prepared(connection: Connection[Any]) -> bool:
    try:
        with psycopg.Cursor(connection) as cursor:
            return bool(cursor.execute(TRACKED_SQL, prepare=True).fetchone() == (True,))
    except psycopg.Error:  # another client's statement has that name
        connection.rollback()
        return False


def check_socket(connection: Connection[Any]) -> None:
    """Raises psycopg.OperationalError when the server has ended the connection.

    Between two requests a server sends nothing unless it ends the connection. So a quiet socket is a good one, and
    looking at it saves the round trip that ConnectionPool.check_connection makes for each request. But it is as quiet
    where a server has frozen.
    """
    if isinstance(connection, TimedConnection) and not outage.is_outlived_by(connection.made_at):
        raise psycopg.OperationalError("the connection is older than the last silence")
    watch = poll()
    watch.register(connection.fileno(), POLLIN)
    if watch.poll(0):  # it can also be a notice or a changed setting: then the server is asked
        ConnectionPool.check_connection(connection)


def _ensure_running(data_dir: Path) -> None:
    try:
        embedded.ensure_running(data_dir)
    except embedded.EmbeddedPostgresError as error:
        raise OperationalError(str(error)) from error


def _start_for_pool(data_dir: Path) -> str:
    """The pool calls this for a connection string before every connection; Django gave it the parameters already."""
    _ensure_running(data_dir)
    return ""
