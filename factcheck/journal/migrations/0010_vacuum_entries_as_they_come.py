from django.db import migrations

TABLES = ("journal_entry", "journal_leaf", "journal_node")


class Migration(migrations.Migration):
    """Append-only tables have no dead rows, so that only inserts lead to a vacuum of theirs. By PostgreSQL's own share, a
    fifth of the table, each would freeze some hundred million rows at once."""

    dependencies = [("journal", "0009_record_factors")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} SET (autovacuum_vacuum_insert_scale_factor = 0.01)",
            f"ALTER TABLE {table} RESET (autovacuum_vacuum_insert_scale_factor)",
        )
        for table in TABLES
    ]
