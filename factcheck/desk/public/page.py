"""The base of the public pages: what is published, for anybody to read, to link to and to find.

No page knows who reads it, so a cache may keep one for everybody with the same language.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from django.http import Http404, HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, to_locale
from django.views.generic import TemplateView

from claims.exports import atom, claim_review, web_annotation
from claims.exports.common import Base
from claims.views.formats import base_of
from factcheck.api.conditional import add_entity_tag, entity_tag, share
from factcheck.api.references import MAX_ID
from factcheck.api.renderers import dump
from factcheck.desk.page_view import PublicView
from factcheck.desk.templatetags.desk import shortened
from factcheck.desk.viewer import Reader
from factcheck.desk.words import word
from factcheck.public_addresses import public_origin

MAX_DESCRIPTION = 300  # code points


@dataclass(frozen=True)
class Alternate:
    """The same as data."""

    address: str
    media_type: str
    title: str


@dataclass(frozen=True)
class Head:
    """What programs read of a page."""

    title: str
    description: str
    alternates: tuple[Alternate, ...] = ()
    query: str = ""  # of the canonical address, where one page of several is shown
    published_at: Any = None
    data: SafeString | None = None  # JSON-LD
    is_article: bool = False

    @property
    def in_short(self) -> str:
        return shortened(" ".join(self.description.split()), MAX_DESCRIPTION)


class PublicPage(PublicView, TemplateView):
    reader = Reader()
    path = ""  # the canonical one, percent-encoded

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method != "OPTIONS" and kwargs.get("pk", 0) > MAX_ID:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def origin(self) -> str:
        return public_origin(self.request) or ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response: Any = super().get(request, *args, **kwargs)
        response.render()
        share(response, self.article_shown())
        patch_vary_headers(response, ["Accept-Language", "Cookie", "Accept-Encoding"])  # also of a 304
        response["ETag"] = entity_tag(response.content, None)
        add_entity_tag(request, response)
        return response

    def page_head(self) -> Head:
        raise NotImplementedError

    def content(self) -> dict[str, Any]:
        return {}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        head = self.page_head()
        return {
            "head": head,
            "origin": self.origin,
            "canonical": f"{self.origin}{self.path}{head.query}",
            "locale": _locale(),
            "changes": Alternate(f"{self.origin}/api/v1/feeds/changes.atom", atom.MEDIA_TYPE, gettext("All changes")),
            **self.content(),
        }

    @property
    def base(self) -> Base:
        return base_of(self.request)  # type: ignore[arg-type]  # which asks it for its host alone


class RowPage(PublicPage):
    """The page of one row. Its number finds it; any other title in the address leads to the present one."""

    def read(self, pk: int) -> Any:
        """Raises Http404 for what anonymous callers of the API do not see."""
        raise NotImplementedError

    def path_of(self, row: Any) -> str:
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.row = self.read(kwargs["pk"])
        self.path = self.path_of(self.row)
        if request.path != unquote(self.path):
            query = request.META.get("QUERY_STRING", "")
            return moved_to(f"{self.path}?{query}" if query else self.path)
        return super().get(request, *args, **kwargs)


def moved_to(path: str) -> HttpResponseBase:
    """Kept for a moment only: a title that changes back must not lead in a circle."""
    return share(HttpResponsePermanentRedirect(path))


def _locale() -> str:
    """As OpenGraph wants it, with a country: that of the language, where none is named."""
    locale = to_locale(get_language() or "en-gb")
    return locale if "_" in locale else f"{locale}_{locale.upper()}"


def first(rows: list[Any]) -> Any:
    if not rows:
        raise Http404
    return rows[0]


def annotations_of(origin: str, plural: str, row_id: int, last: str) -> Alternate:
    return Alternate(
        f"{origin}/api/v1/{plural}/{row_id}/{last}/", web_annotation.MEDIA_TYPE, gettext("As Web Annotations")
    )


def linked_data(statements: Iterable[Any], base: Base) -> SafeString:
    """The ClaimReviews of the statements, for a script element, which the `</script>` of a text would end."""
    content = dump(claim_review.claim_reviews(statements, base)).replace(b"<", b"\\u003c")
    return mark_safe(content.decode())  # noqa: S308  JSON without a <


def tag_in_words(tag: str) -> str:
    meanings = {
        "asserted": gettext("A source puts it forward, and nobody with standing denies it."),
        "denied": gettext("Somebody with standing denies it."),
        "unverified": gettext("Nobody on the record stands behind it yet."),
    }
    return f"{capfirst(word(tag))}: {meanings[tag]}"
