from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models import Case, F, Func, OuterRef, Q, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from rapidfuzz.fuzz import WRatio

from factcheck.errors import FieldError
from factcheck.journal.models import Recorded
from factcheck.postgres.bounded_page import ExistsPerRow

LOOKED_AT = 300  # for the names that are most like what was typed
ALIKE = 60  # of 100; a single word of a name that is written differently by a letter has about 75


def is_public(source_id: Any) -> Q:
    """Whether a public row of another model refers to the source; what is public of its parts does not count."""
    named = Q(pk=None)
    for relation in Source._meta.related_objects:
        rows: Any = relation.related_model._default_manager
        if relation.related_model is not Source and hasattr(rows, "public"):
            named |= Q(ExistsPerRow(rows.public().filter(**{relation.field.name: source_id})))
    return named


class SourceQuerySet(models.QuerySet["Source"]):
    def for_reading(self) -> "SourceQuerySet":
        return self.select_related("part_of")

    def public(self) -> "SourceQuerySet":
        shown = Case(When(is_public(OuterRef("part_of")), then=F("part_of")))
        return self.filter(is_public(OuterRef("pk"))).annotate(public_part_of=shown)

    def matching_names(self, names: Sequence[str], addresses: Sequence[str] = ()) -> "SourceQuerySet":
        """Those with one of the names, as their own or an alias, or with one of the addresses in `same_as`.

        Each is looked up by itself: for many at once, the planner would rather read all sources.
        """
        found = """
            SELECT s.id FROM unnest(%s::varchar[]) AS wanted(name) JOIN sources_source s ON s.name = wanted.name
            UNION SELECT s.id FROM unnest(%s::varchar[]) AS wanted(name)
            JOIN sources_source s ON s.aliases @> ARRAY[wanted.name]
            UNION SELECT s.id FROM unnest(%s::varchar[]) AS wanted(address)
            JOIN sources_source s ON s.same_as @> ARRAY[wanted.address]
            """
        return self.filter(pk__in=RawSQL(found, [list(names), list(names), list(addresses)]))  # noqa: S611

    def search(self, words: str) -> "SourceQuerySet":
        """Every word begins a word of the name or of an alias; what has no letter or digit is all of one, as it is."""
        if not any(map(str.isalnum, words)):
            return self.matching_names([" ".join(words.split())])
        return self._with_words(words.split(), " & ")

    def with_exact_name(self, text: str) -> "SourceQuerySet":
        """Those of exactly this name or alias, in capitals or not."""
        alias = Func("aliases", function="unnest", output_field=models.TextField())
        own = Source.objects.filter(pk=OuterRef("pk")).values(called=Lower(alias))
        typed = Lower(Value(" ".join(text.split()), output_field=models.TextField()))
        as_array = Func(typed, template="ARRAY[%(expressions)s]", output_field=ArrayField(models.TextField()))
        known = self.search(text).alias(own_aliases=ArraySubquery(own), typed=as_array)
        return known.filter(Q(Exact(Lower("name"), typed)) | Q(own_aliases__contains=F("typed"))).order_by("pk")

    def similar_to(self, text: str, number: int = 6) -> list["Source"]:
        """Those whose names are most like it: of the same words, or of words that begin alike."""
        rows = self.select_related("part_of")
        beginnings = {word[:3] for word in text.split()}
        found = {*rows.search(text)[:LOOKED_AT], *rows._with_words(beginnings, " | ")[:LOOKED_AT]}
        likeness = {row: max(WRatio(text.lower(), name.lower()) for name in (row.name, *row.aliases)) for row in found}
        alike = (row for row in found if likeness[row] >= ALIKE)
        return sorted(alike, key=lambda row: (-likeness[row], row.pk))[:number]

    def _with_words(self, words: Iterable[str], operator: str) -> "SourceQuerySet":
        terms = ["'{}':*".format(word.replace("\\", " ").replace("'", "''")) for word in words if word.strip("'\\")]
        if not terms:
            return self.none()
        query = SearchQuery(operator.join(terms), search_type="raw", config="simple")
        return self.alias(
            words_found=Func(
                Func("name", "aliases", function="source_words"),
                query,
                template="(%(expressions)s)",
                arg_joiner=" @@ ",
                output_field=models.BooleanField(),
            )
        ).filter(words_found=True)


class Source(Recorded):
    """Who speaks. Of an anonymous source the name is the article's own descriptor, never an identity."""

    class Kind(models.TextChoices):
        PERSON = "person"
        ORGANIZATION = "organization"
        OUTLET = "outlet"
        DOCUMENT = "document"
        ACCOUNT = "account"

    journal_resource = "source"
    constraint_errors = {
        "source_part_of_acyclic": FieldError(
            "#/part_of", "cycle", "A source cannot be a part of itself, directly or through others."
        ),
        "source_not_part_of_itself": FieldError("#/part_of", "cycle", "A source cannot be a part of itself."),
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
            models.Index(fields=["id"], condition=Q(anonymous=True), name="source_anonymous"),
            # An import looks up who is known by these.
            GinIndex(fields=["aliases"], name="source_aliases"),
            GinIndex(fields=["same_as"], name="source_same_as"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def details(self) -> str:
        """By which it is told from others of its name."""
        anonymous = "anonymous" if self.anonymous else ""
        is_told = getattr(self, "public_part_of", self.part_of_id) is not None  # strangers are told what is public
        part_of = f"part of {self.part_of}" if is_told else ""
        return ", ".join(filter(None, (self.kind, anonymous, part_of, *self.aliases[:3])))

    def withhold_private(self) -> None:
        if self.public_part_of is None:  # type: ignore[attr-defined]
            self.part_of = None

    def is_above(self, other: "Source") -> bool:
        """Whether the other is a part of this one, directly or through others."""
        seen = set()
        while other.part_of_id is not None and other.part_of_id not in seen:
            if other.part_of_id == self.pk:
                return True
            seen.add(other.part_of_id)
            other = Source.objects.only("part_of_id").get(pk=other.part_of_id)
        return False


class SourceRedirect(models.Model):
    """Where a source went that was merged into another; its own entries tell the rest."""

    id = models.BigIntegerField(primary_key=True)
    into = models.ForeignKey(Source, models.CASCADE, related_name="+", db_column="into_source")

    def __str__(self) -> str:
        return f"{self.pk} → {self.into_id}"
