from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Now

from factcheck.errors import FieldError
from factcheck.journal.seal.models import Checkpoint, Leaf, Node  # noqa: F401  Django looks for models here

Place = tuple[int, int]  # in the feed: the transaction and the id of the last entry before it

# Other indexes find these.
OTHERWISE_INDEXED = ["source.created", "evidence.created", "statement.tagged"]


class Recorded(models.Model):
    """A row that has one journal entry for each of its writes. The database refuses a commit without that entry.

    The columns of foreign keys have no `_id` at the end: the entry's data has the same field names as the API.
    """

    journal_resource: ClassVar[str]
    journal_article = "NULL::bigint"  # SQL for the id of the article that the row `r` belongs to
    # Column that entries leave out → SQL that finds its value for the entry `e`.
    journal_omits: ClassVar[dict[str, str]] = {}
    # Name in the entry's data → SQL for the child rows of the row `r`, as JSON.
    journal_children: ClassVar[dict[str, str]] = {}
    # The same name → SQL that inserts the child rows of new rows, of `w` with that column (see insert_recorded).
    journal_child_inserts: ClassVar[dict[str, str]] = {}
    # Child table → SQL for its columns, and for its rows at the time of the entry `e`: the inverse of journal_children.
    journal_child_tables: ClassVar[dict[str, tuple[str, str]]] = {}
    # Name of a constraint → what the API answers when it is violated.
    constraint_errors: ClassVar[Mapping[str, FieldError]] = {}
    # Hidden from anonymous readers: who in the newsroom did what.
    private_fields: ClassVar[tuple[str, ...]] = ()
    # Field → annotation of `public()` with as much of it as anonymous readers may see.
    public_values: ClassVar[Mapping[str, str]] = {}

    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True

    def withhold_private(self) -> None:
        """Removes what anonymous readers may not see, from a row that `public()` read. Do not save the row then."""
        for name in self.private_fields:
            setattr(self, name, None)
        for name, shown in self.public_values.items():
            setattr(self, self._meta.get_field(name).attname, getattr(self, shown))  # type: ignore[union-attr]


class EntryQuerySet(models.QuerySet["Entry"]):
    def with_before(self) -> "EntryQuerySet":
        """Annotates each entry with `before`: the data of the row's previous entry, or None."""
        before = Entry.objects.filter(
            resource=OuterRef("resource"), resource_id=OuterRef("resource_id"), version=OuterRef("version") - 1
        )
        return self.annotate(before=Subquery(before.values("data")))

    def outside_corrections(self) -> "EntryQuerySet":
        """Without those of the statements that a change of their article's text re-anchored with it."""
        correction = Entry.objects.filter(
            resource="article",
            resource_id=OuterRef("article"),
            transaction=OuterRef("transaction"),
            action="article.updated",
        )
        return self.exclude(Exists(correction), action="statement.reanchored")

    def of(self, resource: str, resource_id: int) -> "EntryQuerySet":
        return self.filter(resource=resource, resource_id=resource_id)


class Entry(models.Model):
    """One write of one row. Entries are never changed or deleted: `guards.py` refuses it.

    The database sets `id`, `at` (UTC), `transaction`, `actor_name` and `salt`. `transaction` is the id of the
    PostgreSQL transaction, counted from the journal's epoch; the feed is in the order of (transaction, id).
    `actor_name` is the name that the actor had then. Without an actor it is the database role, as for users made by a
    command. `salt` is random: who may not read the entry cannot guess it from its hash. Who may read the entry needs
    the salt to check the hash. Entries from before the column have none.
    """

    at = models.DateTimeField(db_default=Now())
    transaction = models.BigIntegerField(db_default=0)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_column="actor", db_index=False
    )
    actor_name = models.CharField(max_length=181, db_default="")
    action = models.CharField(max_length=40)
    resource = models.CharField(max_length=20)
    resource_id = models.BigIntegerField()
    version = models.PositiveIntegerField()
    article = models.BigIntegerField(null=True)
    reason = models.TextField(default="")
    data = models.JSONField()
    salt = models.UUIDField(null=True)

    objects: ClassVar[models.Manager[Any]] = EntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resource", "resource_id", "version"], name="one_entry_for_each_version")
        ]
        indexes = [
            models.Index(fields=["transaction", "id"], name="entry_feed"),
            models.Index(fields=["article", "id"], name="entry_article"),
            models.Index(fields=["actor", "transaction", "id"], name="entry_actor"),
            # Statements need no index: most entries of the feed are about them.
            models.Index(
                fields=["resource", "transaction", "id"],
                condition=Q(resource__in=["source", "article", "evidence", "dispute", "note"]),
                name="entry_of_resource",
            ),
            models.Index(fields=["transaction", "id"], condition=Q(resource="user"), name="entry_user"),
            # Finds the disputes and the evidence of a statement as of an instant.
            models.Index(
                Cast(KT("data__statement"), models.BigIntegerField()),
                condition=Q(resource__in=["dispute", "evidence"]),
                name="entry_of_statement",
            ),
            # The diary finds a day by the first, and an act by the second.
            BrinIndex(fields=["at"], autosummarize=True, name="entry_at"),
            models.Index(
                fields=["action", "transaction", "id"],
                condition=~Q(action__in=OTHERWISE_INDEXED),
                name="entry_action",
            ),
            # The public Atom feed reads these, newest first. They are few among the entries of bulk imports.
            models.Index(
                fields=["transaction", "id"],
                condition=Q(action__in=["statement.tagged", "dispute.opened", "dispute.resolved", "dispute.reopened"]),
                name="entry_public_changes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.resource_id} v{self.version}"

    @property
    def place(self) -> Place:
        return self.transaction, self.pk


class FollowerCursor(models.Model):
    """The last entry that a follower has followed (see followers.py). (0, 0) is before the first one."""

    name = models.CharField(primary_key=True, max_length=40)
    transaction = models.BigIntegerField(default=0)
    entry = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.name} at {self.transaction}-{self.entry}"
