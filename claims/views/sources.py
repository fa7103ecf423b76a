"""The merge of two sources. It is here because it changes the statements, articles and disputes that refer to them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from claims.services.merging import merge_source
from claims.views.export import ExportMixin
from sources import views
from sources.serializers import MergeSerializer, SourceSerializer


class SourceViewSet(ExportMixin, views.SourceViewSet):
    __doc__ = views.SourceViewSet.__doc__

    @extend_schema(request=MergeSerializer, responses=SourceSerializer)
    @action(detail=True, methods=["post"], conditional=True, serializer_class=MergeSerializer)
    def merge(self, request: Request, pk: int) -> Any:
        """Merge a source into another.

        For two records of the same source. Answers with the one that stays.
        """
        row_id, versions = self.row_id(), self.versions()
        serializer = MergeSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        into = merge_source(source_id=row_id, versions=versions, actor=request.user, **serializer.validated_data)
        return self.write_response(into.pk)
