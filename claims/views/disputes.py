"""The endpoints of disputes."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from claims.filters import DisputeFilter
from claims.models import Dispute
from claims.serializers import DisputeSerializer, ResolveSerializer
from claims.services.disputes import delete_dispute, open_dispute, reopen_dispute, resolve_dispute, update_dispute
from claims.views.export import OF_STATEMENT, ExportMixin
from factcheck.api.fields import ReasonSerializer
from factcheck.errors import Versions
from factcheck.journal.views import JournaledViewSet


class DisputeViewSet(ExportMixin, JournaledViewSet):
    """Disputes: a source contradicts a statement."""

    serializer_class = DisputeSerializer
    filterset_class = DisputeFilter
    schema_tag = "disputes"
    noun = "a dispute"
    more_columns = OF_STATEMENT
    as_of_filters = ("statement", "article")
    selective_filters = frozenset({"ids", "statement", "article"})
    ordering_fields = ("id", "updated_at")
    index_ordered_filters = {
        "id": (frozenset({"raised_by"}), frozenset({"state"})),
        "updated_at": (frozenset({"updated_since"}),),
    }
    queryset = Dispute.objects.for_reading()
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def create(self, request: Request) -> Any:
        """Open a dispute.

        Answers with the stored row, its address in `Location` and its `ETag`.
        """
        return super().create(request)

    def perform_create(self, **fields: Any) -> Dispute:
        return open_dispute(actor=self.request.user, **fields)

    def perform_update(self, row_id: int, versions: Versions, **fields: Any) -> None:
        update_dispute(dispute_id=row_id, versions=versions, actor=self.request.user, **fields)

    def perform_destroy(self, row_id: int, versions: Versions, reason: str) -> None:
        delete_dispute(dispute_id=row_id, versions=versions, actor=self.request.user, reason=reason)

    @extend_schema(responses=DisputeSerializer)
    @action(detail=True, methods=["post"], conditional=True, serializer_class=ResolveSerializer)
    def resolve(self, request: Request, pk: int) -> Any:
        """Resolve a dispute.

        With its outcome and the reason. With `tag`, the statement is tagged in the same transaction.
        """
        return self.run_action(resolve_dispute)

    @extend_schema(responses=DisputeSerializer)
    @action(detail=True, methods=["post"], conditional=True, serializer_class=ReasonSerializer)
    def reopen(self, request: Request, pk: int) -> Any:
        """Reopen a dispute.

        Its outcome is removed; the journal keeps it.
        """
        return self.run_action(reopen_dispute)
