"""What a source said, relayed and contradicted."""

from typing import Any

from claims.models import Dispute, Statement
from factcheck.desk.history import timeline_of
from factcheck.desk.page import Page
from sources.models import Source
from sources.serializers import MergeSerializer

SHOWN = 20


class SourcePage(Page):
    template = "desk/sources/source.html"
    is_for_strangers = True

    def context(self) -> dict[str, Any]:
        source = self.row
        statements = Statement.objects.for_reading().select_related("article").defer("article__text")
        disputes = Dispute.objects.with_passages().filter(raised_by=source)
        read = self.reader.read
        return {
            "source": source,
            "said": read(statements.filter(source=source).order_by("-id"), SHOWN),
            "relayed": read(statements.relayed_by(source.pk).order_by("-id"), SHOWN),
            "contradicted": read(disputes.order_by("-id"), SHOWN),
            "parts": read(Source.objects.filter(part_of=source).order_by("name", "id"), SHOWN),
            "shown": SHOWN,
            "merge_form": MergeSerializer(context=self.view.get_serializer_context()),
            **timeline_of(self.reader, "source", source.pk, SHOWN),
        }
