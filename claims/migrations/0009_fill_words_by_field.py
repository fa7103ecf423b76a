from django.db import migrations
from django.db.transaction import atomic

BATCH = 2_000  # rows in one transaction, which takes about a second
NEXT = """
SELECT s.id FROM claims_statement s JOIN claims_statementwords w ON w.statement = s.id
WHERE s.id > %s AND ts_filter(w.words, '{a}') = '' ORDER BY s.id LIMIT %s FOR NO KEY UPDATE OF s
"""


def fill(apps, schema_editor) -> None:
    """Where it was interrupted it goes on, with the rows whose words have no class yet."""
    last = 0
    while last is not None:
        last = fill_batch(schema_editor.connection, last)


def fill_batch(connection, last: int) -> int | None:
    with atomic(), connection.cursor() as cursor:
        cursor.execute(NEXT, [last, BATCH])
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT statement_renew_words(%s)", [ids])
    return ids[-1] if ids else None


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("claims", "0008_words_by_field")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
