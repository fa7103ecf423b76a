from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

from factcheck.journal.guards import SEAL_GUARDS


class Migration(migrations.Migration):
    # After the guards were replaced: that drops what calls the former journal_refuse, and would drop these triggers too.
    dependencies = [("journal", "0004_index_entries_of_users"), ("claims", "0002_entries_equal_their_rows")]

    operations = [
        migrations.CreateModel(
            name="FollowerCursor",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("transaction", models.BigIntegerField(default=0)),
                ("entry", models.BigIntegerField(default=0)),
                ("moved_at", models.DateTimeField(db_default=Now())),
            ],
        ),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("entry", models.BigIntegerField(unique=True)),
                ("hash", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Node",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "level", "index", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("level", models.PositiveSmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("hash", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("size", models.BigIntegerField(unique=True)),
                ("root", models.BinaryField()),
                ("key", models.TextField()),
                ("note", models.TextField()),
                ("at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=Q(size__gt=0), name="a_checkpoint_has_leaves")],
            },
        ),
        *SEAL_GUARDS,
    ]
