import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from claims.guards import NOTE_GUARDS, TRUTH
from factcheck.journal.guard_operations import undo


class Migration(migrations.Migration):
    """The foreign keys of the new table lock what they refer to for a moment, and so does the trigger of the journal."""

    dependencies = [
        ("claims", "0013_validate_how_evidence_was_obtained"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("text", models.TextField()),
                ("resolved_at", models.DateTimeField(null=True)),
                (
                    "article",
                    models.ForeignKey(
                        db_column="article",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="claims.article",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        db_column="author",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "dispute",
                    models.ForeignKey(
                        db_column="dispute",
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="claims.dispute",
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        db_column="resolved_by",
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "statement",
                    models.ForeignKey(
                        db_column="statement",
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="claims.statement",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["article", "id"], name="note_article"),
                    models.Index(
                        condition=models.Q(("resolved_at__isnull", True)), fields=["article", "id"], name="note_open"
                    ),
                    models.Index(
                        condition=models.Q(("statement__isnull", False)),
                        fields=["statement", "id"],
                        name="note_statement",
                    ),
                    models.Index(
                        condition=models.Q(("dispute__isnull", False)), fields=["dispute", "id"], name="note_dispute"
                    ),
                    models.Index(
                        condition=models.Q(("resolved_at__isnull", True)), fields=["id"], name="note_open_of_all"
                    ),
                    models.Index(
                        condition=models.Q(("resolved_at__isnull", False)), fields=["id"], name="note_resolved_of_all"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("statement__isnull", True), ("dispute__isnull", True), _connector="OR"),
                        name="note_on_one_thing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("resolved_at__isnull", True), ("resolved_by__isnull", True)),
                            models.Q(("resolved_at__isnull", False), ("resolved_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="note_resolution_whole_or_absent",
                    ),
                ],
            },
        ),
        *undo([TRUTH]),
        TRUTH,
        *NOTE_GUARDS,
    ]
