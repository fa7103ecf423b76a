from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import F, Q

from claims.guards import CUE_GUARDS
from claims.guards import GUARDS as CLAIMS
from factcheck.journal.guard_operations import undo
from factcheck.journal.guards import GUARDS as JOURNAL
from factcheck.journal.guards import SEAL_GUARDS
from sources.guards import GUARDS as SOURCES

GUARDS = [*JOURNAL, *SOURCES, *CLAIMS, *SEAL_GUARDS]


def digest() -> models.CharField:
    return models.CharField(max_length=64, null=True)


class Migration(migrations.Migration):
    """Changes the catalogue only. The next migration reads the statements, while others read and write them."""

    dependencies = [("claims", "0009_cheaper_search_triggers")]

    operations = [
        migrations.AddField("article", "media_url", models.URLField(max_length=2000, null=True)),
        migrations.AddField("article", "cue_times_sha256", digest()),
        migrations.AddField("articlerevision", "cue_times", models.JSONField(null=True)),
        migrations.AddField("articlerevision", "cue_times_sha256", digest()),
        migrations.AddField("statement", "media_start", models.FloatField(null=True)),
        migrations.AddField("statement", "media_end", models.FloatField(null=True)),
        AddConstraintNotValid(
            "statement",
            models.CheckConstraint(
                condition=Q(media_start__isnull=True, media_end__isnull=True)
                | Q(
                    media_start__isnull=False,
                    media_end__isnull=False,
                    media_start__gte=0,
                    media_end__gte=F("media_start"),
                ),
                name="statement_media_range",
            ),
        ),
        *undo(GUARDS),
        *GUARDS,
        *CUE_GUARDS,
    ]
