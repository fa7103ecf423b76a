"""What a source said, relayed and contradicted."""

from typing import Any

from claims.models import Dispute, Statement
from factcheck.desk.history import row_timeline
from factcheck.desk.page import Page
from sources.models import Source
from sources.serializers import MergeSerializer

SHOWN = 20


class SourcePage(Page):
    template = "desk/sources/source_detail.html"
    is_public_page = True

    def context(self) -> dict[str, Any]:
        source = self.row
        statements = Statement.objects.for_reading().select_related("article").defer("article__text")
        disputes = Dispute.objects.with_passages().filter(raised_by=source)
        read = self.viewer.fetch
        return {
            "source": source,
            "said": read(statements.filter(source=source).order_by("-id"), SHOWN),
            "relayed": read(statements.relayed_by(source.pk).order_by("-id"), SHOWN),
            "contradicted": read(disputes.order_by("-id"), SHOWN),
            "parts": read(Source.objects.filter(part_of=source).order_by("name", "id"), SHOWN),
            "shown": SHOWN,
            "merge_form": MergeSerializer(context=self.view.get_serializer_context()),
            **row_timeline(self.viewer, "source", source.pk, SHOWN),
        }
