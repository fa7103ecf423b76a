from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    """An import looks up who is known by these."""

    atomic = False  # CONCURRENTLY: the table stays writable

    dependencies = [("sources", "0004_indexes_by_use")]

    operations = [
        AddIndexConcurrently("source", GinIndex(fields=["aliases"], name="source_aliases")),
        AddIndexConcurrently("source", GinIndex(fields=["same_as"], name="source_same_as")),
    ]
