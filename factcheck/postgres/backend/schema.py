"""DDL that does not stop the service: while it waits for its lock, every later query of the table waits behind it."""

import re
from typing import Any

from django.db.backends.postgresql.schema import DatabaseSchemaEditor

LOCK_TIMEOUT = "1s"
NEW_INDEX = re.compile(r'CREATE (?:UNIQUE )?INDEX CONCURRENTLY (IF NOT EXISTS )?"?(\w+)"?')
LEFT = """
    SELECT FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relname = %s AND relnamespace = current_schema()::regnamespace AND NOT (indisvalid AND %s)
    """


class SchemaEditor(DatabaseSchemaEditor):
    def __enter__(self) -> "SchemaEditor":
        super().__enter__()
        self.former_limit = "0"
        if not self.collect_sql:
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('lock_timeout'), pg_backend_pid()")
                self.former_limit, process = cursor.fetchone()
            self.connection.changes_schema_as = process  # type: ignore[attr-defined]  # ours: base.py
        self._wait_for_locks(LOCK_TIMEOUT)
        return self

    def __exit__(self, error: Any, *rest: Any) -> None:
        super().__exit__(error, *rest)
        if not self.atomic_migration and not (error and self.connection.in_atomic_block):
            self._wait_for_locks(self.former_limit)

    def execute(self, sql: Any, params: Any = ()) -> None:
        if " CONCURRENTLY " not in str(sql):
            super().execute(sql, params)
            return
        if (index := NEW_INDEX.search(str(sql))) and not self.collect_sql:
            self._drop_what_is_left(index[2], may_stay=bool(index[1]))
        # It waits for transactions, and nobody waits behind it. Ended, it would leave an index that is not valid.
        self._wait_for_locks("0")
        super().execute(sql, params)
        self._wait_for_locks(LOCK_TIMEOUT)

    def _wait_for_locks(self, limit: str) -> None:
        super().execute(f"SET {'LOCAL ' if self.atomic_migration else ''}lock_timeout = '{limit}'", None)

    def _drop_what_is_left(self, index: str, *, may_stay: bool) -> None:
        """By an attempt that failed at this index, which is then not valid, or after it: no transaction took it back.
        It has the name of the one to be made. `may_stay`: if it is valid."""
        with self.connection.cursor() as cursor:
            cursor.execute(LEFT, [index, may_stay])
            is_left = cursor.fetchone() is not None
        if is_left:
            self.execute(f"DROP INDEX CONCURRENTLY {self.quote_name(index)}", None)
