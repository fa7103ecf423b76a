from typing import Any

from claims.models import Dispute, Statement
from factcheck.desk.page import Page
from factcheck.desk.pictures.over_time import source_picture
from factcheck.desk.timeline import row_timeline
from sources.models import Source
from sources.serializers import MergeSerializer

MAX_ROWS = 20  # in each section; the lists have all


class SourcePage(Page):
    """What a source said, relayed and contradicted."""

    def context(self) -> dict[str, Any]:
        source = self.row
        statements = Statement.objects.for_reading().select_related("article").defer("article__text").order_by("-id")
        disputes = Dispute.objects.with_passages().filter(raised_by=source).order_by("-id")
        members = Source.objects.filter(part_of=source).order_by("name", "id")
        return {
            "source": source,
            "said": self.viewer.fetch(statements.filter(source=source), MAX_ROWS),
            "relayed": self.viewer.fetch(statements.relayed_by(source.pk), MAX_ROWS),
            "contradicted": self.viewer.fetch(disputes, MAX_ROWS),
            "members": self.viewer.fetch(members, MAX_ROWS),
            "max_rows": MAX_ROWS,
            "picture": source_picture(source, self.viewer),
            "merge_form": MergeSerializer(context=self.view.get_serializer_context()),
            **row_timeline(self.viewer, "source", source.pk, MAX_ROWS),
        }
