from typing import Any

from django.db import migrations, transaction

BATCH = 10_000


def fill(apps: Any, schema_editor: Any) -> None:
    """In short transactions, so that writers wait for a moment only. The guard is lifted for each, and only for it."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM journal_entry")
        last = cursor.fetchone()[0]
    for first in range(1, last + 1, BATCH):
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE journal_entry DISABLE TRIGGER append_only")
            cursor.execute(
                "UPDATE journal_entry e SET actor_name = u.username FROM auth_user u "
                "WHERE u.id = e.actor AND e.actor_name = '' AND e.id BETWEEN %s AND %s",
                [first, first + BATCH - 1],
            )
            cursor.execute("ALTER TABLE journal_entry ENABLE TRIGGER append_only")


class Migration(migrations.Migration):
    """The names of today: earlier ones are not known. Entries that are written from here on keep the name of their time
    as soon as claims/migrations/0002_entries_equal_their_rows.py has run, which fills those in between."""

    atomic = False
    dependencies = [("journal", "0002_actor_names_and_epoch")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
