"""What was read, kept for as long as nobody writes anything.

PostgreSQL's snapshot says which transactions are visible. While two snapshots are equal nothing was committed in
between, so that what was read under the first is what the second would read: to the row, without any rule about
which write changes which answer. Asking for it touches no table.
"""

from collections.abc import Hashable
from threading import Lock
from typing import Any

# With the server's start, since a restored backup counts anew. A standby's snapshots do not say what is in progress:
# nothing is kept of it.
SNAPSHOT_SQL = "SELECT pg_current_snapshot()::text, pg_postmaster_start_time()::text WHERE NOT pg_is_in_recovery()"
MAX_CHARACTERS = 16_000_000  # characters, for each process
ENTRY_OVERHEAD = 2_000  # what an answer takes besides its own, as characters

Rows = list[tuple[Any, ...]]


class SnapshotCache:
    def __init__(self, max_characters: int = MAX_CHARACTERS):
        self.max_characters = max_characters
        self.lock = Lock()
        self.snapshot: Any = None
        self.forget(None)

    def forget(self, snapshot: Any) -> None:
        self.snapshot = snapshot
        self.rows: dict[Hashable, Rows] = {}
        self.size = 0

    def read(self, snapshot: Any, key: Hashable) -> Rows | None:
        with self.lock:
            return self.rows.get(key) if snapshot is not None and snapshot == self.snapshot else None

    def keep(self, snapshot: Any, key: Hashable, rows: Rows, weight: int = ENTRY_OVERHEAD) -> None:
        """`moment` is from before the read. What was committed since is in the rows, and ends the moment.

        `weight` counts for what the key holds on to.
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
