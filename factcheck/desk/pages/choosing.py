"""What the type-ahead of a field for a source offers, as JSON for `static/desk/chooser.js`."""

from typing import Any

from django.http import HttpRequest, JsonResponse

from claims.models import Statement
from factcheck.api.named_references import MAX_NAME_LENGTH, is_number
from factcheck.desk.page_view import DeskView
from sources.models import Source

MAX_CHOICES = 12
RECENT_STATEMENTS = 50  # whose sources were used recently


class SourceChoices(DeskView):
    """`?q=` the sources with similar names, `?name=` those called nearly so; without either, those of `?article=` and
    those that were named last."""

    is_public = True
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        rows = self.viewer.visible(Source.objects.for_reading())
        typed, name, article = (self._parameter(key) for key in ("q", "name", "article"))
        own = self._source_ids(article=int(article)) if is_number(article) else set()
        recent = self._source_ids(pk__in=Statement.objects.order_by("-pk").values("pk")[:RECENT_STATEMENTS])
        if name:
            found = rows.nearly_called(name, MAX_CHOICES)
        elif typed:
            found = rows.similar_to(typed, MAX_CHOICES, own, recent)
        else:
            used = rows.filter(pk__in=own | recent)
            found = sorted(used, key=lambda row: (row.pk not in own, row.name, row.pk))[:MAX_CHOICES]
        return JsonResponse({"results": [_choice(self.viewer.redact(row)) for row in found]})

    def _source_ids(self, **which: Any) -> set[int]:
        return self.viewer.visible(Statement.objects.filter(**which)).source_ids()

    def _parameter(self, name: str) -> str:
        return self.request.GET.get(name, "").replace("\x00", "").strip()[:MAX_NAME_LENGTH]


def _choice(row: Source) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "details": row.details}
