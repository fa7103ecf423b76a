from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Case, F, Func, OuterRef, Q, Subquery, When
from django.utils.translation import gettext, gettext_lazy, pgettext

from factcheck.errors import FieldError
from factcheck.journal.models import Entry, Recorded
from factcheck.postgres.bounded_page import ExistsPerRow
from sources.names import NamedQuerySet


def is_public(source_id: Any, merged_in: Any = None) -> Q:
    """Whether a public row of another model refers to the source. A public part of it does not count.

    With `merged_in`, the transaction of a merge, only a row counts that the merge wrote.
    """
    is_named = Q(pk=None)
    for relation in Source._meta.related_objects:
        model: Any = relation.related_model
        if model is not Source and hasattr(model._default_manager, "public"):
            rows = model._default_manager.public().filter(**{relation.field.name: source_id})
            is_named |= Q(ExistsPerRow(rows if merged_in is None else rows.filter(_was_written(model, merged_in))))
    return is_named


def _was_written(model: Any, transaction: Any) -> Q:
    """Whether the row, or the one that its entries belong to, has an entry of the transaction."""
    owner = getattr(model, "recorded_with", None)
    entries = Entry.objects.filter(resource=owner or model.journal_resource, transaction=transaction)
    # An array: PostgreSQL then looks up these few rows, and does not read all that refer to the source.
    ids = ArraySubquery(entries.values("resource_id"))
    flag = models.BooleanField()
    return Q(Func(F(owner or "pk"), ids, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=flag))


class GivenNames(Func):
    """Of a source's names or addresses, those that an editor gave to the source, or to one of those merged into it.

    Arguments: the names, the source's id, and the ids of the merged ones. An edit gives the names that were not there
    before; a merge gives none.
    """

    output_field = ArrayField(models.CharField())
    has_name = "({0}.data->'aliases' ? held.one OR {0}.data->'same_as' ? held.one OR {0}.data->>'name' = held.one)"

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        (names, p1), (own, p2), (merged, p3) = map(compiler.compile, self.source_expressions)
        sql = f"""
            ARRAY(SELECT held.one FROM unnest({names}) WITH ORDINALITY AS held(one, place) WHERE EXISTS (
                SELECT FROM journal_entry e LEFT JOIN journal_entry before
                    ON before.resource = 'source' AND before.resource_id = e.resource_id
                    AND before.version = e.version - 1
                WHERE e.resource = 'source' AND e.resource_id = ANY({own} || {merged})
                    AND e.action IN ('source.created', 'source.updated') AND {self.has_name.format("e")}
                    AND NOT coalesce({self.has_name.format("before")}, false)) ORDER BY held.place)
            """  # noqa: S608  the expressions are compiled by Django
        return sql, (*p1, *p2, *p3)


class SourceQuerySet(NamedQuerySet):
    def for_reading(self) -> "SourceQuerySet":
        return self.select_related("part_of")

    def public(self) -> "SourceQuerySet":
        """Those that something public names, as with_public_names() shows them."""
        return self.filter(is_public(OuterRef("pk"))).with_public_names()

    def with_public_names(self) -> "SourceQuerySet":
        """`public_part_of` is null unless that source is public too. `public_aliases` and `public_same_as` leave out
        what came by the merge of a source that is not public yet."""
        part_of = Case(When(is_public(OuterRef("part_of")), then=F("part_of")))
        merged = SourceRedirect.objects.filter(into=OuterRef("pk"))
        published = ArraySubquery(merged.public().values("pk"))
        names = {
            f"public_{name}": Case(
                When(ExistsPerRow(merged), then=GivenNames(name, "pk", published)),
                default=F(name),
            )
            for name in ("aliases", "same_as")
        }
        return self.annotate(public_part_of=part_of, **names)


def address_of(source_id: int, recorded: datetime) -> str:
    """`sources/addresses.py` says what an address is for."""
    at = recorded.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00")
    return f"{source_id}@{at}Z"


class Source(Recorded):
    """Who speaks. The name of an anonymous source is the article's description of it, never an identity."""

    class Kind(models.TextChoices):
        PERSON = "person"
        ORGANIZATION = "organization"
        OUTLET = "outlet"
        DOCUMENT = "document"
        ACCOUNT = "account"

    journal_resource = "source"
    public_values = {"part_of": "public_part_of", "aliases": "public_aliases", "same_as": "public_same_as"}
    constraint_errors = {
        "source_part_of_acyclic": FieldError(
            "#/part_of", "cycle", gettext_lazy("A source cannot be a part of itself, directly or through others.")
        ),
        "source_not_part_of_itself": FieldError(
            "#/part_of", "cycle", gettext_lazy("A source cannot be a part of itself.")
        ),
    }

    name = models.CharField(max_length=300)
    kind = models.CharField(max_length=20, choices=Kind)
    part_of = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="parts", db_column="part_of", db_index=False
    )
    anonymous = models.BooleanField(default=False)
    description = models.TextField(default="")
    aliases = ArrayField(models.CharField(max_length=300), default=list)
    same_as = ArrayField(models.URLField(max_length=2000), default=list)

    objects: ClassVar[models.Manager[Any]] = SourceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="source_has_a_name"),
            models.CheckConstraint(condition=Q(kind__in=["person", "organization", "outlet", "document", "account"]),
                                   name="source_kind_known"),
            models.CheckConstraint(condition=~Q(part_of=models.F("id")), name="source_not_part_of_itself"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["name", "id"], name="source_by_name"),
            models.Index(fields=["kind", "id"], name="source_kind"),
            models.Index(fields=["part_of", "id"], name="source_part_of"),
            models.Index(fields=["updated_at", "id"], name="source_updated"),
            models.Index(fields=["id"], condition=Q(anonymous=True), name="source_anonymous"),
            # An import looks up sources by these.
            GinIndex(fields=["aliases"], name="source_aliases", gin_pending_list_limit=64),
            GinIndex(fields=["same_as"], name="source_same_as", gin_pending_list_limit=64),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        return address_of(self.pk, self.created_at)

    @property
    def details(self) -> str:
        """Tells the source from others with the same name."""
        anonymous = gettext("anonymous") if self.anonymous else ""
        # Rows of public() have public_part_of: an anonymous reader sees no more than that.
        has_visible_parent = getattr(self, "public_part_of", self.part_of_id) is not None
        part_of = gettext("part of %(part_of)s") % {"part_of": self.part_of} if has_visible_parent else ""
        return ", ".join(filter(None, (pgettext("code", self.kind), anonymous, part_of, *self.visible_names[1:4])))

    @property
    def visible_names(self) -> list[str]:
        return [self.name, *getattr(self, "public_aliases", self.aliases)]

    def has_part(self, other: "Source") -> bool:
        """Whether the other is a part of this one, directly or through others. One query for each step."""
        seen = set()
        while other.part_of_id is not None and other.part_of_id not in seen:
            if other.part_of_id == self.pk:
                return True
            seen.add(other.part_of_id)
            other = Source.objects.only("part_of_id").get(pk=other.part_of_id)
        return False


class SourceRedirectQuerySet(models.QuerySet["SourceRedirect"]):
    def public(self) -> "SourceRedirectQuerySet":
        """Those with which something came that is public by now, and still refers to the source.

        A merge is one transaction, so what it moved are the rows with an entry of the transaction that deleted the
        merged source.
        """
        deletions = Entry.objects.filter(resource="source", resource_id=OuterRef("pk"), action="source.deleted")
        rows = self.alias(merged_in=Subquery(deletions.values("transaction")))
        return rows.filter(is_public(OuterRef("into"), merged_in=OuterRef(OuterRef("merged_in"))))


class SourceRedirect(models.Model):
    """Leads from the id of a merged source to the source that it was merged into."""

    id = models.BigIntegerField(primary_key=True)
    into = models.ForeignKey(Source, models.CASCADE, related_name="+", db_column="into_source")

    objects: ClassVar[models.Manager[Any]] = SourceRedirectQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.pk} → {self.into_id}"
