"""The service's tables as unmanaged models, for the two rivals on Django."""

import hashlib
import secrets

from django.contrib.auth.models import User
from django.db import connection, models
from django.db.models import Count, Exists, F, OuterRef, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from benchmarks.rivals.journal_sql import FOR_PSYCOPG

CONTEXT_LENGTH = 32


class Token(models.Model):
    digest = models.CharField(max_length=128, primary_key=True)
    user = models.ForeignKey(User, models.CASCADE)
    expiry = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "api_token"

    def __str__(self):
        return self.digest[:8]

    @classmethod
    def owner_of(cls, key):
        digest = hashlib.sha512(key.encode()).hexdigest()
        found = cls.objects.select_related("user").filter(digest=digest).first()
        if found is None or (found.expiry and found.expiry <= timezone.now()):
            return None
        return found.user


class Source(models.Model):
    name = models.CharField(max_length=300)
    kind = models.CharField(max_length=20)
    anonymous = models.BooleanField()

    class Meta:
        managed = False
        db_table = "sources_source"

    def __str__(self):
        return self.name


class Article(models.Model):
    text = models.TextField()
    revision = models.IntegerField()
    status = models.CharField(max_length=20)

    class Meta:
        managed = False
        db_table = "claims_article"

    def __str__(self):
        return str(self.pk)


class StatementQuerySet(models.QuerySet):
    def public(self):
        return self.filter(article__status="published", revision=F("article__revision"))

    def with_source_and_chain(self):
        disputes = Dispute.objects.filter(statement=OuterRef("pk"), state="open").values("statement")
        return (
            self.select_related("source")
            .prefetch_related("via_rows__source")
            .annotate(open_disputes=Coalesce(Subquery(disputes.annotate(n=Count("pk")).values("n")), 0))
        )

    def with_dissent(self):
        tagged = Entry.objects.filter(resource="statement", action="statement.tagged")
        later = tagged.filter(
            resource_id=OuterRef("resource_id"), actor=OuterRef("actor"), version__gt=OuterRef("version")
        )
        latest = tagged.filter(~Exists(later), resource_id=OuterRef("pk")).alias(own=KT("data__tag"))
        dissenting = latest.exclude(own=OuterRef("tag")).values("resource_id")
        return self.select_related("source", "tagged_by").annotate(
            dissent=Coalesce(Subquery(dissenting.annotate(n=Count("pk")).values("n")), 0)
        )


def new_key():
    return f"s-{secrets.token_hex(5)}"


class Statement(models.Model):
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    article = models.ForeignKey(Article, models.PROTECT, db_column="article")
    key = models.CharField(max_length=60, default=new_key)
    text = models.TextField()
    start = models.IntegerField()
    end = models.IntegerField()
    prefix = models.CharField(max_length=32, default="")
    suffix = models.CharField(max_length=32, default="")
    revision = models.IntegerField()
    anchor = models.CharField(max_length=20, default="anchored")
    candidate = models.JSONField(null=True)
    paraphrase = models.TextField(default="", blank=True)
    quote_type = models.CharField(max_length=20, default="indirect")
    source = models.ForeignKey(Source, models.PROTECT, db_column="source", null=True)
    said_on = models.DateField(null=True)
    media_start = models.FloatField(null=True)
    media_end = models.FloatField(null=True)
    tag = models.CharField(max_length=20, default="unverified")
    tag_reason = models.TextField(default="")
    tagged_by = models.ForeignKey(User, models.PROTECT, db_column="tagged_by", null=True)
    tagged_at = models.DateTimeField(null=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "claims_statement"

    def __str__(self):
        return self.text[:80]

    @property
    def via(self):
        return [row.source for row in self.via_rows.all()]

    @classmethod
    def pinned(cls, article, start, end, **fields):
        return cls(
            article=article,
            start=start,
            end=end,
            text=article.text[start:end],
            prefix=article.text[max(0, start - CONTEXT_LENGTH) : start],
            suffix=article.text[end : end + CONTEXT_LENGTH],
            revision=article.revision,
            **fields,
        )

    def set_tag(self, user, tag, reason):
        self.tag, self.tag_reason, self.tagged_by, self.tagged_at = tag, reason, user, timezone.now()
        self.version += 1
        self.updated_at = self.tagged_at
        self.save()
        self.record(user, "statement.tagged", reason)

    def record(self, user, action, reason=""):
        with connection.cursor() as cursor:
            cursor.execute(FOR_PSYCOPG, {"actor": user.pk, "action": action, "reason": reason, "statement": self.pk})


class StatementVia(models.Model):
    statement = models.ForeignKey(Statement, models.CASCADE, db_column="statement", related_name="via_rows")
    position = models.SmallIntegerField()
    source = models.ForeignKey(Source, models.PROTECT, db_column="source")

    class Meta:
        managed = False
        db_table = "claims_statementvia"
        ordering = ["position"]

    def __str__(self):
        return str(self.position)


class Dispute(models.Model):
    statement = models.ForeignKey(Statement, models.PROTECT, db_column="statement")
    state = models.CharField(max_length=20)

    class Meta:
        managed = False
        db_table = "claims_dispute"

    def __str__(self):
        return self.state


class Entry(models.Model):
    actor = models.ForeignKey(User, models.PROTECT, db_column="actor")
    action = models.CharField(max_length=40)
    resource = models.CharField(max_length=20)
    resource_id = models.BigIntegerField()
    version = models.IntegerField()
    data = models.JSONField()

    class Meta:
        managed = False
        db_table = "journal_entry"

    def __str__(self):
        return self.action
