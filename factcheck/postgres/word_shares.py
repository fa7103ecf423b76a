"""How common words are, by what ANALYZE has found: no table of our own has to be kept up to date."""

import time
from dataclasses import dataclass, field
from threading import Lock

from django.db import DEFAULT_DB_ALIAS, connections

MAX_AGE = 60  # seconds: autovacuum analyses a table when a tenth of its rows has changed
# The words that most rows have, up to ten times the column's statistics target, and how many rows there are.
SQL = """
SELECT c.reltuples, s.most_common_elems::text::text[], s.most_common_elem_freqs
FROM pg_class c LEFT JOIN pg_stats s
    ON s.schemaname = c.relnamespace::regnamespace::text AND s.tablename = c.relname AND s.attname = %s
WHERE c.oid = %s::regclass
"""


@dataclass
class WordShares:
    """Of one column, a tsvector. Kept in each process, since to read it takes some ten milliseconds."""

    table: str
    column: str
    rows: float = 0  # -1: nobody has counted yet
    shares: dict[str, float] = field(default_factory=dict)  # of the rows, for each of the most common words
    read_for: tuple[str, float] = ("", 0.0)  # which database, and when
    lock: Lock = field(default_factory=Lock)

    def refresh(self) -> None:
        database, now = connections[DEFAULT_DB_ALIAS].settings_dict["NAME"], time.monotonic()
        with self.lock:
            if self.read_for[0] != database or now - self.read_for[1] > MAX_AGE:
                self._read()
                self.read_for = (database, now)

    def _read(self) -> None:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(SQL, [self.column, self.table])
            self.rows, words, shares = cursor.fetchone()
        self.shares = dict(zip(words or (), shares or (), strict=False))  # the last shares are least, most, and of none
