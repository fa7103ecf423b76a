from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Now

from factcheck.errors import FieldError


class Recorded(models.Model):
    """A row whose every write leaves one journal entry. The database refuses a commit without it.

    Foreign keys name their column without `_id`, so that the journal's data reads like the API.
    """

    journal_resource: ClassVar[str]
    journal_article = "NULL::bigint"  # SQL for the article this row belongs to; `r` is the row
    # Columns that entries leave out → SQL that finds their value for the entry `e`.
    journal_omits: ClassVar[dict[str, str]] = {}
    journal_children: ClassVar[dict[str, str]] = {}  # name → SQL for the child rows that count as this row's
    # Child table → SQL for its columns, and for its rows as the entry `e` names them.
    journal_child_tables: ClassVar[dict[str, tuple[str, str]]] = {}
    # The rules that the database holds, in words, by the name of their constraint.
    constraint_errors: ClassVar[Mapping[str, FieldError]] = {}
    private_fields: ClassVar[tuple[str, ...]] = ()  # that strangers are not told: who in the newsroom did what

    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True

    def withhold_private(self) -> None:
        """For a page that strangers see, of a row read by `public()`. It must not be saved afterwards."""
        for name in self.private_fields:
            setattr(self, name, None)


class EntryQuerySet(models.QuerySet["Entry"]):
    def with_before(self) -> "EntryQuerySet":
        """Each with the row as the entry before left it, in `before`."""
        before = Entry.objects.filter(
            resource=OuterRef("resource"), resource_id=OuterRef("resource_id"), version=OuterRef("version") - 1
        )
        return self.select_related("actor").annotate(before=Subquery(before.values("data")))

    def of(self, resource: str, resource_id: int) -> "EntryQuerySet":
        return self.filter(resource=resource, resource_id=resource_id)


class Entry(models.Model):
    """One write of one row. Rows of this table are never changed or deleted: triggers refuse it.

    `at` and `transaction` are set by the database. (transaction, id) orders the feed.
    """

    at = models.DateTimeField(db_default=Now())
    transaction = models.BigIntegerField(db_default=0)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_column="actor", db_index=False
    )
    action = models.CharField(max_length=40)
    resource = models.CharField(max_length=20)
    resource_id = models.BigIntegerField()
    version = models.PositiveIntegerField()
    article = models.BigIntegerField(null=True)
    reason = models.TextField(default="")
    data = models.JSONField()

    objects: ClassVar[models.Manager[Any]] = EntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resource", "resource_id", "version"], name="one_entry_for_each_version")
        ]
        indexes = [
            models.Index(fields=["transaction", "id"], name="entry_feed"),
            models.Index(fields=["article", "id"], name="entry_article"),
            models.Index(fields=["actor", "transaction", "id"], name="entry_actor"),
            # Of the rest, statements, the feed has one at every step.
            models.Index(
                fields=["resource", "transaction", "id"],
                condition=Q(resource__in=["source", "article", "evidence", "dispute"]),
                name="entry_resource",
            ),
            # The disputes and the evidence of a statement, as of an instant.
            models.Index(
                Cast(KT("data__statement"), models.BigIntegerField()),
                condition=Q(resource__in=["dispute", "evidence"]),
                name="entry_of_statement",
            ),
            # The public feed reads these few, newest first, among all that bulk imports leave.
            models.Index(
                fields=["transaction", "id"],
                condition=Q(action__in=["statement.tagged", "dispute.opened", "dispute.resolved", "dispute.reopened"]),
                name="entry_public_changes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.resource_id} v{self.version}"
