"""A mark in the journal: exactly what could be read at a moment.

Entry ids and times do not say it, since a transaction commits later than it takes them. PostgreSQL's snapshot does. It
is kept with the base of the epoch that its transaction ids were counted from, so it stays right after a failover.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.db import connection

MARK = re.compile(r"([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,18})-((?:[0-9]{1,18}(?:,[0-9]{1,18}){0,999})?)")


@dataclass(frozen=True)
class Mark:
    """Transactions as entries count them. Those from `end` on had not begun, and those in `running` were open."""

    base: int
    first_running: int
    end: int
    running: frozenset[int]

    @classmethod
    def now(cls) -> "Mark":
        """For the queries that follow. What they see may be newer, never older."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT base, pg_current_snapshot()::text FROM journal_epoch")
            base, snapshot = cursor.fetchone()
        return cls.read(f"{base}-{snapshot.replace(':', '-')}")

    @classmethod
    def read(cls, text: str) -> "Mark":
        """Raises ValueError for a text that is not a mark."""
        match = MARK.fullmatch(text)
        if not match:
            raise ValueError("This is not a mark.")
        base, first, end = (int(match[n]) for n in (1, 2, 3))
        running = (int(number) for number in match[4].split(",") if number)
        return cls(base, base + first, base + end, frozenset(base + number for number in running))

    def __str__(self) -> str:
        running = ",".join(str(number - self.base) for number in sorted(self.running))
        return f"{self.base}-{self.first_running - self.base}-{self.end - self.base}-{running}"

    def is_before(self, entry: Any) -> bool:
        return entry.transaction >= self.end or entry.transaction in self.running
