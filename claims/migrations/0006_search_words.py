import django.contrib.postgres.search
from django.db import migrations, models

from claims.search_triggers import OPERATIONS

# Ten times as many words as usual are kept with how common they are: of a million statements, those in 500 or more.
STATISTICS = "ALTER TABLE claims_statementwords ALTER COLUMN words SET STATISTICS 1000"


def words_of(name: str) -> migrations.CreateModel:
    row = models.OneToOneField(
        f"claims.{name}",
        models.DO_NOTHING,
        primary_key=True,
        serialize=False,
        related_name="+",
        db_column=name,
        db_constraint=False,
    )
    fields = [(name, row), ("words", django.contrib.postgres.search.SearchVectorField())]
    return migrations.CreateModel(f"{name.title()}Words", fields)


class Migration(migrations.Migration):
    """From here on what is written has words; `0007` fills in what was there before."""

    dependencies = [("claims", "0005_validate_dates_and_evidence"), ("sources", "0003_search_indexes")]

    operations = [
        words_of("statement"),
        migrations.RunSQL(STATISTICS, migrations.RunSQL.noop),
        words_of("article"),
        migrations.CreateModel(
            "SearchLanguage", [("code", models.CharField(max_length=8, primary_key=True, serialize=False))]
        ),
        *OPERATIONS,
    ]
