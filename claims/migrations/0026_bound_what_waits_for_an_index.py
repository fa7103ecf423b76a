from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

INDEXES = [("statementwords", "words", "statement_all_words"), ("articlewords", "words", "article_all_words")]


def bounded(model: str, field: str, name: str) -> migrations.SeparateDatabaseAndState:
    return migrations.SeparateDatabaseAndState(
        [
            migrations.RunSQL(
                f"ALTER INDEX {name} SET (gin_pending_list_limit = 64)",
                f"ALTER INDEX {name} RESET (gin_pending_list_limit)",
            )
        ],
        [
            migrations.RemoveIndex(model, name),
            migrations.AddIndex(model, GinIndex(fields=[field], name=name, gin_pending_list_limit=64)),
        ],
    )


class Migration(migrations.Migration):
    """Each search reads what waits to be sorted into a GIN index: up to 4 MB as PostgreSQL has it, 64 kB now."""

    dependencies = [("claims", "0025_cheaper_new_statements")]

    operations = [bounded(*index) for index in INDEXES]
