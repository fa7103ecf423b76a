import logging
import re
from collections.abc import Callable
from typing import Any

from corsheaders.middleware import CorsMiddleware
from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.http import escape_leading_slashes

from factcheck.api.problems import (
    CONTENT_TYPE,
    UNAVAILABLE_DETAIL,
    UNAVAILABLE_HEADERS,
    document,
    is_unavailable,
)
from factcheck.api.renderers import dump

logger = logging.getLogger("factcheck.problems")

GetResponse = Callable[[HttpRequest], HttpResponseBase]

DETAILS = {
    400: "The request could not be understood.",
    403: "The request was refused. If you sent a form, reload its page and send it again.",
    404: "There is nothing at this address, or nothing that you may see.",
    429: "Too many attempts. Wait, then try again.",
    413: f"The body is larger than {settings.MAX_BODY_BYTES} bytes, which is the limit. Send less at a time.",
    503: UNAVAILABLE_DETAIL,
}


OF_THE_BODY = {"Content-Type", "Content-Length", "Content-Encoding", "Content-Language", "ETag", "Last-Modified"}


class ProblemMiddleware:
    """Turns the error pages that Django itself answers (unknown URL, bad host, CSRF, crash) into problems.

    With DEBUG on, handler404 and its kin are never called, so this cannot be done in the URL configuration.
    """

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < 400 or hasattr(response, "accepted_renderer") or hasattr(response, "is_problem"):
            return response
        if self._is_debug_page(request, response) or request.path.startswith("/admin/"):
            return response
        return self.problem_response(request, response)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The database can also fail under a page that is not DRF's, or while DRF renders one, its error page too."""
        if not is_unavailable(exception):
            return None
        logger.error("The database does not answer: %s", exception)
        return HttpResponse(UNAVAILABLE_DETAIL, status=503, headers=UNAVAILABLE_HEADERS, content_type="text/plain")

    def problem_response(self, request: HttpRequest, original: HttpResponseBase) -> HttpResponse:
        problem = document(original.status_code, detail=DETAILS.get(original.status_code, ""))
        response = self.render(request, problem, original)
        for name, value in original.headers.items():
            if name not in OF_THE_BODY:  # what other middleware said of the answer still holds of it
                response.headers[name] = value
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers["Content-Length"] = str(len(response.content))
        patch_vary_headers(response, ["Accept"])
        response.cookies = original.cookies
        return response

    def render(self, request: HttpRequest, problem: dict[str, Any], original: HttpResponseBase) -> HttpResponse:
        return HttpResponse(dump(problem), status=original.status_code, content_type=CONTENT_TYPE)

    @staticmethod
    def _is_debug_page(request: HttpRequest, response: HttpResponseBase) -> bool:
        return settings.DEBUG and response.status_code == 500 and not request.path.startswith("/api/")


class ContentPolicyMiddleware(CSPMiddleware):
    """The settings' policy for pages. Whatever else we answer may do nothing at all, opened in a browser."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith("text/html"):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, "default-src 'none'; frame-ancestors 'none'")
        return response


class CrossOriginMiddleware(CorsMiddleware):
    """Costs nothing where no other origin is allowed, as in most newsrooms."""

    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if settings.CORS_ALLOWED_ORIGINS else self.get_response(request)


class BodyLimitMiddleware:
    """Refuses a large body by its declared length, before anything reads it.

    DRF reads the stream itself, past Django's DATA_UPLOAD_MAX_MEMORY_SIZE. A chunked body carries no length
    and WSGI gives it to Django as empty, so it is refused too.
    """

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not re.fullmatch(r"[0-9]{1,18}", length):
            return HttpResponse(status=400)
        if int(length) > settings.MAX_BODY_BYTES:
            return HttpResponse(status=413)
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            return HttpResponse(status=411)
        return self.get_response(request)


class MovedWithItsMethod(HttpResponsePermanentRedirect):
    status_code = 308


class SlashMiddleware(CommonMiddleware):
    """Sends an address without its last slash on to the one with it.

    By 308, which repeats the method and the body. Django's 301 would make a GET of a POST, which answers 200 and has
    written nothing; with DEBUG it raises an exception.
    """

    response_redirect_class = MovedWithItsMethod

    def get_full_path_with_slash(self, request: HttpRequest) -> str:
        return escape_leading_slashes(request.get_full_path(force_append_slash=True))
