from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q

FIELDS = ["article", "id"]


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY: the table stays writable

    dependencies = [("claims", "0004_anchor_candidate_and_said_on_order")]

    operations = [
        AddIndexConcurrently("statement", models.Index(fields=FIELDS, name="statement_article")),
        AddIndexConcurrently(
            "statement", models.Index(fields=FIELDS, condition=~Q(anchor="anchored"), name="statement_unanchored")
        ),
        AddIndexConcurrently(
            "statement", models.Index(fields=FIELDS, condition=Q(source__isnull=True), name="statement_without_source")
        ),
        AddIndexConcurrently(
            "statement",
            models.Index(fields=FIELDS, condition=Q(updated_at__gt=F("tagged_at")), name="statement_after_tag"),
        ),
    ]
