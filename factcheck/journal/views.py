from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api.viewsets import RecordedViewSet
from factcheck.journal.models import Entry
from factcheck.journal.serializers import HistoryEntrySerializer


class HistoryMixin(RecordedViewSet):
    """`history/`: the row's journal entries, newest first. It outlives the row."""

    journal_resource: str

    @extend_schema(responses=HistoryEntrySerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None, ordering_fields=("id",))
    def history(self, request: Request, pk: int) -> Response:
        entries = Entry.objects.of(self.journal_resource, pk)
        if not entries.exists():
            self.get_object()
        page: list[Any] = self.paginate_queryset(self.filter_queryset(entries.with_before())) or []
        return self.get_paginated_response(HistoryEntrySerializer(page, many=True).data)
