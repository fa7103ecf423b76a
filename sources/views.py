from typing import Any

from django.http import Http404, HttpResponsePermanentRedirect
from rest_framework.request import Request

from factcheck.api.roles import is_anonymous
from factcheck.errors import Versions
from factcheck.journal.views import JournaledViewSet
from sources import services
from sources.filters import SourceFilter
from sources.models import Source, SourceRedirect
from sources.serializers import SourceSerializer


class SourceViewSet(JournaledViewSet):
    """Sources: people, organizations, outlets, documents and accounts."""

    serializer_class = SourceSerializer
    filterset_class = SourceFilter
    schema_tag = "sources"
    noun = "a source"
    ordering_fields = ("id", "name", "updated_at")
    selective_filters = frozenset({"ids", "same_as"})
    index_ordered_filters = {
        "id": (frozenset({"kind"}), frozenset({"part_of"}), frozenset({"anonymous"})),
        "updated_at": (frozenset({"updated_since"}),),
    }
    redirecting_actions = frozenset({"retrieve"})
    queryset = Source.objects.for_reading()

    def retrieve(self, request: Request, pk: int) -> Any:
        """Read a source.

        A source that was merged into another one answers 301 with the address of that one. Anonymous readers are told
        only when something that came with it is published; so it is with its names.
        """
        try:
            return super().retrieve(request, pk)
        except Http404:
            redirects = SourceRedirect.objects.filter(pk=pk)
            redirect = (redirects.public() if is_anonymous(request) else redirects).first()
            if redirect is None or "as_of" in request.query_params:
                raise
            return HttpResponsePermanentRedirect(self.address(redirect.into_id))

    def perform_create(self, **fields: Any) -> Source:
        return services.create_source(actor=self.request.user, **fields)

    def perform_update(self, row_id: int, versions: Versions, **fields: Any) -> None:
        services.update_source(source_id=row_id, versions=versions, actor=self.request.user, **fields)

    def perform_destroy(self, row_id: int, versions: Versions, reason: str) -> None:
        services.delete_source(source_id=row_id, versions=versions, actor=self.request.user, reason=reason)
