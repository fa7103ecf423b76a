import datetime

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Coalesce


def said_on_or(day: datetime.date) -> Coalesce:
    return Coalesce("said_on", models.Value(day, output_field=models.DateField()))


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY and NOT VALID: the table stays writable

    dependencies = [("claims", "0003_article_words")]

    operations = [
        migrations.AddField("statement", "candidate", models.JSONField(null=True)),
        AddConstraintNotValid(
            "statement",
            models.CheckConstraint(
                condition=Q(candidate__isnull=False, anchor="needs_review")
                | (Q(candidate__isnull=True) & ~Q(anchor="needs_review")),
                name="statement_candidate_if_in_doubt",
            ),
        ),
        ValidateConstraint("statement", "statement_candidate_if_in_doubt"),
        AddIndexConcurrently(
            "statement", models.Index(said_on_or(datetime.date.max), models.F("id"), name="statement_said_on_up")
        ),
        AddIndexConcurrently(
            "statement", models.Index(said_on_or(datetime.date.min), models.F("id"), name="statement_said_on_down")
        ),
        AddIndexConcurrently("statement", models.Index(fields=["said_on", "id"], name="statement_said_on")),
    ]
