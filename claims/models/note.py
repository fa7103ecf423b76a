from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, Q

from factcheck.errors import FieldError
from factcheck.journal.models import Recorded

ONE_THING = "A note is on an article, or on one statement or one dispute in it."


class NoteQuerySet(models.QuerySet["Note"]):
    def for_reading(self) -> "NoteQuerySet":
        is_resolved = ExpressionWrapper(Q(resolved_at__isnull=False), output_field=models.BooleanField())
        return self.select_related("author", "resolved_by").annotate(resolved=is_resolved)

    def public(self) -> "NoteQuerySet":
        return self.none()


class Note(Recorded):
    """An internal remark on an article, or on a statement or a dispute in it. Never public."""

    journal_resource = "note"
    journal_article = "r.article"
    constraint_errors = {"note_on_one_thing": FieldError("#/dispute", "invalid", ONE_THING)}

    # Of whatever the note is on, so that one index finds and counts all notes of an article.
    article = models.ForeignKey(
        "claims.Article", models.PROTECT, related_name="notes", db_column="article", db_index=False
    )
    statement = models.ForeignKey(
        "claims.Statement", models.PROTECT, null=True, related_name="notes", db_column="statement", db_index=False
    )
    dispute = models.ForeignKey(
        "claims.Dispute", models.PROTECT, null=True, related_name="notes", db_column="dispute", db_index=False
    )
    text = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_column="author", db_index=False
    )
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_column="resolved_by", db_index=False
    )
    resolved_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Any]] = NoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(statement__isnull=True) | Q(dispute__isnull=True), name="note_on_one_thing"),
            models.CheckConstraint(condition=Q(resolved_by__isnull=True, resolved_at__isnull=True)
                                   | Q(resolved_by__isnull=False, resolved_at__isnull=False), name="note_resolution_whole_or_absent"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["article", "id"], name="note_article"),
            models.Index(fields=["article", "id"], condition=Q(resolved_at__isnull=True), name="note_open"),
            models.Index(fields=["statement", "id"], condition=Q(statement__isnull=False), name="note_statement"),
            models.Index(fields=["dispute", "id"], condition=Q(dispute__isnull=False), name="note_dispute"),
            models.Index(fields=["id"], condition=Q(resolved_at__isnull=True), name="note_open_of_all"),
            models.Index(fields=["id"], condition=Q(resolved_at__isnull=False), name="note_resolved_of_all"),
        ]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def subject(self) -> tuple[str, int]:
        """The resource and the id of what it is on."""
        if self.statement_id:
            return "statement", self.statement_id
        return ("dispute", self.dispute_id) if self.dispute_id else ("article", self.article_id)
