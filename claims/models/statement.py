import secrets
from datetime import date
from operator import attrgetter
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Count, Exists, F, Func, OuterRef, Prefetch, Q, Subquery, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.utils.translation import gettext, gettext_lazy, pgettext

from claims.models.article import in_public_text
from claims.models.words import SearchedQuerySet, StatementWords
from claims.partial_dates import said_on_text
from factcheck.errors import FieldError
from factcheck.journal.models import Entry, Recorded
from factcheck.postgres.bounded_page import ExistsPerRow, IndexOrRowFilter, newest
from factcheck.postgres.search import in_words, phrase
from sources.models import Source

TAGGED = "statement.tagged"


def new_key() -> str:
    return f"s-{secrets.token_hex(5)}"


def said_on_key(*, descending: bool) -> Coalesce:
    """Orders by the day said, undated statements last in both directions. A row comparison cannot order NULL."""
    return Coalesce("said_on", Value(date.min if descending else date.max, output_field=models.DateField()))


def positions_on(statement_id: Any) -> models.QuerySet[Entry]:
    """The entry of each editor's own latest tag. It stays that editor's position when another editor tags again."""
    tagged = Entry.objects.filter(resource="statement", action=TAGGED)
    later = tagged.filter(resource_id=OuterRef("resource_id"), actor=OuterRef("actor"), version__gt=OuterRef("version"))
    return tagged.filter(~Exists(later), resource_id=statement_id)


def _is_anchored_in(article: Any) -> Q:
    return Q(revision=article.revision, anchor__in=["anchored", "moved"])


class StatementQuerySet(SearchedQuerySet):
    words = StatementWords

    def for_reading(self) -> "StatementQuerySet":
        disputes = apps.get_model("claims", "Dispute").objects.filter(statement=OuterRef("pk"), state="open").order_by()
        open_disputes = disputes.values("statement").annotate(n=Count("pk")).values("n")
        return self.with_dissent().annotate(open_disputes=Coalesce(Subquery(open_disputes), 0))

    def with_dissent(self) -> "StatementQuerySet":
        """With the chain, who tagged it, and how many editors would tag it differently."""
        dissenting = positions_on(OuterRef("pk")).alias(own=KT("data__tag")).exclude(own=OuterRef("tag")).order_by()
        dissent = dissenting.values("resource_id").annotate(n=Count("pk")).values("n")
        return self.with_chain().select_related("tagged_by").annotate(dissent=Coalesce(Subquery(dissent), 0))

    def with_chain(self) -> "StatementQuerySet":
        chain = StatementVia.objects.select_related("source").order_by("position")
        return self.select_related("source").prefetch_related(Prefetch("via_rows", queryset=chain))

    def public(self) -> "StatementQuerySet":
        return self.filter(in_public_text())

    def involving(self, source_id: int) -> "StatementQuerySet":
        """Said by the source or relayed by it."""
        relayed = self._relayed_by(source_id)
        # An array: PostgreSQL uses no index for a subquery beside OR.
        by_index = Func(F("pk"), ArraySubquery(relayed), template="%(expressions)s)", arg_joiner=" = ANY(")
        by_index.output_field = models.BooleanField()
        per_row = ExistsPerRow(relayed.filter(statement=OuterRef("pk")))
        said = Q(source=source_id)
        return self.filter(IndexOrRowFilter(by_index=said | Q(by_index), per_row=said | Q(per_row)))

    def source_ids(self) -> set[int]:
        """Of those who said or relayed one of them."""
        return {row[0] for row in self.who_said_or_relayed()}

    def who_said_or_relayed(self) -> models.QuerySet[Any, Any]:
        """The sources' ids, as rows."""
        relayed = StatementVia.objects.filter(statement__in=self.values("pk")).values_list("source")
        return self.exclude(source=None).values_list("source").union(relayed)

    def relayed_by(self, source_id: int) -> "StatementQuerySet":
        return self.filter(pk__in=self._relayed_by(source_id))

    @staticmethod
    def _relayed_by(source_id: int) -> models.QuerySet[Any, Any]:
        return StatementVia.objects.filter(source=source_id).values("statement")

    def anchored_in(self, article: Any) -> "StatementQuerySet":
        """Those whose passage is in the article's present text."""
        return self.filter(article=article).filter(_is_anchored_in(article))

    def not_anchored_in(self, article: Any) -> "StatementQuerySet":
        """All others of the article, also those that a change of its text had not reached at an instant within it."""
        return self.filter(article=article).exclude(_is_anchored_in(article))

    def disputed(self, disputed: bool) -> "StatementQuerySet":
        disputes = apps.get_model("claims", "Dispute").objects.filter(statement=OuterRef("pk"), state="open")
        by_index, per_row = Q(Exists(disputes)), Q(ExistsPerRow(disputes))
        return self.filter(
            IndexOrRowFilter(by_index=by_index, per_row=per_row)
            if disputed
            else IndexOrRowFilter(by_index=~by_index, per_row=~per_row)
        )

    def with_exact_name(self, text: str) -> "StatementQuerySet":
        """Those with exactly this passage."""
        return self.filter(in_words(StatementWords, phrase(text)), text=text).order_by("pk")

    def similar_to(self, text: str, limit: int = 6) -> list["Statement"]:
        return list(newest(self.defer(None).select_related("source"), self.search(text), limit))


class Statement(Recorded):
    """A passage, who said it, and who stands behind it. Offsets are code points in the revision it is pinned to."""

    class Tag(models.TextChoices):
        """Who stands behind a statement.

        asserted: a source puts it forward, and nobody with standing denies it. denied: somebody with standing denies
        it. unverified: nobody on the record stands behind it yet.
        """

        ASSERTED = "asserted"
        DENIED = "denied"
        UNVERIFIED = "unverified"

    class Anchor(models.TextChoices):
        """Where the passage is after edits of the text.

        anchored: in its place. moved: found elsewhere. needs_review: something similar was found, and an editor
        decides. orphaned: nothing was found.
        """

        ANCHORED = "anchored"
        MOVED = "moved"
        NEEDS_REVIEW = "needs_review"
        ORPHANED = "orphaned"

    class QuoteType(models.TextChoices):
        """narration: the article itself speaks, and there may be no source."""

        DIRECT = "direct"
        INDIRECT = "indirect"
        MIXED = "mixed"
        NARRATION = "narration"

    class Precision(models.TextChoices):
        """What is known of when something was said, if it is less than the day."""

        MONTH = "month"
        YEAR = "year"

    private_fields = ("tagged_by", "dissent")
    journal_resource = "statement"
    constraint_errors = {
        "statement_source_unless_narration": FieldError(
            "#/source", "required", gettext_lazy("Only narration has no source.")
        ),
        "statement_said_on_first_day": FieldError(
            "#/said_on", "invalid", gettext_lazy("A month or a year is kept as its first day.")
        ),
    }
    journal_article = "r.article"
    journal_children = {
        "via": "SELECT coalesce(jsonb_agg(v.source ORDER BY v.position), '[]') "
        "FROM claims_statementvia v WHERE v.statement = r.id"
    }
    journal_child_inserts = {
        "via": "INSERT INTO claims_statementvia (statement, position, source) SELECT w.id, v.place - 1, v.source::bigint "
        "FROM w CROSS JOIN LATERAL jsonb_array_elements_text(w.via) WITH ORDINALITY v(source, place)"
    }
    journal_child_tables = {
        "claims_statementvia": (
            "e.resource_id * 100 + v.position AS id, e.resource_id AS statement, "
            "(v.position - 1)::smallint AS position, v.source::bigint AS source",
            "jsonb_array_elements_text(e.data->'via') WITH ORDINALITY v(source, position)",
        ),
        # What claims/search_triggers.py writes for the present row.
        "claims_statementwords": (
            """e.resource_id AS statement, search_words(article.language,
                VARIADIC ARRAY[e.data->>'text', e.data->>'paraphrase', e.data->>'tag_reason'] || evidence.fields
            ) || search_source_words(ARRAY(SELECT jsonb_array_elements_text(e.data->'via')::bigint)
                || (e.data->>'source')::bigint) AS words""",
            """(
                SELECT a.data->>'language' AS language FROM journal_entry a
                WHERE a.resource = 'article' AND a.resource_id = e.article ORDER BY a.version DESC LIMIT 1
            ) article, LATERAL (SELECT ARRAY(
                SELECT unnest(ARRAY[v.data->>'title', v.data->>'excerpt']) FROM journal_entry v
                WHERE v.resource = 'evidence' AND (v.data->>'statement')::bigint = e.resource_id
                    AND right(v.action, 8) <> '.deleted' AND NOT EXISTS (
                        SELECT FROM journal_entry later WHERE later.resource = v.resource
                        AND later.resource_id = v.resource_id AND later.version = v.version + 1)
                ORDER BY v.resource_id
            ) AS fields) evidence""",
        ),
    }

    # The foreign keys have no index of their own: other indexes begin with their column, and no query finds
    # statements by the editor who tagged them.
    article = models.ForeignKey(
        "claims.Article", models.PROTECT, related_name="statements", db_column="article", db_index=False
    )
    key = models.CharField(max_length=60, default=new_key)
    text = models.TextField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    prefix = models.CharField(max_length=32, default="")
    suffix = models.CharField(max_length=32, default="")
    revision = models.PositiveIntegerField()
    anchor = models.CharField(max_length=20, choices=Anchor, default=Anchor.ANCHORED)
    # Where the passage may be now, for an editor to decide: {revision, start, end, text, score}.
    candidate = models.JSONField(null=True)
    paraphrase = models.TextField(default="")
    quote_type = models.CharField(max_length=20, choices=QuoteType, default=QuoteType.INDIRECT)
    source = models.ForeignKey(
        Source, models.PROTECT, null=True, related_name="statements", db_column="source", db_index=False
    )
    said_on = models.DateField(null=True)  # of a month or a year the first day
    said_on_precision = models.CharField(max_length=5, choices=Precision, null=True)  # noqa: DJ001  null is a day
    # When the passage is spoken in the recording: seconds, of the cues that it has a part of. Doubles, since these
    # write a number of milliseconds as the same text everywhere, without trailing zeros.
    media_start = models.FloatField(null=True)
    media_end = models.FloatField(null=True)
    tag = models.CharField(max_length=20, choices=Tag, default=Tag.UNVERIFIED)
    tag_reason = models.TextField(default="")
    tagged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_column="tagged_by", db_index=False
    )
    tagged_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Any]] = StatementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="statement_range"),
            models.CheckConstraint(condition=Q(source__isnull=False) | Q(quote_type="narration"), name="statement_source_unless_narration"),
            models.CheckConstraint(condition=Q(tag__in=["asserted", "denied", "unverified"]), name="statement_tag_known"),
            models.CheckConstraint(condition=Q(tagged_by__isnull=True, tagged_at__isnull=True, tag="unverified")
                                   | Q(tagged_by__isnull=False, tagged_at__isnull=False), name="statement_tag_has_author"),
            models.CheckConstraint(condition=Q(candidate__isnull=False, anchor="needs_review")
                                   | (Q(candidate__isnull=True) & ~Q(anchor="needs_review")), name="statement_candidate_if_in_doubt"),
            models.CheckConstraint(condition=Q(said_on_precision__isnull=True)
                                   | Q(said_on_precision="month", said_on__isnull=False, said_on__day=1)
                                   | Q(said_on_precision="year", said_on__isnull=False, said_on__day=1, said_on__month=1), name="statement_said_on_first_day"),
            models.CheckConstraint(condition=Q(media_start__isnull=True, media_end__isnull=True)
                                   | Q(media_start__isnull=False, media_end__isnull=False, media_start__gte=0,
                                       media_end__gte=F("media_start")), name="statement_media_range"),
            models.UniqueConstraint(fields=["article", "key"], name="statement_key_unique"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["article", "start", "id"], name="statement_place"),
            models.Index(fields=["article", "tag"], name="statement_article_tag"),
            # For the desk checks, which read by article, newest first, and look for rare rows.
            models.Index(fields=["article", "id"], name="statement_article"),
            models.Index(fields=["article", "id"], condition=~Q(anchor="anchored"), name="statement_unanchored"),
            models.Index(fields=["article", "id"], condition=Q(source__isnull=True), name="statement_without_source"),
            models.Index(
                fields=["article", "id"], condition=Q(updated_at__gt=F("tagged_at")), name="statement_after_tag"
            ),
            models.Index(fields=["anchor", "id"], condition=~Q(anchor="anchored"), name="statement_anchor"),
            models.Index(fields=["tag", "id"], name="statement_tag"),
            models.Index(fields=["source", "id"], name="statement_source"),
            models.Index(fields=["start", "id"], name="statement_start"),
            models.Index(fields=["created_at", "id"], name="statement_created"),
            models.Index(fields=["updated_at", "id"], name="statement_updated"),
            models.Index(said_on_key(descending=False), "id", name="statement_said_on_up"),
            models.Index(said_on_key(descending=True), "id", name="statement_said_on_down"),
            models.Index(fields=["said_on", "id"], name="statement_said_on"),
        ]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def details(self) -> str:
        """Tells the statement from others with the same words."""
        name = gettext("statement %(id)s") % {"id": self.pk}
        return ", ".join(filter(None, (name, pgettext("code", self.tag), self.source.name if self.source else "")))

    @property
    def date_said(self) -> str | None:
        """With its precision: 2021-03-05, 2021-03 or 2021."""
        return said_on_text(self.said_on, self.said_on_precision)

    @property
    def via(self) -> list[Source]:
        """The sources that relayed the statement, nearest to the speaker first."""
        return [row.source for row in self._ordered_via_rows()]

    @property
    def chain(self) -> list[int]:
        """The ids of `via`, without reading the sources."""
        return [row.source_id for row in self._ordered_via_rows()]

    def _ordered_via_rows(self) -> list["StatementVia"]:
        return sorted(self.via_rows.all(), key=attrgetter("position"))


class StatementViaQuerySet(models.QuerySet["StatementVia"]):
    def public(self) -> "StatementViaQuerySet":
        return self.filter(statement__in=Statement.objects.public())


class StatementVia(models.Model):
    recorded_with = "statement"  # whose entries hold it

    statement = models.ForeignKey(
        Statement, models.CASCADE, related_name="via_rows", db_column="statement", db_index=False
    )
    position = models.PositiveSmallIntegerField()
    source = models.ForeignKey(Source, models.PROTECT, related_name="relayed", db_column="source", db_index=False)

    objects = StatementViaQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["statement", "position"], name="via_position_unique"),
            models.UniqueConstraint(fields=["source", "statement"], name="via_source_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.source_id}"
