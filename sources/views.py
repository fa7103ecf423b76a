from typing import Any

from django.http import Http404, HttpResponsePermanentRedirect
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from factcheck.journal.views import HistoryMixin
from sources import services
from sources.filters import SourceFilter
from sources.models import Source, SourceRedirect
from sources.serializers import MergeSerializer, SourceSerializer


class SourceViewSet(HistoryMixin):
    """Who speaks: people, organizations, outlets, documents and accounts."""

    serializer_class = SourceSerializer
    filterset_class = SourceFilter
    journal_resource = "source"
    schema_tag = "sources"
    ordering_fields = ("id", "name")
    ranges = {"id": (frozenset({"kind"}), frozenset({"part_of"}), frozenset({"anonymous"}))}
    moving_actions = frozenset({"retrieve"})
    queryset = Source.objects.for_reading()

    def retrieve(self, request: Request, pk: int) -> Any:
        """A source that was merged into another answers 301, with the other's address."""
        try:
            return super().retrieve(request, pk)
        except Http404:
            redirect = SourceRedirect.objects.filter(pk=pk, into__in=self.get_queryset()).first()
            if redirect is None or "as_of" in request.query_params:
                raise
            return HttpResponsePermanentRedirect(self.address(redirect.into_id))

    @extend_schema(request=MergeSerializer, responses=SourceSerializer)
    @action(detail=True, methods=["post"], serializer_class=MergeSerializer)
    def merge(self, request: Request, pk: int) -> Any:
        """Makes one of two records of the same source; answers the one that stays."""
        row_id, versions = self.row_id(), self.versions()
        serializer = MergeSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        into = services.merge_source(
            source_id=row_id, versions=versions, actor=request.user, **serializer.validated_data
        )
        return self.answer(into.pk)

    def create_row(self, **fields: Any) -> Source:
        return services.create_source(actor=self.request.user, **fields)

    def update_row(self, row_id: int, versions: frozenset[int] | None, **fields: Any) -> None:
        services.update_source(source_id=row_id, versions=versions, actor=self.request.user, **fields)

    def delete_row(self, row_id: int, versions: frozenset[int] | None, reason: str) -> None:
        services.delete_source(source_id=row_id, versions=versions, actor=self.request.user, reason=reason)
