import re
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api.json_types import TIME, TIME_ERROR
from factcheck.api.roles import is_public_read
from factcheck.api.viewsets import RecordedViewSet
from factcheck.errors import FieldError, InvalidInput
from factcheck.journal.as_of import as_of
from factcheck.journal.models import Entry
from factcheck.journal.serializers import HistoryEntrySerializer


class HistoryMixin(RecordedViewSet):
    """Reads of the past: `?as_of=`, and `history/`, the row's entries newest first. Both outlive the row."""

    journal_resource: str
    as_of_actions = frozenset({"retrieve"})
    # A list is read as of an instant only under one of these filters: all rows of a table, as they were, are too many.
    as_of_filters: tuple[str, ...] = ()

    def takes_as_of(self) -> bool:
        return self.action in self.as_of_actions or (self.action == "list" and bool(self.as_of_filters))

    def list(self, request: Request) -> Response:
        with self.moment():
            return super().list(request)

    def retrieve(self, request: Request, pk: int) -> Response:
        with self.moment():
            return super().retrieve(request, pk)

    def moment(self) -> AbstractContextManager[None]:
        """The instant that the request asks for, or now. Raises InvalidInput."""
        raw = self.request.query_params.get("as_of")
        if raw is None or not self.takes_as_of():
            return nullcontext()
        if self.action == "list" and not any(self.request.query_params.get(name) for name in self.as_of_filters):
            raise _bad(f"A list is read as of an instant only with {' or '.join(self.as_of_filters)}.")
        if is_public_read(self.request):
            raise NotAuthenticated  # the past is read from the journal
        moment = _instant(raw)
        if moment > _now():
            raise _bad("This lies in the future.")
        return as_of(moment)

    @extend_schema(responses=HistoryEntrySerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None, ordering_fields=("id",))
    def history(self, request: Request, pk: int) -> Response:
        """Read who changed {one}, when and why.

        Newest first, each entry with the fields that it changed. A deleted row keeps its history.
        """
        entries = Entry.objects.of(self.journal_resource, pk)
        if not entries.exists():
            self.get_object()
        page: list[Any] = self.paginate_queryset(self.filter_queryset(entries.with_before())) or []
        return self.get_paginated_response(HistoryEntrySerializer(page, many=True).data)


def _instant(raw: str) -> datetime:
    # A plus sign that nobody escaped arrives as a space.
    text = re.sub(r" ([0-9]{2}:[0-9]{2})$", r"+\1", raw)
    try:
        if not TIME.fullmatch(text):
            raise ValueError
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _bad(TIME_ERROR) from None


def _now() -> datetime:
    """The database's clock: it is the one that stamps the entries."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def _bad(detail: str) -> InvalidInput:
    return InvalidInput(f"as_of: {detail}", [FieldError("?as_of", "invalid", detail)])
