"""The endpoints of articles, their revisions and their annotation documents."""

import json
from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims.annotations import context_notes, replace_document
from claims.annotations.export import annotation_document
from claims.annotations.schema import AnnotationDocumentSerializer
from claims.desk_checks import ERRORS, findings
from claims.filters import ArticleFilter, SearchedList
from claims.models import Article, ArticleRevision, Dispute, Evidence, Statement
from claims.models.article import EARLIEST, LATEST, SCAN_PAGES, published_at_key
from claims.serializers import (
    AnchorSerializer,
    ArticleRowSerializer,
    ArticleSerializer,
    ArticleWithAnchorsSerializer,
    DisputeSerializer,
    EvidenceSerializer,
    RevisionRowSerializer,
    RevisionSerializer,
)
from claims.services.articles import create_article, delete_article, set_article_status, update_article
from claims.views.annotation_containers import ArticleFormatsMixin
from claims.views.checks import ChecksMixin
from claims.views.export import ExportMixin
from claims.views.fetching import FetchMixin
from claims.views.passage_notes import add_notes
from claims.views.suggestions import SuggestionsMixin
from factcheck.api.conditional import entity_tag, is_form, version_of
from factcheck.api.fields import ReasonSerializer
from factcheck.api.including import Included
from factcheck.api.problems import wants_page
from factcheck.api.renderers import dump
from factcheck.errors import Conflict, Versions
from factcheck.journal.as_of import as_of
from factcheck.journal.models import Entry
from factcheck.journal.views import JournaledViewSet
from factcheck.postgres.transactions import snapshot
from sources.models import Source
from sources.serializers import SourceSerializer

WITHOUT_TEXT = ("list", "export")
DAY_FILTERS = frozenset({"published_after", "published_before"})


class ArticleViewSet(
    SearchedList, ChecksMixin, SuggestionsMixin, FetchMixin, ArticleFormatsMixin, ExportMixin, JournaledViewSet
):
    """Reports, stored as they were published and then annotated."""

    serializer_class = ArticleSerializer
    filterset_class = ArticleFilter
    schema_tag = "articles"
    noun = "an article"
    as_of_actions = frozenset({"retrieve", "annotations"})
    passage_actions = frozenset({"import_annotations", "accept_suggestions"})
    ordering_fields = ("id", "published_at", "updated_at")
    selective_filters = frozenset({"ids", "url"})
    index_ordered_filters = {
        "id": (frozenset({"publisher"}), frozenset({"status"}), frozenset({"desk"})),
        "published_at": (DAY_FILTERS,),
        "updated_at": (frozenset({"updated_since"}),),
    }
    scan_pages = SCAN_PAGES
    includable = {
        "evidence": Included("evidence", EvidenceSerializer, Evidence.objects.all(), of="statement__article"),
        "disputes": Included("disputes", DisputeSerializer, Dispute.objects.for_reading(), of="statement__article"),
        "source": Included("publisher", SourceSerializer, Source.objects.for_reading(), to="publisher"),
    }
    queryset = Article.objects.for_reading()

    @property
    def ordering_keys(self) -> dict[tuple[str, bool], tuple[Any, Any]]:  # type: ignore[override]
        """Under a filter by day no row has a null: the plain column then allows a range of its index."""
        if any(self.request.query_params.get(name) for name in DAY_FILTERS):
            return {}
        return {
            ("published_at", False): (published_at_key(descending=False), LATEST),
            ("published_at", True): (published_at_key(descending=True), EARLIEST),
        }

    def filter_key(self) -> Any:
        """With the user whom `?desk=me` means."""
        is_mine = self.request.query_params.get("desk") == "me"
        return super().filter_key(), self.request.user.pk if is_mine else None

    def get_serializer_class(self) -> Any:
        return ArticleRowSerializer if self.action in WITHOUT_TEXT else super().get_serializer_class()

    def get_queryset(self) -> Any:
        return super().get_queryset().defer("text") if self.action in WITHOUT_TEXT else super().get_queryset()

    def perform_create(self, **fields: Any) -> Article:
        return create_article(actor=self.request.user, **fields)

    def perform_update(self, row_id: int, versions: Versions, **fields: Any) -> None:
        update_article(article_id=row_id, versions=versions, actor=self.request.user, **fields)

    def conflict_representation(self, row_id: int) -> Any:
        is_document = self.action == "import_annotations"
        return self._document() if is_document else super().conflict_representation(row_id)

    def update_response(self, row_id: int) -> Any:
        """The article, with where its statements are now. The ETag is still that of the article alone."""
        response = self.write_response(row_id)
        article = response.data
        response["ETag"] = entity_tag(dump(article), version_of(article))
        statements = Statement.objects.filter(article=row_id).order_by("start", "id")
        response.data = {**json.loads(article.json), "anchors": AnchorSerializer(statements, many=True).data}
        return response

    @extend_schema(responses=ArticleWithAnchorsSerializer)
    def update(self, request: Request, pk: int, partial: bool = False) -> Any:
        return super().update(request, pk, partial)

    @extend_schema(responses=ArticleWithAnchorsSerializer)
    def partial_update(self, request: Request, pk: int) -> Any:
        return super().partial_update(request, pk)

    def perform_destroy(self, row_id: int, versions: Versions, reason: str) -> None:
        delete_article(article_id=row_id, versions=versions, actor=self.request.user, reason=reason)

    @extend_schema(responses=ArticleSerializer)
    @action(detail=True, methods=["post"], conditional=True, serializer_class=ReasonSerializer)
    def publish(self, request: Request, pk: int) -> Any:
        """Publish an article.

        From then on anonymous readers see it, if the service has public reads.
        """
        self._ask_about_errors(request)
        return self.run_action(partial(set_article_status, status="published"))

    def _ask_about_errors(self, request: Request) -> None:
        """Once, and a person only: a form that has not been asked yet comes back with what the desk checks found."""
        is_asked = wants_page(request) and is_form(request) and not request.POST.get("confirmed")
        if is_asked and findings(codes=ERRORS, article=self.row_id(), limit=1).rows:
            raise Conflict(gettext("The desk checks find errors in it."))

    @extend_schema(responses=ArticleSerializer)
    @action(detail=True, methods=["post"], conditional=True, serializer_class=ReasonSerializer)
    def withdraw(self, request: Request, pk: int) -> Any:
        """Withdraw an article.

        Anonymous readers no longer see it.
        """
        return self.run_action(partial(set_article_status, status="withdrawn"))

    @extend_schema(responses=AnnotationDocumentSerializer, filters=False)
    @action(detail=True, conditional=True, filterset_class=None, pagination_class=None)  # conditional for its PUT
    def annotations(self, request: Request, pk: int) -> Response:
        """Export an annotated article as one document.

        PUT takes the same document.
        """
        with self.read_as_of():
            return Response(self._document())

    @extend_schema(request=AnnotationDocumentSerializer, responses=AnnotationDocumentSerializer)
    @annotations.mapping.put
    def import_annotations(self, request: Request, pk: int) -> Response:
        """Make an article match a document.

        Send the ETag of the export as If-Match.
        """
        row_id, versions = self.row_id(), self.versions()
        serializer = AnnotationDocumentSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        article = replace_document(
            article_id=row_id, versions=versions, document=serializer.validated_data, actor=request.user
        )
        add_notes(self, context_notes(serializer.validated_data, article))
        return Response(self._document())

    def _document(self) -> dict[str, Any]:
        with snapshot():
            return annotation_document(self.get_object())

    @extend_schema(responses=RevisionRowSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None, ordering_fields=("id",))
    def revisions(self, request: Request, pk: int) -> Response:
        """List an article's revisions.

        Newest first, without their texts.
        """
        rows = ArticleRevision.objects.filter(article=self.row_id()).defer("text")
        page = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(RevisionRowSerializer(page, many=True).data)

    @extend_schema(responses=RevisionSerializer, filters=False)
    @action(detail=True, url_path=r"revisions/<int:number>", filterset_class=None, pagination_class=None)
    def revision(self, request: Request, pk: int, number: int) -> Response:
        """Read a revision with its statements.

        The text of this revision, and its statements as they were just before the next revision replaced it.
        """
        row = get_object_or_404(ArticleRevision, article=self.row_id(), number=number)
        replaced = Entry.objects.filter(resource="article", resource_id=pk, data__revision=number + 1)
        end = replaced.order_by("version").values_list("at", flat=True).first()
        with as_of(end - timedelta(microseconds=1)) if end else nullcontext():
            statements = Statement.objects.for_reading().filter(article=pk, revision=number).order_by("start", "id")
            return Response(RevisionSerializer({"revision": row, "statements": statements}).data)
