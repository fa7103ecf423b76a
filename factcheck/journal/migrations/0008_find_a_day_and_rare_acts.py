from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

COMMON = ["source.created", "statement.created", "statement.tagged", "evidence.created"]


class Migration(migrations.Migration):
    """For the diary. Entries are written in the order of time, so the index of a day is a few pages. Common acts are
    found by reading on in the feed's order, and cost no index."""

    atomic = False
    dependencies = [("journal", "0007_index_entries_of_notes")]

    operations = [
        AddIndexConcurrently("entry", BrinIndex(fields=["at"], autosummarize=True, name="entry_at")),
        AddIndexConcurrently(
            "entry",
            models.Index(
                fields=["action", "transaction", "id"], condition=~Q(action__in=COMMON), name="entry_rare_action"
            ),
        ),
    ]
