from django.db import migrations
from django.db.transaction import atomic

BATCH = 2_000  # statements in one transaction, which takes about a second

# Those that were changed once and have no source now, or had none. The others have their words. The rows are locked
# first: nobody changes or deletes them before their words are there.
CHANGED = """
    SELECT s.id FROM claims_statement s WHERE s.id > %s AND s.version > 1 AND (s.source IS NULL OR EXISTS (
        SELECT FROM journal_entry e WHERE e.resource = 'statement' AND e.resource_id = s.id
            AND e.data->'source' = 'null'))
    ORDER BY s.id LIMIT %s FOR NO KEY UPDATE OF s
"""


def fill(apps, schema_editor) -> None:
    last = 0
    while last is not None:
        last = fill_batch(schema_editor.connection, last)


def fill_batch(connection, last: int) -> int | None:
    with atomic(), connection.cursor() as cursor:
        cursor.execute(CHANGED, [last, BATCH])
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT statement_renew_words(%s)", [ids])
    return ids[-1] if ids else None


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("claims", "0017_words_of_narration")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
