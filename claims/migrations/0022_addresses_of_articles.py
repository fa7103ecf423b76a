import django.contrib.postgres.fields
import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q

from claims.address_triggers import OPERATIONS


class Migration(migrations.Migration):
    """From here on what is written is found by its addresses; `0023` fills in what was there before."""

    dependencies = [("claims", "0021_index_changes_and_publication")]

    operations = [
        migrations.AddField(
            "article",
            "addresses",
            django.contrib.postgres.fields.ArrayField(models.URLField(max_length=2000), null=True),
        ),
        AddConstraintNotValid(
            "article", models.CheckConstraint(condition=~Q(addresses=[]), name="article_addresses_null_if_none")
        ),
        migrations.CreateModel(
            "ArticleAddress",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "article",
                    models.ForeignKey(
                        "claims.article",
                        django.db.models.deletion.DO_NOTHING,
                        db_column="article",
                        db_constraint=False,
                        related_name="+",
                    ),
                ),
                ("address", models.TextField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["address"], name="article_address_unique")],
            },
        ),
        *OPERATIONS,
    ]
