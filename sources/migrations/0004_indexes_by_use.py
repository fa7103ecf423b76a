import django.db.models.deletion
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

from factcheck.postgres.migration_operations import AddIndexAnew, drop_foreign_key_index


class Migration(migrations.Migration):
    """An index for each filter and each order of the list; by name in the order that the list has."""

    atomic = False  # CONCURRENTLY: the table stays writable

    dependencies = [("sources", "0003_source_redirect")]

    operations = [
        AddIndexAnew("source", models.Index(fields=["name", "id"], name="source_by_name")),
        RemoveIndexConcurrently("source", "source_name"),
        AddIndexAnew("source", models.Index(fields=["kind", "id"], name="source_kind")),
        AddIndexAnew("source", models.Index(fields=["part_of", "id"], name="source_part_of")),
        AddIndexAnew(
            "source", models.Index(fields=["id"], condition=Q(anonymous=True), name="source_anonymous")
        ),
        drop_foreign_key_index(
            "source", "sources_source", "part_of", "sources_source_part_of_01958175",
            models.ForeignKey(
                "sources.source", django.db.models.deletion.PROTECT, null=True, related_name="parts",
                db_column="part_of", db_index=False,
            ),
        ),
    ]  # fmt: skip
