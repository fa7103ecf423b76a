"""Django's PostgreSQL backend. Its pool looks at a connection's socket instead of asking the server, and lends it to a
thread for more than one request."""

from collections.abc import Callable
from select import POLLIN, poll
from typing import Any, ClassVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql import base
from psycopg import Connection
from psycopg_pool import ConnectionPool

KEPT_SECONDS = 60  # then the thread's next request gives it back, and takes one that the pool may have replaced


class DatabaseWrapper(base.DatabaseWrapper):
    _connection_pools: ClassVar[dict[str, Any]]
    _configure_connection: Callable[[Connection[Any]], None]

    @property
    def pool(self) -> Any:
        options = self.settings_dict["OPTIONS"].get("pool")
        if options and self.alias == DEFAULT_DB_ALIAS and self.alias not in self._connection_pools:
            made = ConnectionPool(
                kwargs={**self.get_connection_params(), "autocommit": True},
                open=False,  # Django opens it with the first connection: threads would not outlive a fork
                configure=self._configure_connection,
                check=check_socket,
                **options,
            )
            self._connection_pools.setdefault(self.alias, made)  # of two threads that come first, one wins
        return super().pool

    def close_if_health_check_failed(self) -> None:
        """Django leaves it to the pool, which a thread does not ask that keeps its connection."""
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
    """A thread keeps the connection that the pool has lent it, where there is one for each.

    Lending it anew for each request costs a tenth of a short one. Where threads are more than connections, each
    request gives back what it took, or the others would wait in vain.
    """
    database = connections.settings[DEFAULT_DB_ALIAS]
    if database["OPTIONS"].get("pool", {}).get("max_size", 0) >= threads:
        database["CONN_MAX_AGE"] = KEPT_SECONDS


def check_socket(connection: Connection[Any]) -> None:
    """Raises psycopg.OperationalError when the server has ended the connection.

    Between two requests a server has nothing to say, unless it says goodbye. So a quiet socket is a good one, and
    saves the round trip that ConnectionPool.check_connection takes for each request.
    """
    watch = poll()
    watch.register(connection.fileno(), POLLIN)
    if watch.poll(0):  # or a notice, or a changed setting: then the server is asked
        ConnectionPool.check_connection(connection)
