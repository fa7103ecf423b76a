from django.db import migrations


class Migration(migrations.Migration):
    """Finds a statement's disputes and evidence as of an instant."""

    atomic = False  # CONCURRENTLY: the journal stays writable

    dependencies = [("journal", "0002_guards")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY entry_of_statement ON journal_entry (((data->>'statement')::bigint)) "
            "WHERE resource IN ('dispute', 'evidence')",
            "DROP INDEX CONCURRENTLY entry_of_statement",
        )
    ]
