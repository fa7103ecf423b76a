from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """One index for all kinds. A small one of notes alone would look to the planner like the cheapest way to any of
    their entries, and the commit of many notes would read all of them for each."""

    atomic = False
    dependencies = [("journal", "0006_entry_salt")]

    operations = [
        AddIndexConcurrently(
            "entry",
            models.Index(
                fields=["resource", "transaction", "id"],
                condition=Q(resource__in=["source", "article", "evidence", "dispute", "note"]),
                name="entry_of_resource",
            ),
        ),
        RemoveIndexConcurrently("entry", "entry_resource"),
    ]
