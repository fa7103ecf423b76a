from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

OTHERWISE_INDEXED = ["source.created", "evidence.created", "statement.tagged"]


class Migration(migrations.Migration):
    """For the diary. Entries are written in the order of time, so the index of a day is a few pages. Other indexes find
    the acts that this one leaves out."""

    atomic = False
    dependencies = [("journal", "0007_index_entries_of_notes")]

    operations = [
        AddIndexConcurrently("entry", BrinIndex(fields=["at"], autosummarize=True, name="entry_at")),
        AddIndexConcurrently(
            "entry",
            models.Index(
                fields=["action", "transaction", "id"], condition=~Q(action__in=OTHERWISE_INDEXED), name="entry_action"
            ),
        ),
    ]
