"""The endpoints of evidence."""

from typing import Any

from claims.filters import EvidenceFilter
from claims.models import Evidence
from claims.serializers import EvidenceSerializer
from claims.services.evidence import create_evidence, delete_evidence, update_evidence
from claims.views.export import OF_STATEMENT, ExportMixin
from factcheck.errors import Versions
from factcheck.journal.views import JournaledViewSet


class EvidenceViewSet(ExportMixin, JournaledViewSet):
    """What supports or refutes a statement, or puts it in context."""

    serializer_class = EvidenceSerializer
    filterset_class = EvidenceFilter
    schema_tag = "evidence"
    noun = "a piece of evidence"
    more_columns = OF_STATEMENT
    as_of_filters = ("statement", "article")
    selective_filters = frozenset({"ids", "statement", "article"})
    ordering_fields = ("id", "updated_at")
    index_ordered_filters = {"updated_at": (frozenset({"updated_since"}),)}
    queryset = Evidence.objects.all()

    def perform_create(self, **fields: Any) -> Evidence:
        return create_evidence(actor=self.request.user, **fields)

    def perform_update(self, row_id: int, versions: Versions, **fields: Any) -> None:
        update_evidence(evidence_id=row_id, versions=versions, actor=self.request.user, **fields)

    def perform_destroy(self, row_id: int, versions: Versions, reason: str) -> None:
        delete_evidence(evidence_id=row_id, versions=versions, actor=self.request.user, reason=reason)
