"""What the type-ahead of a field for a source offers, as JSON for `static/desk/chooser.js`."""

from typing import Any

from django.http import HttpRequest, JsonResponse

from claims.models import Statement
from factcheck.api.named_references import MAX_NAME_LENGTH, is_number
from factcheck.desk.page_view import DeskView
from sources.models import Source

MAX_CHOICES = 12


class SourceChoices(DeskView):
    """`?q=` the sources with similar names, `?name=` those called nearly so; with `?article=` its own come first."""

    is_public = True
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        rows = self.viewer.visible(Source.objects.for_reading())
        typed, name, article = (self._parameter(key) for key in ("q", "name", "article"))
        own = self._source_ids(int(article)) if is_number(article) else set()
        if name:
            found = rows.nearly_called(name, MAX_CHOICES)
        elif typed:
            found = rows.similar_to(typed, MAX_CHOICES, own)
        else:
            found = rows.filter(pk__in=own).order_by("name")[:MAX_CHOICES]
        return JsonResponse({"results": [_choice(self.viewer.redact(row)) for row in found]})

    def _source_ids(self, article: int) -> set[int]:
        return self.viewer.visible(Statement.objects.filter(article=article)).source_ids()

    def _parameter(self, name: str) -> str:
        return self.request.GET.get(name, "").replace("\x00", "").strip()[:MAX_NAME_LENGTH]


def _choice(row: Source) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "details": row.details}
