"""A cache of rows that is valid until anybody writes anything.

PostgreSQL's snapshot says which transactions are visible. When two snapshots are equal, nothing was committed between
them, so a read under the second gives exactly the rows of the first. No rule is needed about which write changes which
answer. Reading the snapshot touches no table.
"""

from collections.abc import Hashable
from threading import Lock
from typing import Any

# With two times, since PostgreSQL can give out the same transaction ids twice. A restored backup counts them again; the
# server's start time is then another. When one backend is killed, all are restarted, and the ids whose abort had
# not reached the disk come again, while start time and a pooler's connections stay. But the statistics begin again, and
# any role may read when. A standby's snapshot does not say what is in progress. There it is the position up to which
# everything is replayed: it is told after what stands before it can be seen, and grows with whatever is replayed.
OF_A_PRIMARY = (
    "concat_ws('|', pg_current_snapshot(), pg_postmaster_start_time(), pg_stat_get_bgwriter_stat_reset_time())"
)
SNAPSHOT_SQL = (
    f"SELECT CASE WHEN pg_is_in_recovery() THEN concat_ws('|', pg_last_wal_replay_lsn(), pg_postmaster_start_time(),"
    f" pg_stat_get_bgwriter_stat_reset_time()) ELSE {OF_A_PRIMARY} END"
)
# With the rows of a query, in one exchange. A standby tells nothing: its position would be from after their snapshot.
WITH_ROWS_SQL = (
    f"SELECT (SELECT CASE WHEN NOT pg_is_in_recovery() THEN {OF_A_PRIMARY} END), r.*"  # noqa: S608  constants
    " FROM (SELECT) one LEFT JOIN (SELECT true, q.* FROM ({}) q) r ON true"
)
MAX_CHARACTERS = 16_000_000  # for each process
ENTRY_OVERHEAD = 2_000  # characters that an entry counts for, besides its text

Rows = list[tuple[Any, ...]]


class SnapshotCache:
    def __init__(self, max_characters: int = MAX_CHARACTERS):
        self.max_characters = max_characters
        self.lock = Lock()
        self.snapshot: Any = None
        self.hits = self.misses = 0
        self.is_of_standby = False
        self.forget(None)

    def forget(self, snapshot: Any) -> None:
        self.snapshot = snapshot
        self.rows: dict[Hashable, Rows] = {}
        self.size = 0

    def has(self, key: Hashable) -> bool:
        """Whether it may be worth while to ask for the snapshot before the rows."""
        return self.is_of_standby or key in self.rows

    def read(self, snapshot: Any, key: Hashable) -> Rows | None:
        with self.lock:
            found = self.rows.get(key) if snapshot is not None and snapshot == self.snapshot else None
            self.hits += found is not None
            return found

    def keep(self, snapshot: Any, key: Hashable, rows: Rows, weight: int = ENTRY_OVERHEAD) -> None:
        """`snapshot` is from before the read, or its own. A commit since then makes the next one differ.

        `weight` is the size of the key, in characters.
        """
        size = weight + sum(len(value) for row in rows for value in row if isinstance(value, str))
        with self.lock:
            self.misses += 1
            if snapshot is None:
                return
            if snapshot != self.snapshot or self.size + size > self.max_characters:
                self.forget(snapshot)
            if size <= self.max_characters:
                self.rows[key] = rows
                self.size += size
