import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from factcheck.postgres.migration_operations import AddIndexAnew, drop_foreign_key_index


class Migration(migrations.Migration):
    """The feed of one editor, or of one kind of row, begins where its cursor stands."""

    atomic = False  # CONCURRENTLY: the journal stays writable

    dependencies = [
        ("journal", "0005_public_changes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexAnew("entry", models.Index(fields=["actor", "transaction", "id"], name="entry_actor")),
        AddIndexAnew(
            "entry",
            models.Index(
                fields=["resource", "transaction", "id"],
                condition=Q(resource__in=["source", "article", "evidence", "dispute"]),
                name="entry_resource",
            ),
        ),
        drop_foreign_key_index(
            "entry", "journal_entry", "actor", "journal_entry_actor_01ec3e50",
            models.ForeignKey(
                settings.AUTH_USER_MODEL, django.db.models.deletion.PROTECT, related_name="+", db_column="actor",
                db_index=False,
            ),
        ),
    ]  # fmt: skip
