import secrets
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext_lazy

from claims.models.article import in_public_text
from factcheck.errors import FieldError
from factcheck.journal.models import Recorded

NEEDS_TITLE = gettext_lazy("Without an address, the title says what it is.")


def new_key() -> str:
    return f"e-{secrets.token_hex(5)}"


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def public(self) -> "EvidenceQuerySet":
        return self.filter(in_public_text("statement__"))

    def first_of_each(self, limit: int | None) -> "EvidenceQuerySet":
        """The first pieces of each statement, all of them without a limit."""
        if limit is None:
            return self
        return self.alias(place=Window(RowNumber(), partition_by="statement", order_by="id")).filter(place__lte=limit)


class Evidence(Recorded):
    class Stance(models.TextChoices):
        SUPPORTS = "supports"
        REFUTES = "refutes"
        CONTEXT = "context"

    class ObtainedHow(models.TextChoices):
        LINK = "link"
        CALL = "call"
        MAIL = "mail"
        DOCUMENT = "document"
        VISIT = "visit"
        OTHER = "other"

    private_fields = ("obtained_on", "obtained_how")  # whom the newsroom met or called may be a source to protect
    journal_resource = "evidence"
    constraint_errors = {"evidence_has_address_or_title": FieldError("#/title", "required", NEEDS_TITLE)}
    journal_article = "(SELECT s.article FROM claims_statement s WHERE s.id = r.statement)"

    statement = models.ForeignKey(
        "claims.Statement", models.PROTECT, related_name="evidence", db_column="statement", db_index=False
    )
    key = models.CharField(max_length=60, default=new_key)
    stance = models.CharField(max_length=20, choices=Stance)
    url = models.URLField(max_length=2000, null=True)  # noqa: DJ001
    title = models.CharField(max_length=500, default="")
    excerpt = models.TextField(default="")
    archived_url = models.URLField(max_length=2000, null=True)  # noqa: DJ001
    obtained_on = models.DateField(null=True)
    obtained_how = models.CharField(max_length=20, choices=ObtainedHow, null=True)  # noqa: DJ001  as of entries from before it

    objects: ClassVar[models.Manager[Any]] = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(condition=Q(stance__in=["supports", "refutes", "context"]), name="evidence_stance_known"),
            models.CheckConstraint(condition=Q(obtained_how__isnull=True)
                                   | Q(obtained_how__in=["link", "call", "mail", "document", "visit", "other"]), name="evidence_obtained_how_known"),
            models.CheckConstraint(condition=Q(url__isnull=False) | ~Q(title=""), name="evidence_has_address_or_title"),
            models.UniqueConstraint(fields=["statement", "key"], name="evidence_key_unique"),
        ]  # fmt: skip
        indexes = [models.Index(fields=["updated_at", "id"], name="evidence_updated")]

    def __str__(self) -> str:
        return self.title or self.url or ""
