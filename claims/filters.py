import re
from datetime import UTC, date, datetime, time
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import NotAuthenticated

from claims.desk_checks import Code, Severity
from claims.models import Article, Dispute, Evidence, Note, Statement
from claims.models.words import Search
from claims.partial_dates import PARTIAL_DATE, last_day, said_on_fields
from factcheck.api.filters import ChoiceFilter, ChoicesFilter, FlagFilter, IdFilter, RecordedFilter
from factcheck.api.references import MAX_ID
from factcheck.api.roles import is_anonymous
from factcheck.postgres.search import terms_of
from factcheck.web_addresses import NotAWebAddress, web_address
from sources.models import Source


def search_of(request: Any, words: str) -> Search:
    """Read once for a request, since both its filter and the key of its query need it."""
    if getattr(request, "search_words", None) != words:
        request.search_words = words
        request.search = Search.read(terms_of(words.replace("\x00", "")), public=is_anonymous(request))
    return request.search


class SearchedList:
    """A view whose `?q=` looks up names."""

    request: Any

    def filter_key(self) -> Search | None:
        words = self.request.query_params.get("q")
        return search_of(self.request, words) if words else None


class DeskField(forms.CharField):
    def to_python(self, value: Any) -> str | None:
        is_id = re.fullmatch(r"[0-9]{1,19}", value or "") and 1 <= int(value) <= MAX_ID
        if value and value not in ("me", "none") and not is_id:
            raise ValidationError(gettext("Give the id of a user, me, or none."), code="invalid")
        return super().to_python(value)


@extend_schema_field({"type": "string", "pattern": "^(me|none|[0-9]{1,19})$"})
class DeskFilter(django_filters.Filter):
    """By who has it: the id of a user, `me`, or `none`. Not for anonymous callers, who do not see it."""

    field_class = DeskField

    def filter(self, queryset: Any, value: str) -> Any:
        if not value:
            return queryset
        request = self.parent.request
        if is_anonymous(request):
            raise NotAuthenticated
        if value == "none":
            return queryset.filter(desk=None)
        return queryset.filter(desk=request.user.pk if value == "me" else int(value))


class PartialDateField(forms.DateField):
    def __init__(self, *, to_the_end: bool = False, **kwargs: Any):
        self.to_the_end = to_the_end
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        """The first day of a month or a year, or its last one."""
        if not value:
            return None
        try:
            fields = said_on_fields(value)
        except ValueError:
            message = gettext("Give a day, a month or a year, such as 2021-03-05, 2021-03 or 2021.")
            raise ValidationError(message, code="invalid") from None
        return last_day(*fields.values()) if self.to_the_end else fields["said_on"]


@extend_schema_field({"type": "string", "pattern": f"^{PARTIAL_DATE.pattern}$", "examples": ["2021-03-05", "2021"]})
class PartialDateFilter(django_filters.DateFilter):
    field_class = PartialDateField


class BoundaryField(PartialDateField):
    def to_python(self, value: Any) -> datetime | None:
        """The first or the last moment of a day, a month or a year, in UTC."""
        day = super().to_python(value)
        return datetime.combine(day, time.max if self.to_the_end else time(), UTC) if day else None


class BoundaryFilter(PartialDateFilter):
    """By a time."""

    field_class = BoundaryField


class AddressField(forms.CharField):
    """Also one that no article could have, such as with a user name: it is compared without that."""

    default_error_messages = {"invalid": gettext_lazy("Give a web address, such as https://news.example/report.")}

    def clean(self, value: Any) -> Any:
        try:
            web_address(value or "")
        except NotAWebAddress as error:
            if value and error.why in ("scheme", "host", "port"):
                raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        return super().clean(value)


class AddressFilter(django_filters.CharFilter):
    field_class = AddressField


class ArticleFilter(RecordedFilter):
    q = django_filters.CharFilter(method="search", label="Words in title, byline, publisher, address or text")
    url = AddressFilter(method="filter_url", label="At this address, however it is written.")
    publisher = IdFilter(of=Source, field_name="publisher", label="Published by the source with this id.")
    status = ChoicesFilter(choices=Article.Status.choices, label="Only articles with one of these statuses.")
    published_after = BoundaryFilter(
        field_name="published_at",
        lookup_expr="gte",
        label="Published on this day, or in this month or year, or later (UTC).",
    )
    published_before = BoundaryFilter(
        field_name="published_at",
        lookup_expr="lte",
        to_the_end=True,
        label="Published on this day, or in this month or year, or before (UTC).",
    )
    desk = DeskFilter(label="Only articles that this user has: an id, me, or none for those that nobody has.")

    class Meta:
        model = Article
        fields: list[str] = []

    def filter_url(self, queryset, name: str, value: str):
        return queryset.at_address(value)

    def search(self, queryset, name: str, value: str):
        return queryset.found_by(search_of(self.request, value))


class StatementFilter(RecordedFilter):
    article = IdFilter(of=Article, field_name="article", label="In the article with this id.")
    source = IdFilter(of=Source, field_name="source", label="Said by the source with this id.")
    involving = IdFilter(of=Source, method="filter_involving", label="Said or relayed by the source with this id.")
    tag = ChoicesFilter(choices=Statement.Tag.choices, label="Only statements with one of these tags.")
    anchor = ChoicesFilter(
        choices=Statement.Anchor.choices, label="Only statements whose anchor is in one of these states."
    )
    disputed = FlagFilter(method="filter_disputed", label="Has an open dispute")
    said_after = PartialDateFilter(
        field_name="said_on", lookup_expr="gte", label="Said on this day, or in this month or year, or later"
    )
    said_before = PartialDateFilter(
        field_name="said_on",
        lookup_expr="lte",
        to_the_end=True,
        label="Said on this day, or in this month or year, or before",
    )
    q = django_filters.CharFilter(
        method="search", label="Words in the passage, its paraphrase, source, relays, reason or evidence"
    )

    class Meta:
        model = Statement
        fields: list[str] = []

    def filter_involving(self, queryset, name: str, value: int):
        return queryset.involving(value)

    def filter_disputed(self, queryset, name: str, value: bool):
        return queryset.disputed(value)

    def search(self, queryset, name: str, value: str):
        return queryset.found_by(search_of(self.request, value))


class MatchFilter(django_filters.FilterSet):
    tag = ChoicesFilter(choices=Statement.Tag.choices, label="Only statements with one of these tags.")
    article = IdFilter(of=Article, field_name="article", label="In the article with this id.")
    exclude_article = IdFilter(of=Article, field_name="article", exclude=True, label="Not in the article with this id.")
    said_after = PartialDateFilter(
        field_name="said_on", lookup_expr="gte", label="Said on this day, or in this month or year, or later"
    )

    class Meta:
        model = Statement
        fields: list[str] = []


class EvidenceFilter(RecordedFilter):
    article = IdFilter(of=Article, field_name="statement__article", label="In the article with this id.")
    statement = IdFilter(of=Statement, field_name="statement", label="Only what belongs to the statement with this id.")

    class Meta:
        model = Evidence
        fields: list[str] = []


class DisputeFilter(RecordedFilter):
    statement = IdFilter(of=Statement, field_name="statement", label="Only what belongs to the statement with this id.")
    article = IdFilter(of=Article, field_name="statement__article", label="In the article with this id.")
    raised_by = IdFilter(of=Source, field_name="raised_by", label="Raised by the source with this id.")
    state = ChoicesFilter(choices=Dispute.State.choices, label="Only disputes in one of these states.")

    class Meta:
        model = Dispute
        fields: list[str] = []


class NoteFilter(RecordedFilter):
    article = IdFilter(
        of=Article, field_name="article", label="On the article with this id, or on a statement or a dispute in it."
    )
    statement = IdFilter(of=Statement, field_name="statement", label="On the statement with this id.")
    dispute = IdFilter(of=Dispute, field_name="dispute", label="On the dispute with this id.")
    resolved = FlagFilter(field_name="resolved_at", lookup_expr="isnull", exclude=True, label="Resolved")
    proposal = FlagFilter(field_name="tag", lookup_expr="isnull", exclude=True, label="Proposes a tag")

    class Meta:
        model = Note
        fields: list[str] = []


class ArticleCheckFilter(django_filters.FilterSet):
    """For pages. Desk checks are not rows of a table: `findings` filters them."""

    code = ChoiceFilter(choices=[(code.value, code.value.replace("_", " ")) for code in Code])
    severity = ChoiceFilter(choices=[(severity.value, severity.value) for severity in Severity])


class CheckFilter(ArticleCheckFilter):
    article = IdFilter(of=Article)
