"""The start page, and the answer for health checks."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from claims.models import Article

RESOURCES = ("articles", "statements", "disputes", "evidence", "sources", "tokens", "docs")


@method_decorator(never_cache, name="dispatch")
class StartPage(LoginRequiredMixin, TemplateView):
    template_name = "api/start.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        recent: Any = Article.objects.for_reading().defer("text").order_by("-id")[:20]
        articles = [
            {
                "id": article.pk,
                "title": article.title,
                "status": article.status,
                "tags": article.tags,
                "open_disputes": article.open_disputes,
                "url": reverse("article-detail", args=[article.pk]),
            }
            for article in recent
        ]
        endpoints = [(name, f"/api/v1/{name}/") for name in RESOURCES]
        return super().get_context_data(articles=articles, endpoints=endpoints, **kwargs)


def health(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:  # whatever keeps the database from answering makes this worker unhealthy
        return HttpResponse(status=503)
    return HttpResponse("ok\n", content_type="text/plain")
