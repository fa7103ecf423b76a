"""An article's statements as a container of the Web Annotation Protocol, whose reading side this is.

https://www.w3.org/TR/annotation-protocol/; docs/formats.md goes through what it demands.
"""

import re
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, QuerySet
from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from claims.exports import web_annotation
from claims.models import Article, Statement
from claims.views.formats import LINKED_DATA, PAGING, AnnotationRenderer, api_base_url, component
from factcheck.api.pagination import RowComparison, link_header, page_size_of
from factcheck.api.roles import is_anonymous
from factcheck.errors import InvalidInput

CURSOR = re.compile(r"([0-9]{1,9})-([0-9]{1,18})")  # START-ID of the last statement on the page before
FIRST_CURSOR = "0-0"
LINKS = (
    '<http://www.w3.org/ns/ldp#BasicContainer>; rel="type", '
    '<http://www.w3.org/TR/annotation-protocol/>; rel="http://www.w3.org/ns/ldp#constrainedBy"'
)
WITHOUT_ANNOTATIONS = "http://www.w3.org/ns/ldp#PreferMinimalContainer"
AS_IRIS = "http://www.w3.org/ns/oa#PreferContainedIRIs"
AS_DESCRIPTIONS = "http://www.w3.org/ns/oa#PreferContainedDescriptions"
KNOWN = frozenset({WITHOUT_ANNOTATIONS, AS_IRIS, AS_DESCRIPTIONS})
PREFERENCE = re.compile(r'\breturn *= *"?representation"? *;[^,]*?\binclude *= *"([^"]*)"', re.IGNORECASE)
PARAMETERS = [
    *PAGING,
    OpenApiParameter("iris", str, enum=["1"], description="The items are addresses of annotations, not these."),
    OpenApiParameter(
        "Prefer",
        str,
        OpenApiParameter.HEADER,
        description="What the collection holds (RFC 7240). Ignored with `cursor`.",
        examples=[
            OpenApiExample(name, f'return=representation; include="{iri}"')
            for name, iri in (
                ("No annotations", WITHOUT_ANNOTATIONS),
                ("Their addresses", AS_IRIS),
                ("Whole annotations", AS_DESCRIPTIONS),
            )
        ],
    ),
]
HEADERS = {
    "Link": "ContainerLink", "Content-Location": "ContentLocation", "Preference-Applied": "PreferenceApplied",
}  # fmt: skip
ANSWER = {"oneOf": [component("WebAnnotationCollection"), component("WebAnnotationPage")]}


class ArticleFormatsMixin:
    """`webannotations/` of an article."""

    @extend_schema(responses={LINKED_DATA: ANSWER}, filters=False, parameters=PARAMETERS)
    @action(
        detail=True,
        filterset_class=None,
        pagination_class=None,
        other_parameters=frozenset({"cursor", "page_size", "iris"}),
        more_headers=HEADERS,
        renderer_classes=[AnnotationRenderer, *api_settings.DEFAULT_RENDERER_CLASSES],
    )
    def webannotations(self, request: Request, pk: int) -> Response:
        """Read an article's statements as a W3C AnnotationCollection.

        With its first page, or with a link to it; with `cursor`, another page. It is a container of the Web Annotation
        Protocol.
        """
        article: Article = self.get_object()  # type: ignore[attr-defined]
        rows = Statement.objects.public() if is_anonymous(request) else Statement.objects.all()
        preferred = _preferences(request)
        container = Container(request, article, rows.filter(article=article), as_iris=AS_IRIS in preferred)
        if "cursor" in request.query_params:
            page = container.page(request.query_params["cursor"])
            return Response(web_annotation.with_context(page), headers=link_header(**_neighbours(page)))
        answer = container.collection(with_page=WITHOUT_ANNOTATIONS not in preferred)
        headers = {"Preference-Applied": "return=representation"} if preferred else {}
        if WITHOUT_ANNOTATIONS not in preferred:
            headers |= link_header(**_neighbours(answer["first"])) | {"Content-Location": container.address()}
        return Response(answer, headers=headers)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """A container names its types, also to OPTIONS. A page of it is no container."""
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        actions: dict[str, str] = self.action_map  # type: ignore[attr-defined]
        is_container = actions.get("get") == "webannotations" and "cursor" not in request.query_params
        if is_container and response.status_code < 400:
            response["Link"] = ", ".join(filter(None, [response.get("Link"), LINKS]))
            response["Vary"] += ", Prefer"
        return response


def _preferences(request: Request) -> frozenset[str]:
    """Those of the Prefer header that we know. None counts for a page, as the protocol has it."""
    match = PREFERENCE.search(request.META.get("HTTP_PREFER", ""))
    return frozenset(match[1].split()) & KNOWN if match and "cursor" not in request.query_params else frozenset()


def _neighbours(page: dict[str, Any]) -> dict[str, Any]:
    return {"next": page.get("next"), "prev": page.get("prev")}


class Container:
    """The statements in the order of the text, in pages."""

    def __init__(self, request: Request, article: Article, rows: QuerySet[Statement], *, as_iris: bool) -> None:
        self.article, self.rows, self.base = article, rows, api_base_url(request)
        self.as_iris = as_iris or _is_set(request, "iris")
        self.size = page_size_of(request)
        self.asked_size = {"page_size": self.size} if "page_size" in request.query_params else {}
        self.total = rows.count()

    def collection(self, *, with_page: bool) -> dict[str, Any]:
        first = self.page(FIRST_CURSOR) if with_page else self.page_address(0)
        last = self.page_address((max(self.total, 1) - 1) // self.size * self.size)
        return web_annotation.with_context({**self.described(), "first": first, "last": last})

    def described(self) -> dict[str, Any]:
        return web_annotation.collection(self.article, self.address(sized=False), self.total)

    def page(self, cursor: str) -> dict[str, Any]:
        """Without a context: the caller adds it, to the page or to the collection around it."""
        after_cursor = self.rows.filter(RowComparison(F("start"), ">", *_parse_cursor(cursor)))
        ordered = after_cursor.order_by("start", "pk")
        wanted = ordered.only("start") if self.as_iris else web_annotation.with_related(ordered)
        found, before = list(wanted[: self.size + 1]), self.total - after_cursor.count()
        items: Any = web_annotation.addresses if self.as_iris else web_annotation.annotations
        links = {
            "next": self.page_address(before + self.size) if len(found) > self.size else None,
            "prev": self.page_address(max(0, before - self.size)) if before else None,
        }
        return {
            "id": self.page_address(before),
            "type": "AnnotationPage",
            "partOf": self.described(),
            "startIndex": before,
            **{name: link for name, link in links.items() if link},
            "items": items(found[: self.size], self.base),
        }

    def page_address(self, index: int) -> str:
        """Of the page that begins with the row at this index."""
        ordered = self.rows.order_by("start", "pk").values_list("start", "pk")
        last = ordered[index - 1 : index].first() if index else None
        return self.address(cursor=f"{last[0]}-{last[1]}" if last else FIRST_CURSOR)

    def address(self, *, sized: bool = True, **more: str) -> str:
        """Of the collection, or of a page."""
        parameters = {**({"iris": 1} if self.as_iris else {}), **more, **(self.asked_size if sized else {})}
        address = web_annotation.collection_url(self.article, self.base)
        return f"{address}?{urlencode(parameters)}" if parameters else address


def _is_set(request: Request, name: str) -> bool:
    given = request.query_params.get(name)
    if given not in (None, "1"):
        raise InvalidInput.parameter(name, "invalid", gettext("Give 1, or leave it out."))
    return given is not None


def _parse_cursor(cursor: str) -> tuple[int, int]:
    match = CURSOR.fullmatch(cursor)
    if not match:
        detail = gettext("This is not a cursor. Take it from `next`, `prev` or `last`.")
        raise InvalidInput.parameter("cursor", "invalid", detail)
    return int(match[1]), int(match[2])
