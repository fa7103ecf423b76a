"""The base view of every endpoint: the attributes that describe a view, and the order in which it judges a request."""

import json
from collections.abc import Hashable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from factcheck.api.conditional import add_cache_headers, add_entity_tag
from factcheck.api.form_methods import form_method, wants_parts
from factcheck.api.idempotency import has_key, idempotency_key, request_digest, run_once
from factcheck.api.languages import activate_language
from factcheck.api.models import IdempotentAnswer
from factcheck.api.parsers import MergePatchParser
from factcheck.api.problems import wants_page
from factcheck.api.replica import read_from_replica
from factcheck.api.roles import Role, is_anonymous
from factcheck.api.throttles import AddressThrottle, UserThrottle, WindowCounter
from factcheck.postgres.bounded_page import SCAN_PAGES

ACCEPT_PATCH = f"{MergePatchParser.media_type}, application/json"  # RFC 5789


class BaseView(APIView):
    """Judges each request by the steps of `initial`, and adds an ETag to each JSON response.

    The attributes below describe a view. One marked (action) can also be set for a single action, as in
    `@action(detail=True, conditional=True)`.
    """

    basename = ""
    action: Any = None
    action_map: Any = {}
    throttle: WindowCounter | None = None  # which counted this request
    format_kwarg = None  # URLs have no format suffix
    detail: Any = None
    filterset_class: Any = None

    # Who may call it.
    required_role: Role | None = None  # overrides the table of roles
    has_public_reads = False  # whether anonymous callers may read it, if the service has public reads

    # Its query parameters besides the filters, and the order of its list.
    other_parameters: frozenset[str] = frozenset()  # (action)
    ordering_fields: tuple[str, ...] = ("id",)  # (action)
    default_ordering = "-id"
    # For a nullable field: (field, descending) → the expression to order by, and the value it has for null.
    ordering_keys: dict[tuple[str, bool], tuple[Any, Any]] = {}
    selective_filters: frozenset[str] = frozenset()  # which leave only what belongs to one row, so a short list
    # By ordering field: sets of filters whose rows an index holds in that order (see pagination.is_sparse).
    index_ordered_filters: dict[str, tuple[frozenset[str], ...]] = {}
    scan_pages = SCAN_PAGES
    includable: Mapping[str, Any] = {}  # what `?include=` names; see including.py

    is_translated = True  # whether its pages are in the language of their reader

    # What the OpenAPI document says about it.
    schema_tag = ""
    noun = ""  # such as "an article"
    is_recorded = False  # whether its rows have versions
    conditional = False  # (action) whether a write needs If-Match
    streamed = False  # (action) whether the response is a stream, which has no ETag
    passage_actions: frozenset[str] = frozenset()  # actions that answer 422 if a passage does not fit the text
    only_reads = False  # (action) whether its POST writes nothing: the body is too long for an address
    needs_primary = False  # (action) whether no standby can answer an anonymous caller
    is_replicated = False  # (action) whether a standby may answer those who are signed in, too
    more_problems: frozenset[int] = frozenset()  # (action) statuses of problems besides the usual ones
    more_headers: Mapping[str, str] = {}  # (action) of a 200 besides the usual ones, each with its component
    redirecting_actions: frozenset[str] = frozenset()  # actions that answer 301 for a row merged into another one

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """The steps in their order. Each of them may refuse the request."""
        if request.method == "OPTIONS":  # the methods are the same for everybody
            return
        # Before authentication, whose CSRF check parses a multipart body: the body's stream can be read only once.
        digest = request_digest(request) if has_key(request) else None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        request.version, request.versioning_scheme = None, None  # of DRF; the version is in the URL
        if self.is_translated and wants_page(request):
            activate_language(request)
        try:
            self.perform_authentication(request)
        finally:
            self.check_throttles(request)  # also counts a caller whose authentication fails
        self.apply_form_method(request)
        self.check_permissions(request)
        self.check_address(**kwargs)
        if self.is_replicated or (is_anonymous(request) and not self.needs_primary):
            read_from_replica(request)
        if digest and "post" in self.action_map and not self.only_reads:
            self.post: Any = partial(run_once, self, self.post, idempotency_key(request), digest)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Sends no body. DRF puts the methods into the `Allow` header of every response."""
        response = HttpResponse(status=204)
        del response["Content-Type"]
        if "patch" in self.action_map:
            response["Accept-Patch"] = ACCEPT_PATCH
        return response

    def get_parsers(self) -> list[BaseParser]:
        is_patch = self.request is not None and self.request.method == "PATCH"  # None while the schema is made
        return [*super().get_parsers(), *([MergePatchParser()] if is_patch else ())]

    def get_throttles(self) -> list[BaseThrottle]:
        """Only the throttle that counts this caller."""
        self.throttle = AddressThrottle() if is_anonymous(self.request) else UserThrottle()
        return [self.throttle]

    def apply_form_method(self, request: Request) -> None:
        """Replaces POST by the method that an HTML form names.

        After authentication, since Django reads the CSRF token from a form's body only for POST. Before the
        permissions, since they depend on the action.
        """
        if method := form_method(request):
            request._request.method = method
            self.action = self.action_map.get(method.lower())

    def check_address(self, **kwargs: Any) -> None:
        """Raises Http404 if no row can have this URL."""

    def filter_key(self) -> Hashable:
        """What the filters depend on besides the parameters. A list's query is kept under both."""
        return None

    def get_default_ordering(self) -> str:
        return self.default_ordering

    @property
    def journal_resource(self) -> str:
        """What the journal calls the view's rows; empty where it has none."""
        return ""

    def read_as_of(self) -> AbstractContextManager[None]:
        """Reads within it are as of `?as_of=`, where the view takes that."""
        return nullcontext()

    def takes_as_of(self) -> bool:
        return False

    def takes_include(self) -> bool:
        return bool(self.includable) and self.action in ("list", "retrieve")

    def needs_if_match(self) -> bool:
        return self.conditional and self.request.method != "GET"

    def article_shown(self, response: Any) -> int | None:
        """The id of the only article that the response shows something of; None where there may be several."""
        return None

    def stored_data(self, response: Any) -> Any:
        """What is stored of the response to a request with an Idempotency-Key.

        A view with a secret in its response leaves it out here, and overrides `replay`.
        """
        return getattr(response, "data", None)

    def replay(self, stored: IdempotentAnswer) -> HttpResponseBase:
        """The first response again. Its ETag is computed from the same body."""
        headers = {"Location": stored.location} if stored.location else None
        if not stored.body:
            return HttpResponse(status=stored.status, headers=headers)
        return Response(json.loads(stored.body), status=stored.status, headers=headers)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == 415 and request.method == "PATCH":
            response["Accept-Patch"] = ACCEPT_PATCH
        response["Vary"] = "Accept, Accept-Encoding, Authorization, Cookie"  # gzip skips a 304, which needs it too
        if wants_page(request):
            response["Vary"] += ", HX-Request"
        for name, value in self.throttle.headers() if self.throttle else ():
            response[name] = value
        if wants_parts(request):
            response.setdefault("Cache-Control", "no-store")
        elif "Cache-Control" not in response:
            add_cache_headers(request, response, self.article_shown(response))
        has_data = isinstance(response, Response) and response.data is not None
        if has_data and not wants_page(request) and 200 <= response.status_code < 300:
            response.add_post_render_callback(lambda rendered: add_entity_tag(request, rendered))
        return response
