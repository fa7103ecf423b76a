import logging
import re
import secrets
from collections.abc import Callable
from typing import Any

from corsheaders.middleware import CorsMiddleware
from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.http import escape_leading_slashes
from django.utils.translation import gettext_lazy

from factcheck.api.conditional import has_credentials, share
from factcheck.api.languages import activate_language_of_problem
from factcheck.api.problems import (
    CONTENT_TYPE,
    UNAVAILABLE_DETAIL,
    UNAVAILABLE_HEADERS,
    is_unavailable,
    log_unavailable,
    problem_document,
    unavailable_detail,
    wants_page,
)
from factcheck.api.renderers import dump
from factcheck.logs import request_id
from factcheck.postgres.transactions import begin_request

logger = logging.getLogger("factcheck.problems")

GetResponse = Callable[[HttpRequest], HttpResponseBase]

DETAILS = {
    400: gettext_lazy("The request could not be understood."),
    403: gettext_lazy("The request was refused. If you sent a form, reload its page and send it again."),
    404: gettext_lazy("There is nothing at this address, or nothing that you may see."),
    429: gettext_lazy("Too many attempts. Wait, then try again."),
    413: gettext_lazy("The body is larger than %(limit)d bytes, which is the limit. Send less at a time."),
    503: UNAVAILABLE_DETAIL,
}

BODY_HEADERS = {"Content-Type", "Content-Length", "Content-Encoding", "Content-Language", "ETag", "Last-Modified"}


# Letters, digits and the signs of UUIDs, ULIDs and the like: what is safe in a header, and in a log that a proxy keeps.
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,127}")
TRACE_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class RequestIdMiddleware:
    """Answers each request with its `X-Request-ID`: that of the caller if it has a sane shape, else a new one.

    A `traceparent` (W3C Trace Context) goes back as it came, so that a caller finds the answer in its trace.
    """

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request.request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(16)  # type: ignore[attr-defined]
        within = request_id.set(request.request_id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(within)
        response.headers["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        parent = request.META.get("HTTP_TRACEPARENT", "")
        if TRACE_PARENT.fullmatch(parent):
            response.headers["traceparent"] = parent
        return response


class HeadMiddleware:
    """Answers HEAD as GET without the body.

    All code further in sees a GET, so that no view or template can give HEAD other headers. gunicorn logs a warning
    when it has to drop a body itself. A stream is dropped before it begins to read.
    """

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method != "HEAD":
            return self.get_response(request)
        request.method = "GET"
        response: Any = self.get_response(request)
        request.method = "HEAD"
        if response.streaming:
            response.streaming_content = ()
        else:
            response.content = b""  # Content-Length stays that of GET
        return response


class ProblemMiddleware:
    """Turns Django's own error pages (unknown URL, bad host, CSRF, crash) into problem documents.

    Handlers in the URL configuration, such as handler404, cannot do this: Django does not call them when DEBUG is on.
    """

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begin_request()
        response = self.get_response(request)
        if response.status_code < 400 or hasattr(response, "accepted_renderer") or hasattr(response, "is_problem"):
            return response
        if self._is_debug_page(request, response) or request.path.startswith("/admin/"):
            return response
        return self.problem_response(request, response)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The database can also fail in a view that is not DRF's, or while DRF renders a page, even an error page."""
        if not is_unavailable(exception):
            return None
        log_unavailable(exception)
        activate_language_of_problem(request)
        detail = unavailable_detail(exception)
        response = HttpResponse(detail, status=503, headers=UNAVAILABLE_HEADERS, content_type="text/plain")
        response.problem_detail = detail  # type: ignore[attr-defined]
        return response

    def problem_response(self, request: HttpRequest, original: HttpResponseBase) -> HttpResponse:
        activate_language_of_problem(request)
        detail = DETAILS.get(original.status_code, "") % {"limit": settings.MAX_BODY_BYTES}
        detail = getattr(original, "problem_detail", detail)
        problem = problem_document(original.status_code, detail=detail)
        response = self.render(request, problem, original)
        for name, value in original.headers.items():
            if name not in BODY_HEADERS:  # the other headers still apply
                response.headers[name] = value
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers["Content-Length"] = str(len(response.content))
        if request.method == "GET" and not has_credentials(request):
            share(response)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(response, ["Accept", "Authorization", "Cookie"])
        if wants_page(request):
            patch_vary_headers(response, ["HX-Request"])  # for which it is a part of a page
        response.cookies = original.cookies
        return response

    def render(self, request: HttpRequest, problem: dict[str, Any], original: HttpResponseBase) -> HttpResponse:
        return HttpResponse(dump(problem), status=original.status_code, content_type=CONTENT_TYPE)

    @staticmethod
    def _is_debug_page(request: HttpRequest, response: HttpResponseBase) -> bool:
        return settings.DEBUG and response.status_code == 500 and not request.path.startswith("/api/")


class ContentPolicyMiddleware(CSPMiddleware):
    """HTML pages get the policy of the settings. Anything else, opened in a browser, may load and run nothing."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith("text/html"):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, "default-src 'none'; frame-ancestors 'none'")
        return response


class CompressionMiddleware(GZipMiddleware):
    """Not for events: compression would keep each back until there are enough for a block."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith("text/event-stream"):
            return response
        return super().process_response(request, response)


class CrossOriginMiddleware(CorsMiddleware):
    """Skipped where no other origin is allowed, as in most newsrooms."""

    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if settings.CORS_ALLOWED_ORIGINS else self.get_response(request)


class BodyLimitMiddleware:
    """Refuses a large body by its declared length, before anything reads it.

    DRF reads the stream itself, so Django's DATA_UPLOAD_MAX_MEMORY_SIZE has no effect. A chunked body declares no
    length, and Django reads it as empty under WSGI, so it is refused too.
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


class PermanentRedirect(HttpResponsePermanentRedirect):
    status_code = 308


class SlashMiddleware(CommonMiddleware):
    """Redirects an address without its last slash by 308, after which a client repeats the method and the body.

    After Django's 301 a client sends a POST as a GET: it is answered 200 and has written nothing. With DEBUG on, Django
    raises an exception instead.
    """

    response_redirect_class = PermanentRedirect

    def get_full_path_with_slash(self, request: HttpRequest) -> str:
        return escape_leading_slashes(request.get_full_path(force_append_slash=True))
