"""Disputes over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from claims import services
from claims.filters import DisputeFilter
from claims.models import Dispute
from claims.serializers import (
    DisputeSerializer,
    ReasonSerializer,
    ResolveSerializer,
)
from factcheck.api.conditional import Versions
from factcheck.journal.views import HistoryMixin


class DisputeViewSet(HistoryMixin):
    """A source contradicts a statement."""

    serializer_class = DisputeSerializer
    filterset_class = DisputeFilter
    schema_tag = "disputes"
    journal_resource = "dispute"
    as_of_filters = ("statement", "article")
    short_lists = frozenset({"statement", "article"})
    ranges = {"id": (frozenset({"raised_by"}), frozenset({"state"}))}
    queryset = Dispute.objects.for_reading()
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def create_row(self, **fields: Any) -> Dispute:
        return services.open_dispute(actor=self.request.user, **fields)

    def update_row(self, row_id: int, versions: Versions, **fields: Any) -> None:
        services.update_dispute(dispute_id=row_id, versions=versions, actor=self.request.user, **fields)

    def delete_row(self, row_id: int, versions: Versions, reason: str) -> None:
        services.delete_dispute(dispute_id=row_id, versions=versions, actor=self.request.user, reason=reason)

    @extend_schema(request=ResolveSerializer, responses=DisputeSerializer)
    @action(detail=True, methods=["post"], serializer_class=ResolveSerializer)
    def resolve(self, request: Request, pk: int) -> Any:
        return self.act(ResolveSerializer, services.resolve_dispute, "dispute_id")

    @extend_schema(request=ReasonSerializer, responses=DisputeSerializer)
    @action(detail=True, methods=["post"], serializer_class=ReasonSerializer)
    def reopen(self, request: Request, pk: int) -> Any:
        return self.act(ReasonSerializer, services.reopen_dispute, "dispute_id")
