"""Reads whose SQL is compiled once and prepared on each connection.

Compiling a queryset and planning its SQL cost more than running it. So the SQL text is kept under a key that holds
everything it depends on. Only what changes from call to call is a parameter; other values are literals in the text.
"""

from abc import ABC, abstractmethod
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from copy import copy
from datetime import UTC, date, datetime, timedelta
from itertools import count
from secrets import randbelow
from threading import Lock
from types import SimpleNamespace
from typing import Any

import psycopg
import psycopg.sql
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import BigIntegerField, BooleanField, F, Func, QuerySet, Value, prefetch_related_objects
from django.db.models.query import ModelIterable
from django.db.transaction import TransactionManagementError

from factcheck.postgres.snapshot_cache import ENTRY_OVERHEAD, SNAPSHOT_SQL, WITH_ROWS_SQL, Rows, SnapshotCache

Cursor = psycopg.Cursor[Any] | psycopg.RawCursor[Any]
MAX_STATEMENTS = 1000
# What stands for the parameters while a query is compiled is drawn anew in each process: whoever knew it could send it
# as a filter, whose value would be taken for the parameter.
DRAWN = 1_600_000_000 + randbelow(500_000_000)  # an id that fits all columns of whole numbers but the smallest
PLACEHOLDERS: dict[type, Any] = {
    int: DRAWN,
    datetime: datetime(1234, 5, 6, tzinfo=UTC) + timedelta(microseconds=DRAWN),
    date: date.fromordinal(1 + DRAWN % 365_000),  # within the first thousand years
    str: f"\u2603 {DRAWN}",
    list: [DRAWN],
}


def _placeholder(kind: type, n: int) -> Any:
    """Of the nth parameter."""
    one = PLACEHOLDERS[kind]
    return one + n if kind is int else f"{one} {n}" if kind is str else one


class Rewriting(ABC):
    """An execute wrapper that changes the text of a query, with one parameter more."""

    parameter: Any

    @abstractmethod
    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any: ...

    @abstractmethod
    def rewrite(self, sql: str, parameter: str) -> str:
        """`parameter` is what stands for it in the text. What else the text depends on never changes."""


class Prepared:
    """`build` takes the parameters and returns a queryset, of `.values_list()` for rows; it is called once, with
    placeholders."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], kinds: Sequence[type]):
        placeholders = [_placeholder(kind, n) for n, kind in enumerate(kinds)]
        queryset: Any = build(*placeholders)
        self.compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self.prefetched = queryset._prefetch_related_lookups
        try:
            self.sql, self.constants = self.compiler.as_sql()
        except EmptyResultSet:  # Django knows without a query that no row can be found
            self.sql, self.constants = "SELECT WHERE false", ()
        self.places = [self._place_of(value, placeholders) for value in self.constants]
        self.texts: dict[type | str, bytes] = {}  # by what rewrites it, or stands around it

    @staticmethod
    def _place_of(value: Any, placeholders: list[Any]) -> int | None:
        """Which parameter this value of the compiled query is; None for a constant."""
        return next((n for n, one in enumerate(placeholders) if isinstance(value, type(one)) and one == value), None)

    def rows(self, *parameters: Any) -> Rows:
        database = connections[DEFAULT_DB_ALIAS]
        if self.compiler.query.select_for_update and database.get_autocommit():  # Django looks as it compiles: once
            raise TransactionManagementError("A row can be locked only within a transaction.")
        rewriting = rewriting_of(database)
        if (has_execute_wrappers(database) and not rewriting) or not settings.DATABASE_PREPARED_STATEMENTS:
            return self._by_django(parameters)
        with database.wrap_database_errors, cursor_of(database, psycopg.RawCursor) as cursor:
            return self._by_psycopg(cursor, parameters, rewriting)

    def objects(self, *parameters: Any) -> list[Any]:
        """The model objects of a queryset without `.values_list()`, made of the rows by Django itself."""
        rows, compiler = self.rows(*parameters), copy(self.compiler)
        compiler.execute_sql = lambda **_: [rows]
        query = SimpleNamespace(get_compiler=lambda **_: compiler)
        queryset: Any = SimpleNamespace(db=DEFAULT_DB_ALIAS, query=query, _known_related_objects={})
        found: list[Any] = list(ModelIterable(queryset))
        for lookup in self.prefetched:
            self._prefetch(lookup, found)
        return found

    def _prefetch(self, lookup: Any, found: list[Any]) -> None:
        """As Django does, whose query would be compiled anew each time, where the rows refer to these by a column."""
        relation: Any = found and getattr(type(found[0]), getattr(lookup, "prefetch_to", ""), None)
        field = getattr(relation, "field", None)
        if field is None or not field.many_to_one or lookup.queryset is None:
            prefetch_related_objects(found, lookup)
            return

        def build(ids: list[int]) -> Any:
            return lookup.queryset.filter(any_of(field.name, ids))

        rows_of: dict[int, list[Any]] = {row.pk: [] for row in found}
        for row in prepared((self, lookup.prefetch_to), build, list).objects(list(rows_of)):
            rows_of[getattr(row, field.attname)].append(row)
        for row in found:
            kept = lookup.queryset.all()
            kept._result_cache = rows_of[row.pk]
            vars(row).setdefault("_prefetched_objects_cache", {})[lookup.prefetch_to] = kept

    def cached_rows(self, *parameters: Any, snapshot: str | None = None) -> Rows:
        """The same rows, read again only when something was written since."""
        return self.cached(*parameters, snapshot=snapshot)[0]

    def cached(self, *parameters: Any, snapshot: str | None = None) -> tuple[Rows, str | None]:
        """The same, with the snapshot, by which the same request may read more as long as it writes nothing."""
        database: Any = connections[DEFAULT_DB_ALIAS]
        if has_execute_wrappers(database) or database.in_atomic_block:
            return self.rows(*parameters), None  # a transaction also sees its own writes
        key, kept = (self, parameters), kept_answers[database.alias]
        snapshot, database.asked = snapshot or database.asked, None
        if snapshot is None and not kept.has(key) and settings.DATABASE_PREPARED_STATEMENTS:
            snapshot, found = self._with_snapshot(database, parameters)
            kept.is_of_standby = snapshot is None
        else:
            snapshot = snapshot or snapshot_of(database)
            if (known := kept.read(snapshot, key)) is not None:
                return known, snapshot
            found = self.rows(*parameters)
        kept.keep(snapshot, key, found, ENTRY_OVERHEAD + 2 * len(self.sql))
        return found, snapshot

    def _with_snapshot(self, database: Any, parameters: Sequence[Any]) -> tuple[str | None, Rows]:
        """In one exchange. The rows have two columns more: the snapshot, and whether there is a row."""
        with database.wrap_database_errors, cursor_of(database, psycopg.RawCursor) as cursor:
            rows = self._by_psycopg(cursor, parameters, None, WITH_ROWS_SQL)
        return rows[0][0], [row[2:] for row in rows if row[1]]

    def _by_psycopg(
        self, cursor: Any, parameters: Sequence[Any], rewriting: Rewriting | None, around: str = "{}"
    ) -> Rows:
        bound = [parameters[place] for place in self.places if place is not None]
        kind = type(rewriting) if rewriting else around
        if kind not in self.texts:
            text = self._with_constants(cursor)
            text = rewriting.rewrite(text, f"${len(bound) + 1}") if rewriting else around.replace("{}", text)
            self.texts[kind] = text.encode()
        return cursor.execute(self.texts[kind], [*bound, rewriting.parameter] if rewriting else bound).fetchall()

    def _by_django(self, parameters: Sequence[Any]) -> Rows:
        values = zip(self.constants, self.places, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(self.sql, [value if place is None else parameters[place] for value, place in values])
            return cursor.fetchall()

    def _with_constants(self, cursor: Any) -> str:
        """The constants as literals: with a parameter in their place, PostgreSQL might not use an index."""
        number = count(1)
        return self.sql % tuple(
            f"${next(number)}" if place is not None else psycopg.sql.Literal(value).as_string(cursor)
            for value, place in zip(self.constants, self.places, strict=True)
        )


def any_of(field: str, ids: Sequence[int]) -> Func:
    """As `__in`, with a single parameter, however many ids."""
    array = Value(ids, output_field=ArrayField(BigIntegerField()))
    return Func(F(field), array, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField())


def execute_prepared(sql: str, parameters: Sequence[Any] | Mapping[str, Any], database: Any = None) -> Rows:
    """Run SQL as a prepared statement. Returns no rows for a statement that returns none."""
    database = database or connections[DEFAULT_DB_ALIAS]  # looked up once: `connection` looks it up at each attribute
    if has_execute_wrappers(database) or not settings.DATABASE_PREPARED_STATEMENTS:
        with database.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []
    with database.wrap_database_errors, cursor_of(database) as cursor:
        cursor.execute(sql.encode(), parameters)
        return cursor.fetchall() if cursor.description else []


def snapshot_of(database: Any) -> str:
    [(snapshot,)] = execute_prepared(SNAPSHOT_SQL, (), database)
    return str(snapshot)


def has_execute_wrappers(database: Any) -> bool:
    """Whether something sees or changes each query: logging, tests, reads of the past."""
    return bool(database.execute_wrappers or database.queries_logged)


def rewriting_of(database: Any) -> Rewriting | None:
    """What alone changes each query, if nothing else has to see it."""
    wrappers = database.execute_wrappers
    is_alone = len(wrappers) == 1 and isinstance(wrappers[0], Rewriting) and not database.queries_logged
    return wrappers[0] if is_alone else None


def cursor_of(database: Any, kind: type[Cursor] = psycopg.Cursor) -> Cursor:
    """psycopg's cursor without Django's, which puts parameters into the text.

    A RawCursor has them as `$1`: it does not look for their places in the text, which takes longer than all else there.
    """
    database.close_if_health_check_failed()
    database.ensure_connection()
    return kind(database.connection)


_kept: OrderedDict[Hashable, Prepared] = OrderedDict()
_lock = Lock()
kept_answers: defaultdict[str, SnapshotCache] = defaultdict(SnapshotCache)  # of each server, by alias


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
