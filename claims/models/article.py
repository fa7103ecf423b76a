import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Substr
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy, pgettext

from claims.anchoring.cues import Cue
from claims.models.words import ArticleWords, SearchedQuerySet
from factcheck.errors import FieldError
from factcheck.journal.models import Recorded
from factcheck.postgres.bounded_page import newest
from factcheck.postgres.search import in_words, phrase, same_name
from factcheck.web_addresses import ascii_host, unicode_host

MAX_TEXT = 500_000  # code points
SCAN_PAGES = 10  # pages that are read in order: an article has many words, and a search looks at all of a row's

EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def published_at_key(*, descending: bool) -> Coalesce:
    """Orders by the time of publication, articles without one last in both directions."""
    return Coalesce("published_at", Value(EARLIEST if descending else LATEST, output_field=models.DateTimeField()))


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_of_cues(cues: Sequence[Cue]) -> str | None:
    """Of the JSON as PostgreSQL writes it. None if there are no cues."""
    return sha256_of(json.dumps(cues)) if cues else None


def host_forms(url: str) -> list[str]:
    """The address with its host as it is given, in ASCII and in Unicode (UTS 46)."""
    try:
        host = urlsplit(url).hostname or ""
        coded = ascii_host(host)
        before, _, after = re.split(f"({re.escape(host)})", url, maxsplit=1, flags=re.IGNORECASE)
        forms = [url, before + coded + after, before + unicode_host(coded) + after]
    except (ValueError, UnicodeError):
        forms = [url]
    return list(dict.fromkeys(forms))


class CanonicalAddress(Func):
    function = "canonical_address"
    output_field = models.TextField()


@cache  # a queryset copies it
def _count(model: str, *, group: str, **conditions: Any) -> Coalesce:
    """How many rows of `model` belong to the article; counted by an index for each row of a page."""
    rows = apps.get_model("claims", model).objects.filter(**{group: OuterRef("pk")}, **conditions)
    count = rows.order_by().values(group).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(count), 0)


def in_public_text(statement: str = "") -> Q:
    """In the present text of a published article. `statement` is the path to the statement, such as `statement__`.

    A passage that was edited out is not public.
    """
    is_current = Q(**{f"{statement}revision": F(f"{statement}article__revision")})
    return Q(**{f"{statement}article__status": "published"}) & is_current


class ArticleQuerySet(SearchedQuerySet):
    words = ArticleWords

    def for_reading(self) -> "ArticleQuerySet":
        return self.select_related("publisher", "desk")._counted({}, {})

    def public(self) -> "ArticleQuerySet":
        """Published articles; the counts are those of the published text."""
        current = OuterRef("revision")
        return self.filter(status="published")._counted({"revision": current}, {"statement__revision": current})

    def _counted(self, statements: dict[str, Any], disputes: dict[str, Any]) -> "ArticleQuerySet":
        return self.annotate(
            asserted=_count("Statement", group="article", tag="asserted", **statements),
            denied=_count("Statement", group="article", tag="denied", **statements),
            unverified=_count("Statement", group="article", tag="unverified", **statements),
            open_disputes=_count("Dispute", group="statement__article", state="open", **disputes),
            open_notes=_count("Note", group="article", resolved_at__isnull=True),
        )

    def with_unverified(self) -> "ArticleQuerySet":
        """Annotates each article with `unverified`: how many of its statements are."""
        return self.annotate(unverified=_count("Statement", group="article", tag="unverified"))

    def with_exact_name(self, text: str) -> "ArticleQuerySet":
        """Those with this title; case, and how spaces, quotation marks and dashes look, are ignored."""
        rows = self.only("pk", "title").filter(in_words(ArticleWords, phrase(text)))
        return rows.filter(same_name("title", text)).order_by("pk")

    def at_address(self, *urls: str) -> "ArticleQuerySet":
        """Those with one of these addresses, or with another way to write it (see claims/address_triggers.py)."""
        forms = [CanonicalAddress(Value(form)) for url in urls for form in host_forms(url)]
        return self.filter(pk__in=ArticleAddress.objects.filter(address__in=forms).values("article"))

    def similar_to(self, text: str, limit: int = 6) -> list["Article"]:
        return list(newest(self.only("pk", "title", "status"), self.search(text), limit, SCAN_PAGES))


class Article(Recorded):
    class Status(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        WITHDRAWN = "withdrawn"

    private_fields = ("open_notes", "desk")
    journal_resource = "article"
    next_statuses = {"draft": ("published",), "published": ("withdrawn",), "withdrawn": ("published",)}
    constraint_errors = {
        name: FieldError("#/url", "unique", gettext_lazy("Another article has this address."))
        for name in ("article_url_unique", "article_address_unique")
    }
    journal_article = "r.id"
    journal_omits = {
        "text": "SELECT v.text FROM claims_articlerevision v "
        "WHERE v.article = e.resource_id AND v.number = (e.data->>'revision')::integer"
    }

    title = models.CharField(max_length=500)
    url = models.URLField(max_length=2000, null=True)  # noqa: DJ001  unique, but many articles have none
    publisher = models.ForeignKey(
        "sources.Source", models.PROTECT, null=True, related_name="published", db_column="publisher", db_index=False
    )
    byline = models.CharField(max_length=500, default="")
    language = models.CharField(max_length=35, default="en")
    published_at = models.DateTimeField(null=True)
    text = models.TextField()
    # Where else it stands, such as its AMP page. Null without, as in entries from before there were any.
    addresses = ArrayField(models.URLField(max_length=2000), null=True)
    media_url = models.URLField(max_length=2000, null=True)  # noqa: DJ001  as url; the recording that the text is of
    revision = models.PositiveIntegerField(default=1)
    sha256 = models.CharField(max_length=64)
    cue_times_sha256 = models.CharField(max_length=64, null=True)  # noqa: DJ001  null without cue times
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT)
    desk = models.ForeignKey(  # who has it
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_column="desk", db_index=False
    )

    objects: ClassVar[models.Manager[Any]] = ArticleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["url"], name="article_url_unique"),
            models.CheckConstraint(condition=~Q(addresses=[]), name="article_addresses_null_if_none"),
            models.CheckConstraint(condition=Q(status__in=["draft", "published", "withdrawn"]), name="article_status_known"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["publisher", "id"], name="article_publisher"),
            models.Index(fields=["status", "id"], name="article_status"),
            models.Index(fields=["desk", "id"], name="article_desk"),
            models.Index(fields=["updated_at", "id"], name="article_updated"),
            models.Index(fields=["published_at", "id"], name="article_published"),
            models.Index(published_at_key(descending=False), "id", name="article_published_up"),
            models.Index(published_at_key(descending=True), "id", name="article_published_down"),
        ]

    @cached_property
    def cues(self) -> list[Cue]:
        """Of the present revision."""
        if self.cue_times_sha256 is None:
            return []
        times = self.revisions.values_list("cue_times", flat=True).get(number=self.revision)
        return [Cue(*each) for each in times or ()]

    @property
    def details(self) -> str:
        """Tells the article from others with the same title."""
        name = gettext("article %(id)s") % {"id": self.pk}
        return f"{name}, {pgettext('code', self.status)}"

    def __str__(self) -> str:
        return self.title

    @property
    def tags(self) -> dict[str, int]:
        """Statements by tag; needs ArticleQuerySet.for_reading."""
        return {name: getattr(self, name) for name in ("asserted", "denied", "unverified")}


class ArticleAddress(models.Model):
    """In canonical form. Written by the database: see claims/address_triggers.py."""

    article = models.ForeignKey(Article, models.DO_NOTHING, db_constraint=False, related_name="+", db_column="article")
    address = models.TextField()

    objects: ClassVar[models.Manager[Any]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["address"], name="article_address_unique")]

    def __str__(self) -> str:
        return self.address


class ArticleRevisionQuerySet(models.QuerySet["ArticleRevision"]):
    def around(self, statement: Any, width: int = 190) -> dict[str, str]:
        """The text before and after the statement's passage, in the revision that it is pinned to."""
        begin = max(0, statement.start - width)
        row = (
            self.filter(article=statement.article_id, number=statement.revision)
            .values_list(Substr("text", begin + 1, statement.start - begin), Substr("text", statement.end + 1, width))
            .first()
        )
        before, after = row or ("", "")
        if begin:
            before = "…" + (before.partition(" ")[2] or before)
        if len(after) == width:
            after = (after.rpartition(" ")[0] or after) + "…"
        return {"before": before, "after": after}


class ArticleRevision(models.Model):
    """An article's text at one time. Never changed or deleted, not even with its article: the journal needs it.

    `cue_times` of a text that came from captions: for each cue [start, end, from, to], code points of the text and
    milliseconds of the recording. The database computes the digests.
    """

    article = models.ForeignKey(
        Article, models.DO_NOTHING, db_constraint=False, related_name="revisions", db_column="article", db_index=False
    )
    number = models.PositiveIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    cue_times = models.JSONField(null=True)
    cue_times_sha256 = models.CharField(max_length=64, null=True)  # noqa: DJ001
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Any]] = ArticleRevisionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "number"], name="article_revision_number")]

    def __str__(self) -> str:
        return f"{self.article_id} r{self.number}"
