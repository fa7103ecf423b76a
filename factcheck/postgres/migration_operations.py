"""Migration operations for large tables that stay writable: in migrations with `atomic = False`."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import models
from django.db.migrations.operations import AlterField, RunSQL, SeparateDatabaseAndState


class AddIndexAnew(AddIndexConcurrently):
    """Goes on where an attempt was interrupted, which leaves an index behind that is not valid."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._ensure_not_in_transaction(schema_editor)
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {self.index.name}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)


def drop_foreign_key_index(model: str, table: str, field: str, index: str, key: "models.ForeignKey[Any, Any]") -> Any:
    """The index that Django made for the foreign key, without the lock that AlterField takes.

    `key` is the field as it is from now on, with `db_index=False`.
    """
    return SeparateDatabaseAndState(
        database_operations=[
            RunSQL(
                f"DROP INDEX CONCURRENTLY IF EXISTS {index}",
                f'CREATE INDEX CONCURRENTLY IF NOT EXISTS {index} ON {table} ("{field}")',
            )
        ],
        state_operations=[AlterField(model, field, key)],
    )
