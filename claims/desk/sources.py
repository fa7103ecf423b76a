"""What a source said, relayed and contradicted."""

from typing import Any

from claims.models import Dispute, Statement
from factcheck.api.pages import Page, page
from factcheck.journal.diary import diary
from factcheck.journal.models import Entry
from sources.models import Source
from sources.serializers import MergeSerializer

SHOWN = 20


@page("source", "retrieve")
class SourcePage(Page):
    template = "claims/source.html"

    def context(self) -> dict[str, Any]:
        source = self.row
        statements = Statement.objects.for_reading().select_related("article").defer("article__text")
        disputes = Dispute.objects.with_passages().filter(raised_by=source)
        entries = Entry.objects.of("source", source.pk).with_before().order_by("-id")
        return {
            "source": source,
            "said": statements.filter(source=source).order_by("-id")[:SHOWN],
            "relayed": statements.relayed_by(source.pk).order_by("-id")[:SHOWN],
            "contradicted": disputes.order_by("-id")[:SHOWN],
            "parts": Source.objects.filter(part_of=source).order_by("name", "id")[:SHOWN],
            "shown": SHOWN,
            "merge_form": MergeSerializer(context=self.view.get_serializer_context()),
            "timeline": diary(entries[:SHOWN]),
        }
