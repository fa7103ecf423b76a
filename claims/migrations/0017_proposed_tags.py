from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q

from claims.guards import GUARDS as CLAIMS
from claims.guards import NOTE_GUARDS
from factcheck.journal.guard_operations import undo
from factcheck.journal.guards import GUARDS as JOURNAL
from factcheck.journal.guards import SEAL_GUARDS
from sources.guards import GUARDS as SOURCES

GUARDS = [*JOURNAL, *SOURCES, *CLAIMS, *NOTE_GUARDS, *SEAL_GUARDS]
TAGS = ["asserted", "denied", "unverified"]
OUTCOMES = ["taken", "withdrawn", "set_aside"]


class Migration(migrations.Migration):
    """Changes the catalogue only. The next migration reads the rows, while others read and write them."""

    dependencies = [("claims", "0016_index_who_has_an_article")]

    operations = [
        migrations.AddField(
            "note",
            "tag",
            models.CharField(choices=[(tag, tag.capitalize()) for tag in TAGS], max_length=20, null=True),
        ),
        migrations.AddField("note", "statement_version", models.PositiveIntegerField(null=True)),
        migrations.AddField(
            "note",
            "outcome",
            models.CharField(
                choices=[(each, each.replace("_", " ").title()) for each in OUTCOMES], max_length=20, null=True
            ),
        ),
        AddConstraintNotValid(
            "note",
            models.CheckConstraint(
                condition=Q(tag__isnull=True, statement_version__isnull=True)
                | Q(tag__in=TAGS, tag__isnull=False, statement_version__isnull=False, statement__isnull=False),
                name="note_proposal_whole_or_absent",
            ),
        ),
        AddConstraintNotValid(
            "note",
            models.CheckConstraint(
                condition=Q(Q(tag__isnull=True) | Q(resolved_at__isnull=True), outcome__isnull=True)
                | Q(tag__isnull=False, resolved_at__isnull=False, outcome__in=OUTCOMES, outcome__isnull=False),
                name="note_outcome_of_proposal",
            ),
        ),
        migrations.AddConstraint(
            "note",
            models.UniqueConstraint(
                fields=["statement", "author"],
                condition=Q(tag__isnull=False, resolved_at__isnull=True),
                name="note_one_open_proposal",
            ),
        ),
        *undo(GUARDS),
        *GUARDS,
    ]
