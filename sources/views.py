from typing import Any

from factcheck.journal.views import HistoryMixin
from sources import services
from sources.filters import SourceFilter
from sources.models import Source
from sources.serializers import SourceSerializer


class SourceViewSet(HistoryMixin):
    """Who speaks: people, organizations, outlets, documents and accounts."""

    serializer_class = SourceSerializer
    filterset_class = SourceFilter
    journal_resource = "source"
    schema_tag = "sources"
    ordering_fields = ("id", "name")
    queryset = Source.objects.for_reading()

    def create_row(self, **fields: Any) -> Source:
        return services.create_source(actor=self.request.user, **fields)

    def update_row(self, row_id: int, versions: frozenset[int] | None, **fields: Any) -> None:
        services.update_source(source_id=row_id, versions=versions, actor=self.request.user, **fields)

    def delete_row(self, row_id: int, versions: frozenset[int] | None, reason: str) -> None:
        services.delete_source(source_id=row_id, versions=versions, actor=self.request.user, reason=reason)
