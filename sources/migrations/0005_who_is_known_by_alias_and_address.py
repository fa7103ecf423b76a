from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

from factcheck.postgres.migration_operations import AddIndexAnew


class Migration(migrations.Migration):
    """An import looks up who is known by these."""

    atomic = False  # CONCURRENTLY: the table stays writable

    dependencies = [("sources", "0004_indexes_by_use")]

    operations = [
        AddIndexAnew("source", GinIndex(fields=["aliases"], name="source_aliases")),
        AddIndexAnew("source", GinIndex(fields=["same_as"], name="source_same_as")),
    ]
