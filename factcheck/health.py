"""The answer for health checks."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views import View


class Health(View):
    """200 when the database answers, else 503."""

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Exception:  # any failure to reach the database makes this worker unhealthy
            return HttpResponse(status=503)
        return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})
