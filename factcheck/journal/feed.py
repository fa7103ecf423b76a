"""The journal as a feed to be polled: oldest first, and no reader misses an entry."""

import re
from typing import Any, NamedTuple

import django_filters
from django.db.models import F
from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from factcheck.api.addresses import absolute_address
from factcheck.api.base import BaseView
from factcheck.api.filters import ChoiceFilter, IdFilter, UserFilter
from factcheck.api.pagination import PAGE_SIZE_SCHEMA, RowComparison, link_header, page_size_of
from factcheck.api.roles import Role, role_of
from factcheck.errors import Gone, InvalidInput
from factcheck.journal.epoch import first_open_transaction
from factcheck.journal.models import Entry, Place
from factcheck.journal.seal.views import SealMixin
from factcheck.journal.serializers import EntrySerializer
from factcheck.journal.stream.listeners import Channel
from factcheck.journal.stream.response import (
    EVENT_ID,
    LAST_EVENT_ID,
    NOW,
    START,
    EventStream,
    EventStreamRenderer,
    event_stream,
)
from factcheck.postgres.bounded_page import AfterCursor, bounded_page


class FeedPage(NamedTuple):
    """Of the feed: entries, the place to go on from, and whether there is more now."""

    entries: list[Entry]
    last: Place
    more: bool


class AfterFilter(django_filters.FilterSet):
    article = IdFilter(of="claims.Article", field_name="article", label="In the article with this id.")
    after = django_filters.CharFilter(method="read_by_view", label="The cursor of the last answer, or `now`")

    class Meta:
        model = Entry
        fields: list[str] = []

    def read_by_view(self, queryset: Any, name: str, value: str) -> Any:
        """Declared here only to be a known parameter: the view itself reads `after`."""
        return queryset


class FeedFilter(AfterFilter):
    resource = ChoiceFilter(
        choices=[(name, name) for name in ("source", "article", "statement", "evidence", "dispute", "note", "user")],
        label="Only entries about rows of this kind. Those about users are for admins.",
    )
    actor = UserFilter(field_name="actor", label="Written by the user with this id.")


@extend_schema_serializer(many=False)
class FeedSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(
        allow_null=True, help_text="The next page if there are more entries now, otherwise null."
    )
    previous = serializers.URLField(allow_null=True, help_text="Always null: the feed runs forwards.")
    cursor = serializers.CharField(help_text="Send it as `after` to get the entries that follow. It does not expire.")
    results = EntrySerializer(many=True)


class FeedView(BaseView, GenericViewSet[Entry]):
    """A feed whose cursor is the place (transaction, id) of an entry."""

    pagination_class = None
    more_problems = frozenset({410})
    queryset = Entry.objects.all()

    @property
    def is_replicated(self) -> bool:  # type: ignore[override]
        return self.action == "list"

    def list(self, request: Request) -> Response:
        size, end = page_size_of(request), first_open_transaction()
        after = self.place_of(request.query_params.get("after") or START, end)
        found = self.read_after(after, end, size)
        following = None
        if found.more:
            parameters = request.query_params.copy()
            parameters["after"] = cursor_of(found.last)
            following = f"{absolute_address(request, f'{self.basename}-list')}?{parameters.urlencode()}"
        results = self.get_serializer(found.entries, many=True).data
        page = {"next": following, "previous": None, "cursor": cursor_of(found.last), "results": results}
        return Response(page, headers=link_header(next=following))

    def place_of(self, cursor: str, end: int) -> Place:
        """Raises InvalidInput for what is no cursor, and Gone for one of an entry that the journal does not have."""
        if cursor == NOW:
            settled = Entry.objects.filter(transaction__lt=end).order_by("-transaction", "-id")
            return settled.values_list("transaction", "id").first() or (0, 0)
        if not re.fullmatch(EVENT_ID, cursor):
            raise InvalidInput.parameter(
                "after", "invalid", gettext("This is not a cursor. Take it from `cursor` of an earlier answer.")
            )
        transaction, entry = map(int, cursor.split("-"))
        if cursor != START and not Entry.objects.filter(transaction=transaction, pk=entry).exists():
            raise Gone(
                gettext("This cursor is of an entry that the journal does not have. Read it again from the beginning.")
            )
        return transaction, entry

    def read_after(self, after: Place, end: int, size: int) -> FeedPage:
        """At most `size` entries behind the place, and before the transaction `end`."""
        raise NotImplementedError


def cursor_of(place: Place) -> str:
    return "{}-{}".format(*place)


WHOLE_JOURNAL = Channel(Entry.objects.all, EntrySerializer)


class JournalViewSet(SealMixin, FeedView):
    """Who changed what, when and why."""

    serializer_class = EntrySerializer
    filterset_class = FeedFilter
    schema_tag = "journal"
    lookup_value_converter = "int"

    def get_queryset(self) -> Any:
        """Who may do what in the newsroom is for admins."""
        entries = super().get_queryset()
        return entries if role_of(self.request.user) >= Role.ADMIN else entries.exclude(resource="user")

    @extend_schema(
        responses=FeedSerializer,
        parameters=[OpenApiParameter("page_size", PAGE_SIZE_SCHEMA, description="Entries in one answer.")],
    )
    def list(self, request: Request) -> Response:
        """List the journal, oldest first.

        No entry is ever skipped: ask again with `after`, the `cursor` of the last answer, for as long as you like.
        With `after=now` the answer is empty, and has the cursor from which to go on.

        A cursor of an entry that this journal does not have is 410. That happens after a failover or a restore that
        lost the last entries; read again from the beginning, and set aside the entries that you have. Until an operator
        has confirmed such a change, the answer is 503.
        """
        return super().list(request)

    @extend_schema(
        responses={(200, EventStreamRenderer.media_type): OpenApiTypes.STR}, parameters=[LAST_EVENT_ID], filters=True
    )
    @action(detail=False, streamed=True, needs_primary=True, renderer_classes=[EventStreamRenderer])
    def stream(self, request: Request) -> EventStream:
        """Listen to the journal.

        Server-sent events: `data` is one entry, as in the list, and `id` its cursor. Events have no name, so
        `EventSource.onmessage` hears them. The stream begins now, or behind `after`; after an interruption behind
        `Last-Event-ID`, without gap or repetition. A comment every 15 seconds keeps the connection open.

        What you may see is judged at each event. When your access ends, the stream does, at the latest at the next
        comment. A client that takes more than 10 seconds for what is sent is cut off, and may connect again.
        """
        return event_stream(self, WHOLE_JOURNAL)

    def read_after(self, after: Place, end: int, size: int) -> FeedPage:
        def after_cursor(rows: Any, key: Any) -> Any:
            return rows.filter(RowComparison(key, ">", *after), transaction__lt=end)

        rows = list(self.entries(after_cursor, reverse=False, size=size + 1))
        more, rows = len(rows) > size, rows[:size]
        return FeedPage(rows, rows[-1].place if rows else after, more)

    def entries(self, after_cursor: AfterCursor, *, reverse: bool, size: int) -> Any:
        """The first `size` entries that pass the filter and come after the cursor."""
        whole = self.get_queryset()
        found = self.filter_queryset(whole)
        filters = {name: self.request.query_params.get(name) for name in ("resource", "article", "actor")}
        # Most entries are about statements, so that filter needs no index.
        given = {name: value for name, value in filters.items() if value and (name, value) != ("resource", "statement")}
        # An index has the entries of each value of these two in the feed's order.
        ordered = [{name: given[name]} for name in ("resource", "actor") if name in given]
        if not given or given in ordered:
            order = ("-transaction", "-id") if reverse else ("transaction", "id")
            return after_cursor(found, F("transaction")).order_by(*order)[:size]
        scanned = Entry.objects.filter(**next(iter(ordered), {}))
        return bounded_page(
            whole, found, F("transaction"), reverse=reverse, size=size, after_cursor=after_cursor, scanned=scanned
        )
