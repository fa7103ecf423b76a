from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("claims", "0017_proposed_tags")]

    operations = [
        ValidateConstraint("note", "note_proposal_whole_or_absent"),
        ValidateConstraint("note", "note_outcome_of_proposal"),
        AddIndexConcurrently(
            "note",
            models.Index(
                fields=["id"], condition=Q(tag__isnull=False, resolved_at__isnull=True), name="note_proposal_open"
            ),
        ),
        AddIndexConcurrently("note", models.Index(fields=["id"], condition=Q(tag__isnull=False), name="note_proposal")),
    ]
