from django.db import migrations
from django.db.transaction import atomic

BATCHES = {"statement": 2_000, "article": 100}  # rows in one transaction, which takes about a second

# How far it came: where it was interrupted it goes on.
PROGRESS = "CREATE TABLE IF NOT EXISTS claims_words_written (name text PRIMARY KEY, last bigint NOT NULL)"
READ = "SELECT coalesce((SELECT last FROM claims_words_written WHERE name = %s), 0)"
KEEP = """
    INSERT INTO claims_words_written VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET last = excluded.last
"""


def fill(apps, schema_editor) -> None:
    for name, size in BATCHES.items():
        while fill_batch(schema_editor.connection, name, size):
            pass


def fill_batch(connection, name: str, size: int) -> bool:
    """The rows are locked first: nobody changes or deletes them before their words are there."""
    with atomic(), connection.cursor() as cursor:
        cursor.execute(READ, [name])
        cursor.execute(
            f"SELECT id FROM claims_{name} WHERE id > %s ORDER BY id LIMIT %s FOR NO KEY UPDATE",  # noqa: S608
            [cursor.fetchone()[0], size],
        )
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(f"SELECT {name}_renew_words(%s)", [ids])
        if ids:
            cursor.execute(KEEP, [name, ids[-1]])
    return bool(ids)


class Migration(migrations.Migration):
    """Stems keep to accents, phrases reach further, and narration that was changed had lost its words."""

    atomic = False
    dependencies = [("claims", "0019_words_of_narration"), ("sources", "0005_accents_in_stems")]

    operations = [
        migrations.RunSQL(PROGRESS, migrations.RunSQL.noop),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL("DROP TABLE claims_words_written", migrations.RunSQL.noop),
    ]
