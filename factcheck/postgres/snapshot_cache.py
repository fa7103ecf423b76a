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
SNAPSHOT_SQL = (
    "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text ELSE pg_current_snapshot()::text END,"
    " pg_postmaster_start_time()::text, pg_stat_get_bgwriter_stat_reset_time()::text"
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
        self.forget(None)

    def forget(self, snapshot: Any) -> None:
        self.snapshot = snapshot
        self.rows: dict[Hashable, Rows] = {}
        self.size = 0

    def read(self, snapshot: Any, key: Hashable) -> Rows | None:
        with self.lock:
            found = self.rows.get(key) if snapshot is not None and snapshot == self.snapshot else None
            if found is None:
                self.misses += 1
            else:
                self.hits += 1
            return found

    def keep(self, snapshot: Any, key: Hashable, rows: Rows, weight: int = ENTRY_OVERHEAD) -> None:
        """`snapshot` is from before the read. A commit since then is in the rows, and makes the next snapshot differ.

        `weight` is the size of the key, in characters.
        """
        if snapshot is None:
            return
        size = weight + sum(len(value) for row in rows for value in row if isinstance(value, str))
        with self.lock:
            if snapshot != self.snapshot or self.size + size > self.max_characters:
                self.forget(snapshot)
            if size <= self.max_characters:
                self.rows[key] = rows
                self.size += size
