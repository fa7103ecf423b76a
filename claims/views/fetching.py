"""`fetch/` of articles: what is on the page of another server."""

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from claims.fetching.pages import fetch_page
from claims.fetching.refusals import NotFetched
from factcheck.api.fields import StrictSerializer, WebAddressField
from factcheck.errors import InvalidInput

READER = "claims.fetching.reading.article_in"  # imported by the first request that needs it


class FetchSerializer(StrictSerializer):
    url = WebAddressField(max_length=2000, help_text="Of the page, with http or https, on port 80 or 443.")


class FoundArticleSerializer(serializers.Serializer[Any]):
    """What is on a page. What the page does not say is empty, or null."""

    url = WebAddressField(help_text="Where the address led.")
    title = serializers.CharField(allow_blank=True)
    byline = serializers.CharField(allow_blank=True)
    language = serializers.CharField(allow_blank=True)
    published_at = serializers.DateTimeField(allow_null=True, help_text="The beginning of the day that the page says.")
    text = serializers.CharField()


class FetchMixin:
    """Of articles."""

    @extend_schema(request=FetchSerializer, responses=FoundArticleSerializer, filters=False)
    @action(
        detail=False, methods=["post"], only_reads=True, filterset_class=None, pagination_class=None, ordering_fields=()
    )
    def fetch(self: Any, request: Request) -> Response:
        """Read the page at an address.

        For an editor to look at and to correct before it becomes an article: nothing is written. Where the service does
        not fetch pages (`FETCH_ARTICLES`) it is 403. What goes wrong there is an error at `url`, with a code:
        `forbidden` (not a public server, or another port), `unreachable`, `refused`, `too_slow` (5 seconds),
        `too_large` (5 MB), `not_html`, `no_text`.
        """
        self.refuse_unknown()
        serializer = FetchSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if not settings.FETCH_ARTICLES:
            raise PermissionDenied(
                gettext("This service does not fetch pages. Its admin can allow it: FETCH_ARTICLES=1.")
            )
        try:
            found = import_string(READER)(fetch_page(serializer.validated_data["url"]))
        except NotFetched as error:
            raise InvalidInput.field("url", error.code, gettext(error.text) % error.values) from None
        published_at = f"{found.day}T00:00:00.000000Z" if found.day else None
        return Response(
            {
                "url": found.url,
                "title": found.title,
                "byline": found.byline,
                "language": found.language,
                "published_at": published_at,
                "text": found.text,
            }
        )
