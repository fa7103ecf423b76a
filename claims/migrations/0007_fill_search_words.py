from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations
from django.db.migrations.operations.base import Operation
from django.db.transaction import atomic

BATCHES = {"statement": 2_000, "article": 100}  # rows in one transaction, which takes about a second


def fill(apps, schema_editor) -> None:
    """Where it was interrupted it goes on, with the rows that have no words yet."""
    for name, size in BATCHES.items():
        last = 0
        while last is not None:
            last = fill_batch(schema_editor.connection, name, last, size)


def fill_batch(connection, name: str, last: int, size: int) -> int | None:
    """The rows are locked first: nobody changes or deletes them before their words are there."""
    with atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT r.id FROM claims_{name} r WHERE r.id > %s
                AND NOT EXISTS (SELECT FROM claims_{name}words w WHERE w.{name} = r.id)
            ORDER BY r.id LIMIT %s FOR NO KEY UPDATE
            """,  # noqa: S608
            [last, size],
        )
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(f"SELECT {name}_renew_words(%s)", [ids])
    return ids[-1] if ids else None


def index(name: str) -> list[Operation]:
    """If it was interrupted, an index is left that nothing uses. So it is dropped first."""
    left = migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {name}_all_words", migrations.RunSQL.noop)
    return [left, AddIndexConcurrently(f"{name}words", GinIndex(fields=["words"], name=f"{name}_all_words"))]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("claims", "0006_search_words")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        *index("statement"),
        *index("article"),
        RemoveIndexConcurrently("statement", "statement_words"),
        RemoveIndexConcurrently("article", "article_words"),
    ]
