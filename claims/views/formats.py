"""The endpoints of the standard formats: W3C Web Annotation, schema.org ClaimReview, Atom."""

from typing import Any

from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.viewsets import GenericViewSet

from claims.exports import atom, claim_review, web_annotation
from claims.exports.common import Base
from claims.models import Dispute, Statement
from claims.models.statement import TAGGED
from factcheck.api.addresses import absolute_address
from factcheck.api.base import BaseView
from factcheck.api.pagination import PAGE_SIZE_SCHEMA
from factcheck.api.renderers import JSONRenderer, TextRenderer
from factcheck.journal.epoch import first_open_transaction
from factcheck.journal.models import Entry
from factcheck.postgres.bounded_page import ExistsPerRow
from factcheck.public_addresses import public_origin

LINKED_DATA = (200, "application/ld+json", "application/json")
PAGING = [
    OpenApiParameter("cursor", str, description="Where the page starts. Take it from `next`, `prev` or `last`."),
    OpenApiParameter("page_size", PAGE_SIZE_SCHEMA, description="Rows on a page."),
]
ANNOTATION_LINK = '<http://www.w3.org/ns/ldp#Resource>; rel="type"'  # for the Web Annotation Protocol


def component(name: str) -> dict[str, str]:
    """One of claims/exports/linked_data.yaml."""
    return {"$ref": f"#/components/schemas/{name}"}


class AnnotationRenderer(JSONRenderer):
    # Without the profile: with it, an Accept of plain application/ld+json would not match.
    media_type = "application/ld+json"
    content_type = web_annotation.MEDIA_TYPE
    format = "jsonld"


class LinkedDataRenderer(JSONRenderer):
    media_type = content_type = claim_review.MEDIA_TYPE
    format = "jsonld"

    def render(self, *given: Any) -> bytes:
        """Fit for a script element of a page, which the `</script>` of a text would end."""
        return super().render(*given).replace(b"<", b"\\u003c")


class AtomRenderer(TextRenderer):
    media_type = atom.MEDIA_TYPE
    format = "atom"


def api_base_url(request: Request) -> str:
    return absolute_address(request, "api-root")


def base_of(request: Request) -> Base:
    return Base(api_base_url(request), public_origin(request))


class StatementFormatsMixin:
    """`webannotation/` and `claimreview/` of a statement."""

    @extend_schema(responses={LINKED_DATA: component("WebAnnotation")}, filters=False)
    @action(
        detail=True,
        filterset_class=None,
        pagination_class=None,
        more_headers={"Link": "AnnotationLink"},
        renderer_classes=[AnnotationRenderer, *api_settings.DEFAULT_RENDERER_CLASSES],
    )
    def webannotation(self, request: Request, pk: int) -> Response:
        """Read a statement as a W3C Web Annotation.

        The tag assesses the passage; evidence and disputes are linked.
        """
        row_id = self.row_id()  # type: ignore[attr-defined]
        statement = web_annotation.with_related(Statement.objects.filter(pk=row_id)).get()
        answer = web_annotation.annotation(statement, api_base_url(request))
        return Response(answer, headers={"Link": ANNOTATION_LINK})

    @extend_schema(responses={LINKED_DATA: component("ClaimReview")}, filters=False)
    @action(
        detail=True,
        filterset_class=None,
        pagination_class=None,
        renderer_classes=[LinkedDataRenderer, *api_settings.DEFAULT_RENDERER_CLASSES],
    )
    def claimreview(self, request: Request, pk: int) -> Response:
        """Read a statement as a schema.org ClaimReview.

        404 if its article is not published or no longer contains it. The rating is the name of the tag, without a
        number: it says who stands behind the statement.
        """
        row_id = self.row_id()  # type: ignore[attr-defined]
        statement = claim_review.with_related(Statement.objects.public().filter(pk=row_id)).first()
        if statement is None:
            raise Http404
        return Response(claim_review.claim_review(statement, base_of(request)))


class FeedViewSet(BaseView, GenericViewSet[Any]):
    """Feeds of what is published. Signed-in callers get the same as anonymous ones."""

    has_public_reads = True
    schema_tag = "feeds"
    queryset = Statement.objects.none()

    @extend_schema(
        responses={LINKED_DATA: component("ClaimReviewFeed")},
        parameters=PAGING,
        operation_id="feeds_claimreviews",
    )
    @action(detail=False, renderer_classes=[LinkedDataRenderer, *api_settings.DEFAULT_RENDERER_CLASSES])
    def claimreviews(self, request: Request) -> Response:
        """Read the published statements as a feed of ClaimReviews.

        Every statement of a published article, newest first, in a schema.org DataFeed.
        """
        rows = self.filter_queryset(claim_review.with_related(Statement.objects.public()))
        page = self.paginate_queryset(rows) or []
        links = self.paginator.get_paginated_response([])  # type: ignore[union-attr]
        feed = claim_review.data_feed(
            page,
            base_of(request),
            url=request.build_absolute_uri(),
            next_url=links.data["next"],
            previous_url=links.data["previous"],
        )
        return Response(feed, headers={"Link": links["Link"]} if "Link" in links else None)

    @extend_schema(
        responses={(200, atom.MEDIA_TYPE): OpenApiTypes.STR}, parameters=PAGING, operation_id="feeds_changes"
    )
    def changes(self, request: Request) -> Response:
        """Read the changes of tags and the disputes as an Atom feed.

        In published articles, newest first: statements tagged, and disputes opened, resolved or reopened.
        """
        page = self.paginate_queryset(self.filter_queryset(public_changes())) or []
        links = self.paginator.get_paginated_response([])  # type: ignore[union-attr]
        statements = Statement.objects.public().select_related("article").defer("article__text")
        disputes = Dispute.objects.public().select_related("raised_by", "statement__article")
        feed = atom.changes_feed(
            page,
            statements.in_bulk([entry.resource_id for entry in page if entry.resource == "statement"]),
            disputes.defer("statement__article__text").in_bulk(
                [entry.resource_id for entry in page if entry.resource == "dispute"]
            ),
            base_of(request),
            links={
                "self": request.build_absolute_uri(),
                "next": links.data["next"],
                "previous": links.data["previous"],
            },
        )
        return Response(feed, headers={"Link": links["Link"]} if "Link" in links else None)


def public_changes() -> QuerySet[Entry]:
    """Entries about what is public now, if they came after the article was published or were still true then.

    The feed never shows what an editor tried and undid in a draft. It ends before the first open transaction, so that
    no entry appears later below one that a reader has seen.
    """
    entries = Entry.objects.filter(action__in=[TAGGED, *atom.DISPUTE_ACTIONS], transaction__lt=first_open_transaction())
    published = Entry.objects.filter(
        resource="article", resource_id=OuterRef("article"), action="article.published"
    ).order_by("-version")
    superseded = Entry.objects.filter(
        resource=OuterRef("resource"),
        resource_id=OuterRef("resource_id"),
        version__gt=OuterRef("version"),
        action__in=[TAGGED, *atom.DISPUTE_ACTIONS],
        pk__lt=OuterRef("published"),
    )
    is_public = Q(
        ExistsPerRow(Statement.objects.public().filter(pk=OuterRef("resource_id"))), resource="statement"
    ) | Q(ExistsPerRow(Dispute.objects.public().filter(pk=OuterRef("resource_id"))), resource="dispute")
    since = Subquery(published.values("pk")[:1], output_field=IntegerField())
    return entries.alias(published=since).filter(is_public, ~Exists(superseded))
