from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q

WAYS = ["link", "call", "mail", "document", "visit", "other"]


class Migration(migrations.Migration):
    """Changes the catalogue only. The next migration reads the rows, while others read and write them."""

    dependencies = [("claims", "0011_validate_media_times")]

    operations = [
        migrations.AddField("evidence", "obtained_on", models.DateField(null=True)),
        migrations.AddField(
            "evidence",
            "obtained_how",
            models.CharField(choices=[(way, way.capitalize()) for way in WAYS], max_length=20, null=True),
        ),
        AddConstraintNotValid(
            "evidence",
            models.CheckConstraint(
                condition=Q(obtained_how__isnull=True) | Q(obtained_how__in=WAYS), name="evidence_obtained_how_known"
            ),
        ),
    ]
