"""What changed in published articles, as a feed to be polled by anybody."""

from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims.models import Article
from factcheck.api.filters import ChoiceFilter
from factcheck.api.pagination import PAGE_SIZE_SCHEMA, RowComparison
from factcheck.journal.feed import AfterFilter, FeedPage, FeedSerializer, FeedView
from factcheck.journal.models import Entry, Place
from factcheck.journal.stream.listeners import Channel
from factcheck.journal.stream.response import LAST_EVENT_ID, EventStream, EventStreamRenderer, event_stream
from factcheck.postgres.bounded_page import ExistsPerRow
from sources.models import Source

SCANNED = 2_000  # entries that one answer looks at: most may be about drafts
IN_ARTICLES = ["article", "statement", "evidence", "dispute"]


class ChangeSerializer(serializers.ModelSerializer[Entry]):
    class Meta:
        model = Entry
        fields = ["id", "at", "action", "resource", "resource_id", "version", "article"]
        read_only_fields = fields


class ChangeFilter(AfterFilter):
    resource = ChoiceFilter(
        choices=[(name, name) for name in ("source", *IN_ARTICLES)], label="Only changes of rows of this kind."
    )


@extend_schema_serializer(many=False)
class ChangesSerializer(FeedSerializer):
    next = serializers.URLField(
        allow_null=True, help_text="Not null while there is more to read, also when this page has no rows."
    )
    results = ChangeSerializer(many=True)  # type: ignore[assignment]


def public_entries_without_data() -> QuerySet[Entry]:
    return public_entries(Entry.objects.defer("data"))


PUBLIC_CHANGES = Channel(public_entries_without_data, ChangeSerializer)


class ChangeViewSet(FeedView):
    """Signed-in callers get the same as anonymous ones."""

    serializer_class = ChangeSerializer
    filterset_class = ChangeFilter
    has_public_reads = True
    schema_tag = "feeds"

    @extend_schema(
        operation_id="feeds_changes_list",
        responses=ChangesSerializer,
        parameters=[OpenApiParameter("page_size", PAGE_SIZE_SCHEMA, description="Changes in one answer.")],
    )
    def list(self, request: Request) -> Response:
        """List what changed in published articles, oldest first.

        For pages and caches that follow what is published: read the row anew when it is named here. A row that was
        deleted or is no longer published answers 404. Changes of an article are listed from its publication on, and
        while it is published; those of sources, while something published names them.

        Ask again with `after`, the `cursor` of the last answer, for as long as you like; begin with `after=now`. A page
        can be empty although `next` is not null. A cursor that is not of this journal is 410: read the lists again.
        """
        return super().list(request)

    @extend_schema(
        operation_id="feeds_changes_stream",
        responses={(200, EventStreamRenderer.media_type): OpenApiTypes.STR},
        parameters=[LAST_EVENT_ID],
        filters=True,
    )
    @action(detail=False, streamed=True, needs_primary=True, renderer_classes=[EventStreamRenderer])
    def stream(self, request: Request) -> EventStream:
        """Listen to what changes in published articles.

        Server-sent events: `data` is one change, as in the list, and `id` its cursor. Events have no name, so
        `EventSource.onmessage` hears them. The stream begins now, or behind `after`; after an interruption behind
        `Last-Event-ID`, without gap or repetition. A comment every 15 seconds keeps the connection open.

        What is public is judged at each event: those of an article end when it is withdrawn. A client that takes more
        than 10 seconds for what is sent is cut off, and may connect again.
        """
        return event_stream(self, PUBLIC_CHANGES)

    def get_queryset(self) -> Any:
        return public_entries(super().get_queryset())

    def read_after(self, after: Place, end: int, size: int) -> FeedPage:
        behind = RowComparison(F("transaction"), ">", *after)
        in_order = Entry.objects.order_by("transaction", "id").filter(behind, transaction__lt=end)
        places = list(in_order.values_list("transaction", "id")[: SCANNED + 1])
        if not places:
            return FeedPage([], after, False)
        more, last = len(places) > SCANNED, places[:SCANNED][-1]
        scanned = self.get_queryset().filter(behind, RowComparison(F("transaction"), "<=", *last))
        rows = list(self.filter_queryset(scanned).order_by("transaction", "id").defer("data")[: size + 1])
        if len(rows) > size:
            rows, more = rows[:size], True
            last = rows[-1].place
        return FeedPage(rows, last, more)


def public_entries(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Those about what strangers see: of a published article, since it was last published, and of sources."""
    published = Entry.objects.filter(resource="article", resource_id=OuterRef("article"), action="article.published")
    in_published = Q(
        ExistsPerRow(Article.objects.filter(pk=OuterRef("article"), status="published")),
        resource__in=IN_ARTICLES,
        pk__gte=Subquery(published.order_by("-version").values("pk")[:1]),
    )
    of_source = Q(ExistsPerRow(Source.objects.public().filter(pk=OuterRef("resource_id"))), resource="source")
    return entries.filter(in_published | of_source)
