"""The view that every endpoint is made of: what a view says of itself, and how a request is judged."""

import json
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from factcheck.api.conditional import add_entity_tag, cache_rule
from factcheck.api.form_methods import form_method
from factcheck.api.idempotency import has_key, key_of, request_digest, run_once
from factcheck.api.models import IdempotentAnswer
from factcheck.api.problems import wants_page
from factcheck.api.roles import Role, is_public_read
from factcheck.api.throttles import AddressThrottle, UserThrottle
from factcheck.postgres.bounded_page import SCAN_PAGES


class BaseView(APIView):
    """Judges each request in the order of `initial`, and gives each JSON answer its ETag.

    What a view says of itself stands here with its default. Those with a comment (action) may be given to one action,
    as `@action(detail=True, conditional=True)`.
    """

    basename = ""
    action: Any = None
    action_map: Any = {}
    format_kwarg = None  # addresses have no format suffix
    detail: Any = None
    filterset_class: Any = None

    # Who may do it.
    required_role: Role | None = None  # instead of the table of roles
    has_public_reads = False  # whether anonymous callers may read it, where the service has public reads

    # What it reads besides its filters, and how its list is ordered.
    other_parameters: frozenset[str] = frozenset()  # (action) names of query parameters
    ordering_fields: tuple[str, ...] = ("id",)  # (action)
    default_ordering = "-id"
    # For a field that may be null: (field, descending) → its expression, and the value that stands for null in it.
    ordering_keys: dict[tuple[str, bool], tuple[Any, Any]] = {}
    selective_filters: frozenset[str] = frozenset()  # which leave a list as short as what belongs to one row
    # By ordering field: filters whose rows an index has in that order (see pagination.is_sparse).
    index_ordered_filters: dict[str, tuple[frozenset[str], ...]] = {}
    scan_pages = SCAN_PAGES

    # What the OpenAPI document says of it.
    schema_tag = ""
    noun = ""  # such as "an article"
    is_recorded = False  # its rows have versions and a journal
    conditional = False  # (action) a write that needs If-Match
    streamed = False  # (action) sent while it is read, so without an ETag
    passage_actions: frozenset[str] = frozenset()  # which answer 422 where a passage does not fit the text
    moving_actions: frozenset[str] = frozenset()  # which answer 301 for a row that was merged into another

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Each step may refuse the request."""
        if request.method == "OPTIONS":  # the methods are the same for everybody
            return
        # Before the log-in: its CSRF check parses a multipart body, whose stream can be read only once.
        digest = request_digest(request) if has_key(request) else None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        request.version, request.versioning_scheme = None, None  # DRF's; the version stands in the address
        try:
            self.perform_authentication(request)
        finally:
            self.check_throttles(request)  # a caller whose log-in fails is counted too
        self.apply_form_method(request)
        self.check_permissions(request)
        self.check_address(**kwargs)
        if digest and "post" in self.action_map:
            self.post: Any = partial(run_once, self, self.post, key_of(request), digest)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Without a body; DRF puts the methods into the `Allow` header of every answer."""
        response = HttpResponse(status=204)
        del response["Content-Type"]
        return response

    def get_throttles(self) -> list[BaseThrottle]:
        """Only the one that counts this caller."""
        return [AddressThrottle() if is_public_read(self.request) else UserThrottle()]

    def apply_form_method(self, request: Request) -> None:
        """After the log-in: Django reads the CSRF token out of a form's body for POST alone. Before the permissions:
        they go by the action."""
        if method := form_method(request):
            request._request.method = method
            self.action = self.action_map.get(method.lower())

    def check_address(self, **kwargs: Any) -> None:
        """Raises Http404 where no row can be."""

    def get_default_ordering(self) -> str:
        return self.default_ordering

    def takes_as_of(self) -> bool:
        return False

    def needs_if_match(self) -> bool:
        return self.conditional and self.request.method not in ("GET", "HEAD")

    def stored_data(self, response: Any) -> Any:
        """What is kept of an answer to a request with an Idempotency-Key. A view leaves out a secret here, and says in
        `replay` what to do without it."""
        return getattr(response, "data", None)

    def replay(self, stored: IdempotentAnswer) -> HttpResponseBase:
        """The first answer again. Its ETag follows from the body."""
        headers = {"Location": stored.location} if stored.location else None
        if not stored.body:
            return HttpResponse(status=stored.status, headers=headers)
        return Response(json.loads(stored.body), status=stored.status, headers=headers)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Vary"] = "Accept, Accept-Encoding, Authorization, Cookie"  # a 304 needs it too, and GZip skips that
        response.setdefault("Cache-Control", cache_rule(request, response))
        has_data = isinstance(response, Response) and response.data is not None
        if has_data and not wants_page(request) and 200 <= response.status_code < 300:
            response.add_post_render_callback(lambda rendered: add_entity_tag(request, rendered))
        return response
