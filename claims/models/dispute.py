import secrets
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Case, F, OuterRef, Q, When
from django.utils.translation import gettext_lazy

from claims.models.article import in_public_text
from factcheck.errors import FieldError
from factcheck.journal.models import Recorded
from factcheck.postgres.bounded_page import ExistsPerRow
from factcheck.postgres.prepared import any_of


def new_key() -> str:
    return f"d-{secrets.token_hex(5)}"


class DisputeQuerySet(models.QuerySet["Dispute"]):
    def for_reading(self) -> "DisputeQuerySet":
        return self.select_related("raised_by", "opened_by", "resolved_by")

    def with_passages(self) -> "DisputeQuerySet":
        """With the disputed statement and the counter-statement."""
        return self.for_reading().select_related(
            "statement__source", "statement__article", "counter_statement__source", "counter_statement__article"
        ).defer("statement__article__text", "counter_statement__article__text")  # fmt: skip

    def involving(self, statements: list[int]) -> "DisputeQuerySet":
        """Disputes of one of the statements, or raised in one of them."""
        return self.filter(Q(any_of("statement", statements)) | Q(any_of("counter_statement", statements)))

    def raised_in(self, statements: Any) -> "DisputeQuerySet":
        """Disputes of other statements that were raised in one of these."""
        return self.filter(counter_statement__in=statements).exclude(statement__in=statements)

    def public(self) -> "DisputeQuerySet":
        """Disputes of public statements; `public_counter_statement` is null unless that statement is public too."""
        counter = apps.get_model("claims", "Statement").objects.public().filter(pk=OuterRef("counter_statement"))
        counter_statement = Case(When(ExistsPerRow(counter), then=F("counter_statement")))
        return self.filter(in_public_text("statement__")).annotate(public_counter_statement=counter_statement)


class Dispute(Recorded):
    """A source contradicts a statement. First open, then upheld, rejected or withdrawn."""

    class Kind(models.TextChoices):
        DENIAL = "denial"
        CONTRADICTION = "contradiction"
        CORRECTION = "correction"
        CLARIFICATION = "clarification"

    class Scope(models.TextChoices):
        """Whether the whole statement is disputed, or a part of it."""

        WHOLE = "whole"
        PART = "part"

    class State(models.TextChoices):
        OPEN = "open"
        UPHELD = "upheld"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"

    class Resolution(models.TextChoices):
        """How a dispute can end."""

        UPHELD = "upheld"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"

    NEED_REASON = (State.OPEN, State.UPHELD)  # nobody deletes one of these without saying why

    private_fields = ("opened_by", "resolved_by")
    public_values = {"counter_statement": "public_counter_statement"}
    journal_resource = "dispute"
    constraint_errors = {
        "dispute_open_once": FieldError(
            "#/raised_by",
            "open_already",
            gettext_lazy("This source's dispute of this statement is open already. Resolve that one."),
        ),
        "dispute_not_with_itself": FieldError(
            "#/counter_statement", "self_dispute", gettext_lazy("A statement cannot dispute itself.")
        ),
    }
    journal_article = "(SELECT s.article FROM claims_statement s WHERE s.id = r.statement)"

    statement = models.ForeignKey(
        "claims.Statement", models.PROTECT, related_name="disputes", db_column="statement", db_index=False
    )
    key = models.CharField(max_length=60, default=new_key)
    raised_by = models.ForeignKey(
        "sources.Source", models.PROTECT, related_name="disputes", db_column="raised_by", db_index=False
    )
    counter_statement = models.ForeignKey(
        "claims.Statement", models.PROTECT, null=True, related_name="counters", db_column="counter_statement"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.WHOLE)
    note = models.TextField(default="")
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    resolution = models.TextField(default="")
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_column="opened_by", db_index=False
    )
    opened_at = models.DateTimeField()
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_column="resolved_by", db_index=False
    )
    resolved_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Any]] = DisputeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(counter_statement__isnull=True) | ~Q(counter_statement=F("statement")), name="dispute_not_with_itself"),
            models.CheckConstraint(
                condition=Q(state="open", resolution="", resolved_by__isnull=True, resolved_at__isnull=True)
                | (Q(state__in=["upheld", "rejected", "withdrawn"], resolved_by__isnull=False, resolved_at__isnull=False) & ~Q(resolution="")),
                name="dispute_resolution_whole_or_absent",
            ),
            models.UniqueConstraint(fields=["statement", "raised_by", "counter_statement"], condition=Q(state="open"),
                                    nulls_distinct=False, name="dispute_open_once"),
            models.UniqueConstraint(fields=["statement", "key"], name="dispute_key_unique"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["state", "id"], name="dispute_state"),
            models.Index(fields=["raised_by", "id"], name="dispute_raised_by"),
            models.Index(fields=["updated_at", "id"], name="dispute_updated"),
        ]

    @property
    def needs_reason_to_delete(self) -> bool:
        return self.state in self.NEED_REASON

    def __str__(self) -> str:
        return f"{self.raised_by_id} disputes {self.statement_id}"
