"""Runs checks over ranges of ids, each range with one query.

A query sees rows and entries in the same snapshot, so writes in the meantime cause no false fault.
"""

import json
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from factcheck.postgres.transactions import snapshot

LOWEST, HIGHEST = -(2**63), 2**63 - 1

Fault = dict[str, Any]  # code, resource, id, version, detail


@dataclass(frozen=True)
class Check:
    """`rows` is SQL for what is checked: resource, id, version and `fault`, which is ARRAY[code, detail] or null.

    It has the parameters `low` and `high`, two ids, both included. Each query in `ids` finds ids that the ranges are
    made of, `size` from each query. A check without `ids` reads everything at once.

    Names in the SQL mean what PostgreSQL itself has, and then what is in `schemas`.
    """

    name: str
    rows: str
    ids: tuple[str, ...] = ()
    size: int = 20_000
    schemas: str = "public, pg_temp"

    def prepare(self, cursor: Any) -> None:
        """For the transaction: no setting of the role changes what is read."""
        cursor.execute(f"SET LOCAL search_path = {self.schemas}")
        cursor.execute("SET LOCAL row_security = off")  # a query that would not see all rows fails
        cursor.execute("SET LOCAL jit = off")  # compiling what names the faults would take longer than a range


class Result(NamedTuple):
    check: str
    checked: int
    faults: list[Fault]
    point: str | None  # where to go on, if the run ends here: everything before it is checked


class Range(NamedTuple):
    check: Check
    low: int = LOWEST
    high: int = HIGHEST

    def read(self, cursor: Any) -> Result:
        self.check.prepare(cursor)
        cursor.execute(
            f"""
            SELECT count(*), coalesce(jsonb_agg(jsonb_build_object('code', fault[1], 'resource', resource, 'id', id,
                'version', version, 'detail', fault[2])) FILTER (WHERE fault IS NOT NULL), '[]')
            FROM ({self.check.rows}) checked
            """,
            {"low": self.low, "high": self.high},
        )
        checked, faults = cursor.fetchone()
        point = f"{self.check.name}:{self.high + 1}" if self.check.ids else None
        return Result(self.check.name, checked, sorted(json.loads(faults), key=_order), point)


def _order(fault: Fault) -> tuple[Any, ...]:
    return fault["resource"], fault["id"] or 0, fault["version"] or 0, fault["detail"] or ""


def verify(checks: Sequence[Check], *, jobs: int, start: tuple[str, int] | None = None) -> Iterator[Result]:
    """Runs the checks in their order, `jobs` ranges at once. `start` is the name of a check, and an id."""
    with ThreadPoolExecutor(jobs) as pool:
        running: deque[Future[Result]] = deque()
        try:
            for part in _ranges(checks, start):
                running.append(pool.submit(_verify_range, part))
                if len(running) > 2 * jobs:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _ranges(checks: Sequence[Check], start: tuple[str, int] | None) -> Iterator[Range]:
    """A check that reads everything at once is quick, so it runs whatever `start` is."""
    yield from (Range(check) for check in checks if not check.ids)
    in_ranges = [check for check in checks if check.ids]
    name, low = start or (in_ranges[0].name, LOWEST)
    for check in in_ranges[[check.name for check in in_ranges].index(name) :]:
        while (high := _end_of_range(check, low)) is not None:
            yield Range(check, low, high)
            low = high + 1
        low = LOWEST


def _end_of_range(check: Check, low: int) -> int | None:
    """The first id at which one of the queries has found `size` ids, or the last id. None if there are no more."""
    ends = " UNION ALL ".join(
        f"SELECT max(id) AS last, count(*) AS n FROM "
        f"(SELECT id FROM ({ids}) q WHERE id >= %(low)s ORDER BY id LIMIT %(size)s) found"
        for ids in check.ids
    )
    with _reading() as cursor:
        check.prepare(cursor)
        cursor.execute(
            f"SELECT coalesce(min(last) FILTER (WHERE n = %(size)s), max(last)) FROM ({ends}) e",
            {"low": low, "size": check.size},
        )
        return cursor.fetchone()[0]


def _verify_range(part: Range) -> Result:
    with _reading() as cursor:
        return part.read(cursor)


@contextmanager
def _reading() -> Iterator[Any]:
    """A connection for one query: each thread has its own. The role needs SELECT only, and a standby will do."""
    try:
        with snapshot(), connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
