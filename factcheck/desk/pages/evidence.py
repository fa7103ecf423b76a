from typing import Any

from claims.models import Evidence
from factcheck.desk.page import Page
from factcheck.desk.timeline import row_timeline


class EvidencePage(Page):
    def context(self) -> dict[str, Any]:
        (evidence,) = self.viewer.fetch(Evidence.objects.select_related("statement__source").filter(pk=self.row.pk))
        return {"evidence": evidence, **row_timeline(self.viewer, "evidence", evidence.pk)}
