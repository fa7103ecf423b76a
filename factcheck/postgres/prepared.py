"""Reads whose SQL is compiled once and prepared on each connection.

Compiling a queryset and planning its SQL cost more than running it. So the SQL text is kept under a key that holds
everything it depends on. Only what changes from call to call is a parameter; other values are literals in the text.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, date, datetime
from threading import Lock
from typing import Any

import psycopg
import psycopg.sql
from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import QuerySet

from factcheck.postgres.snapshot_cache import ENTRY_OVERHEAD, SNAPSHOT_SQL, Rows, SnapshotCache

MAX_STATEMENTS = 1000
# They stand for the parameters while a query is compiled. No query has them as constants.
PLACEHOLDERS: dict[type, Any] = {
    int: -7_046_029_254_386_353_131,
    datetime: datetime(1234, 5, 6, 7, 8, 9, 101112, tzinfo=UTC),
    date: date(1234, 5, 6),
    str: "\u2603 stands in",
}


class Prepared:
    """`build` takes the parameters and returns a queryset of `.values_list()`; it is called once, with placeholders."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], kinds: Sequence[type]):
        placeholders = [PLACEHOLDERS[kind] + n if kind is int else PLACEHOLDERS[kind] for n, kind in enumerate(kinds)]
        try:
            self.sql, self.constants = build(*placeholders).query.sql_with_params()
        except EmptyResultSet:  # Django knows without a query that no row can be found
            self.sql, self.constants = "SELECT WHERE false", ()
        self.places = [self._place_of(value, placeholders) for value in self.constants]
        self.text: str | None = None

    @staticmethod
    def _place_of(value: Any, placeholders: list[Any]) -> int | None:
        """Which parameter this value of the compiled query is; None for a constant."""
        return next((n for n, one in enumerate(placeholders) if isinstance(value, type(one)) and one == value), None)

    def rows(self, *parameters: Any) -> Rows:
        database = connections[DEFAULT_DB_ALIAS]
        if has_execute_wrappers(database) or not settings.DATABASE_PREPARED_STATEMENTS:
            return self._by_django(parameters)
        with database.wrap_database_errors, cursor_of(database) as cursor:
            return self._by_psycopg(cursor, parameters)

    def cached_rows(self, *parameters: Any) -> Rows:
        """The same rows, read again only when something was written since."""
        database = connections[DEFAULT_DB_ALIAS]
        if has_execute_wrappers(database) or database.in_atomic_block:
            return self.rows(*parameters)  # a transaction also sees its own writes
        snapshot = next(iter(execute_prepared(SNAPSHOT_SQL, ())), None)
        key = (self, parameters)
        found = _cache.read(snapshot, key)
        if found is None:
            found = self.rows(*parameters)
            _cache.keep(snapshot, key, found, ENTRY_OVERHEAD + 2 * len(self.sql))
        return found

    def _by_psycopg(self, cursor: Any, parameters: Sequence[Any]) -> Rows:
        if self.text is None:
            self.text = self._with_constants(cursor)
        bound = [parameters[place] for place in self.places if place is not None]
        return cursor.execute(self.text.encode(), bound).fetchall()

    def _by_django(self, parameters: Sequence[Any]) -> Rows:
        values = zip(self.constants, self.places, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(self.sql, [value if place is None else parameters[place] for value, place in values])
            return cursor.fetchall()

    def _with_constants(self, cursor: Any) -> str:
        """The constants as literals: with a parameter in their place, PostgreSQL might not use an index."""
        literals = (
            "%s" if place is not None else psycopg.sql.Literal(value).as_string(cursor).replace("%", "%%")
            for value, place in zip(self.constants, self.places, strict=True)
        )
        return self.sql % tuple(literals)


def execute_prepared(sql: str, parameters: Sequence[Any] | Mapping[str, Any]) -> Rows:
    """Run SQL as a prepared statement. Returns no rows for a statement that returns none."""
    database = connections[DEFAULT_DB_ALIAS]  # looked up once: `connection` looks it up at each attribute
    if has_execute_wrappers(database) or not settings.DATABASE_PREPARED_STATEMENTS:
        with database.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []
    with database.wrap_database_errors, cursor_of(database) as cursor:
        cursor.execute(sql.encode(), parameters)
        return cursor.fetchall() if cursor.description else []


def has_execute_wrappers(database: Any) -> bool:
    """Whether something sees or changes each query: logging, tests, reads of the past."""
    return bool(database.execute_wrappers or database.queries_logged)


def cursor_of(database: Any) -> psycopg.Cursor[Any]:
    """psycopg's cursor without Django's, which puts parameters into the text."""
    database.close_if_health_check_failed()
    database.ensure_connection()
    return psycopg.Cursor(database.connection)


_kept: OrderedDict[Hashable, Prepared] = OrderedDict()
_lock = Lock()
_cache = SnapshotCache()


def find_prepared(key: Hashable) -> Prepared | None:
    with _lock:
        if key not in _kept:
            return None
        _kept.move_to_end(key)
        return _kept[key]


def prepared(key: Hashable, build: Callable[..., QuerySet[Any, Any]], *kinds: type) -> Prepared:
    """The read kept under `key`, built if there is none. `key` must hold everything that the SQL text depends on."""
    if found := find_prepared(key):
        return found
    made = Prepared(build, kinds)
    with _lock:
        _kept[key] = made
        while len(_kept) > MAX_STATEMENTS:
            _kept.popitem(last=False)
    return made
