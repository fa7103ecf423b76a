from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, Q
from django.utils.translation import gettext_lazy

from claims.models.statement import Statement
from factcheck.errors import FieldError
from factcheck.journal.models import Recorded

ONE_THING = gettext_lazy("A note is on an article, or on one statement or one dispute in it.")
ONE_OPEN = gettext_lazy("Another proposal of yours for this statement came first. Read it, then decide.")


class NoteQuerySet(models.QuerySet["Note"]):
    def for_reading(self) -> "NoteQuerySet":
        is_resolved = ExpressionWrapper(Q(resolved_at__isnull=False), output_field=models.BooleanField())
        return self.select_related("author", "resolved_by", "statement").annotate(resolved=is_resolved)

    def public(self) -> "NoteQuerySet":
        return self.none()

    def proposals(self) -> "NoteQuerySet":
        return self.filter(tag__isnull=False)

    def waiting(self) -> "NoteQuerySet":
        """Proposals that nobody has decided."""
        return self.proposals().filter(resolved_at__isnull=True)


class Note(Recorded):
    """An internal remark on an article, or on a statement or a dispute in it. Never public.

    One with a `tag` is a proposal: its author would tag the statement so, for the reason in `text`. It stays as it was
    made, and ends: an editor takes it or sets it aside, or its author withdraws it. If the tag that took it is taken
    back, it waits again, and is about the statement as it then is.
    """

    class Outcome(models.TextChoices):
        """How a proposal ended. taken: an editor tagged the statement so, with the proposal's reason."""

        TAKEN = "taken"
        WITHDRAWN = "withdrawn"
        SET_ASIDE = "set_aside"

    journal_resource = "note"
    journal_article = "r.article"
    constraint_errors = {
        "note_on_one_thing": FieldError("#/dispute", "invalid", ONE_THING),
        "note_one_open_proposal": FieldError("#/tag", "unique", ONE_OPEN),
    }

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
    tag = models.CharField(max_length=20, choices=Statement.Tag, null=True)  # noqa: DJ001  null is no proposal
    statement_version = models.PositiveIntegerField(null=True)  # that the proposal is about
    outcome = models.CharField(max_length=20, choices=Outcome, null=True)  # noqa: DJ001  null until it ends

    objects: ClassVar[models.Manager[Any]] = NoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(statement__isnull=True) | Q(dispute__isnull=True), name="note_on_one_thing"),
            models.CheckConstraint(condition=Q(resolved_by__isnull=True, resolved_at__isnull=True)
                                   | Q(resolved_by__isnull=False, resolved_at__isnull=False), name="note_resolution_whole_or_absent"),
            models.CheckConstraint(condition=Q(tag__isnull=True, statement_version__isnull=True)
                                   | Q(tag__in=["asserted", "denied", "unverified"], tag__isnull=False,
                                       statement_version__isnull=False, statement__isnull=False), name="note_proposal_whole_or_absent"),
            models.CheckConstraint(condition=Q(Q(tag__isnull=True) | Q(resolved_at__isnull=True), outcome__isnull=True)
                                   | Q(tag__isnull=False, resolved_at__isnull=False,
                                       outcome__isnull=False,
                                       outcome__in=["taken", "withdrawn", "set_aside"]), name="note_outcome_of_proposal"),
            models.UniqueConstraint(fields=["statement", "author"], name="note_one_open_proposal",
                                    condition=Q(tag__isnull=False, resolved_at__isnull=True)),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["article", "id"], name="note_article"),
            models.Index(fields=["updated_at", "id"], name="note_updated"),
            models.Index(fields=["article", "id"], condition=Q(resolved_at__isnull=True), name="note_open"),
            models.Index(fields=["statement", "id"], condition=Q(statement__isnull=False), name="note_statement"),
            models.Index(fields=["dispute", "id"], condition=Q(dispute__isnull=False), name="note_dispute"),
            models.Index(fields=["id"], condition=Q(resolved_at__isnull=True), name="note_open_of_all"),
            models.Index(fields=["id"], condition=Q(resolved_at__isnull=False), name="note_resolved_of_all"),
            models.Index(
                fields=["id"], condition=Q(tag__isnull=False, resolved_at__isnull=True), name="note_proposal_open"
            ),
            models.Index(fields=["id"], condition=Q(tag__isnull=False), name="note_proposal"),
        ]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def overtaken_by(self) -> str:
        """Why a waiting proposal may be out of date: `tag` or `change`, or empty. Reads the statement."""
        if self.statement is None or self.resolved_at:
            return ""
        if self.statement.tag == self.tag:
            return "tag"
        return "" if self.statement.version == self.statement_version else "change"

    @property
    def subject(self) -> tuple[str, int]:
        """The resource and the id of what it is on."""
        if self.statement_id:
            return "statement", self.statement_id
        return ("dispute", self.dispute_id) if self.dispute_id else ("article", self.article_id)
