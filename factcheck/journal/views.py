from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api.json_types import parse_instant
from factcheck.api.roles import is_anonymous
from factcheck.api.viewsets import RecordedViewSet
from factcheck.errors import FieldError, InvalidInput, Text, Unavailable
from factcheck.journal.as_of import as_of
from factcheck.journal.models import Entry
from factcheck.journal.serializers import HistoryEntrySerializer
from factcheck.postgres.prepared import execute_prepared


class JournaledViewSet(RecordedViewSet):
    """Reads of the past, also for deleted rows: `?as_of=`, and `history/` with the row's entries, newest first."""

    as_of_actions = frozenset({"retrieve"})
    # A list takes `as_of` only together with one of these filters: to rebuild a whole table would take too long.
    as_of_filters: tuple[str, ...] = ()

    @property
    def journal_resource(self) -> str:
        model: Any = self.get_queryset().model
        return model.journal_resource

    def takes_as_of(self) -> bool:
        return self.action in self.as_of_actions or (self.action == "list" and bool(self.as_of_filters))

    def list(self, request: Request) -> Response:
        with self.read_as_of():
            return super().list(request)

    def retrieve(self, request: Request, pk: int) -> Response:
        with self.read_as_of():
            return super().retrieve(request, pk)

    def read_as_of(self) -> AbstractContextManager[None]:
        """Inside the block, queries see the rows as of the requested instant, or the current rows.

        Raises InvalidInput, and NotAuthenticated for an anonymous reader.
        """
        raw = self.request.query_params.get("as_of")
        if raw is None or not self.takes_as_of():
            return nullcontext()
        if self.action == "list" and not any(self.request.query_params.get(name) for name in self.as_of_filters):
            raise _invalid(
                gettext("A list is read as of an instant only with %(filters)s.")
                % {"filters": " or ".join(self.as_of_filters)}
            )
        if is_anonymous(self.request):
            raise NotAuthenticated  # `as_of` reads the journal, which is not public
        instant = _parse_instant(raw)
        _refuse_future(instant)
        return as_of(instant)

    @extend_schema(responses=HistoryEntrySerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None, ordering_fields=("id",), default_ordering="-id")
    def history(self, request: Request, pk: int) -> Response:
        """Read who changed {one}, when and why.

        Newest first, each entry with the fields that it changed. A deleted row keeps its history.
        """
        entries = Entry.objects.of(self.journal_resource, pk)
        if not entries.exists():
            self.get_object()
        page: list[Any] = self.paginate_queryset(self.filter_queryset(entries.with_before())) or []
        return self.get_paginated_response(HistoryEntrySerializer(page, many=True).data)


def _parse_instant(raw: str) -> datetime:
    try:
        return parse_instant(raw)
    except ValueError as error:
        raise _invalid(str(error)) from None


# A standby knows the past up to what it has replayed.
PAST_SQL = """
SELECT %s <= clock_timestamp(), NOT pg_is_in_recovery() OR pg_last_xact_replay_timestamp() >= %s
"""


def _refuse_future(instant: datetime) -> None:
    """By the clock that also sets the entries' times."""
    [(is_past, is_known)] = execute_prepared(PAST_SQL, [instant, instant])
    if not is_past:
        raise _invalid(gettext("This lies in the future."))
    if not is_known:
        raise Unavailable(gettext("The database is a standby, which has not yet come to this moment."))


def _invalid(detail: Text) -> InvalidInput:
    return InvalidInput(f"as_of: {detail}", [FieldError("?as_of", "invalid", detail)])
