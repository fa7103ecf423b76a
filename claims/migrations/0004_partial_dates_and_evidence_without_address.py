from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Changes the catalogue only. The next migration reads the rows, while others read and write them."""

    dependencies = [("claims", "0003_make_guards_again")]

    operations = [
        migrations.AddField(
            "statement",
            "said_on_precision",
            models.CharField(choices=[("month", "Month"), ("year", "Year")], max_length=5, null=True),
        ),
        migrations.AlterField("evidence", "url", models.URLField(max_length=2000, null=True)),
        AddConstraintNotValid(
            "statement",
            models.CheckConstraint(
                condition=Q(said_on_precision__isnull=True)
                | Q(said_on_precision="month", said_on__isnull=False, said_on__day=1)
                | Q(said_on_precision="year", said_on__isnull=False, said_on__day=1, said_on__month=1),
                name="statement_said_on_first_day",
            ),
        ),
        AddConstraintNotValid(
            "evidence",
            models.CheckConstraint(condition=Q(url__isnull=False) | ~Q(title=""), name="evidence_has_address_or_title"),
        ),
    ]
