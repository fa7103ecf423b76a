"""Articles, statements, evidence and disputes over HTTP."""

import json
from contextlib import nullcontext
from datetime import date, timedelta
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims import services
from claims.annotations import replace_document
from claims.check_views import ChecksMixin
from claims.documents import AnnotationDocumentSerializer
from claims.export_views import ExportMixin
from claims.exports.annotations import annotation_document
from claims.filters import ArticleFilter, DisputeFilter, EvidenceFilter, StatementFilter
from claims.format_views import ArticleFormatsMixin, StatementFormatsMixin
from claims.models import Article, ArticleRevision, Dispute, Evidence, Statement
from claims.models.article import REACH
from claims.models.statement import positions_on, said_on_key
from claims.serializers import (
    AnchorSerializer,
    ArticleRowSerializer,
    ArticleSerializer,
    ArticleWithAnchorsSerializer,
    BulkStatementSerializer,
    DisputeSerializer,
    EvidenceSerializer,
    PositionSerializer,
    ReanchorSerializer,
    ReasonSerializer,
    ResolveSerializer,
    RevisionRowSerializer,
    RevisionSerializer,
    StatementSerializer,
    TagSerializer,
)
from factcheck.api.json_rows import Row, json_text
from factcheck.api.preconditions import entity_tag, version_of
from factcheck.api.renderers import dump
from factcheck.journal.as_of import as_of
from factcheck.journal.models import Entry
from factcheck.journal.views import HistoryMixin

Versions = frozenset[int] | None
MAX_BULK = 500
BY_DAY = frozenset({"said_after", "said_before"})


class ArticleViewSet(ChecksMixin, ArticleFormatsMixin, HistoryMixin):
    """Reports: pasted in as they are, then annotated."""

    serializer_class = ArticleSerializer
    filterset_class = ArticleFilter
    schema_tag = "articles"
    journal_resource = "article"
    as_of_actions = frozenset({"retrieve", "annotations"})
    passage_actions = frozenset({"import_annotations"})
    ranges = {"id": (frozenset({"publisher"}), frozenset({"status"}))}
    reach = REACH
    queryset = Article.objects.for_reading()

    def get_serializer_class(self) -> Any:
        return ArticleRowSerializer if self.action == "list" else ArticleSerializer

    def get_queryset(self) -> Any:
        return super().get_queryset().defer("text") if self.action == "list" else super().get_queryset()

    def create_row(self, **fields: Any) -> Article:
        return services.create_article(actor=self.request.user, **fields)

    def update_row(self, row_id: int, versions: Versions, **fields: Any) -> None:
        services.update_article(article_id=row_id, versions=versions, actor=self.request.user, **fields)

    def current(self, row_id: int) -> Any:
        is_document = self.action == "import_annotations"
        return annotation_document(self.get_object()) if is_document else super().current(row_id)

    def answer_update(self, row_id: int) -> Any:
        """The article with where its statements stand now; the ETag stays that of the article alone."""
        response = self.answer(row_id)
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

    def delete_row(self, row_id: int, versions: Versions, reason: str) -> None:
        services.delete_article(article_id=row_id, versions=versions, actor=self.request.user, reason=reason)

    @extend_schema(request=ReasonSerializer, responses=ArticleSerializer)
    @action(detail=True, methods=["post"], serializer_class=ReasonSerializer)
    def publish(self, request: Request, pk: int) -> Any:
        return self._set_status("published")

    @extend_schema(request=ReasonSerializer, responses=ArticleSerializer)
    @action(detail=True, methods=["post"], serializer_class=ReasonSerializer)
    def withdraw(self, request: Request, pk: int) -> Any:
        return self._set_status("withdrawn")

    def _set_status(self, status: str) -> Any:
        def service(**arguments: Any) -> Any:
            return services.set_article_status(status=status, **arguments)

        return self.act(ReasonSerializer, service, "article_id")

    @extend_schema(responses=AnnotationDocumentSerializer, filters=False)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def annotations(self, request: Request, pk: int) -> Response:
        """The whole annotated article as one document, as import_annotations takes it."""
        with self.moment():
            return Response(annotation_document(self.get_object()))

    @extend_schema(request=AnnotationDocumentSerializer, responses=AnnotationDocumentSerializer)
    @annotations.mapping.put
    def import_annotations(self, request: Request, pk: int) -> Response:
        """Makes the article what the document says. If-Match takes the export's ETag."""
        row_id, versions = self.row_id(), self.versions()
        serializer = AnnotationDocumentSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        article = replace_document(
            article_id=row_id, versions=versions, document=serializer.validated_data, actor=request.user
        )
        return Response(annotation_document(article))

    @extend_schema(responses=RevisionRowSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None)
    def revisions(self, request: Request, pk: int) -> Response:
        rows = ArticleRevision.objects.filter(article=self.row_id()).defer("text")
        page = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(RevisionRowSerializer(page, many=True).data)

    @extend_schema(responses=RevisionSerializer, filters=False)
    @action(detail=True, url_path=r"revisions/<int:number>", filterset_class=None, pagination_class=None)
    def revision(self, request: Request, pk: int, number: int) -> Response:
        """The text as it was, with its statements as they were when it was last the present one."""
        row = get_object_or_404(ArticleRevision, article=self.row_id(), number=number)
        replaced = Entry.objects.filter(resource="article", resource_id=pk, data__revision=number + 1)
        end = replaced.order_by("version").values_list("at", flat=True).first()
        with as_of(end - timedelta(microseconds=1)) if end else nullcontext():
            statements = Statement.objects.for_reading().filter(article=pk, revision=number).order_by("start", "id")
            return Response(RevisionSerializer({"revision": row, "statements": statements}).data)


class StatementViewSet(StatementFormatsMixin, ExportMixin, HistoryMixin):
    """Passages: who is said to have said it, through whom it reached us, and who stands behind it."""

    serializer_class = StatementSerializer
    filterset_class = StatementFilter
    schema_tag = "statements"
    journal_resource = "statement"
    as_of_actions = frozenset({"retrieve", "positions"})
    passage_actions = frozenset({"create", "bulk", "update", "partial_update", "reanchor"})
    as_of_filters = ("article",)
    ordering_fields = ("id", "start", "said_on", "created_at", "updated_at")
    short_lists = frozenset({"article"})
    ranges = {
        "id": (frozenset({"source"}), frozenset({"anchor"}), frozenset({"tag"})),
        "said_on": (BY_DAY,),
    }
    queryset = Statement.objects.for_reading()

    @property
    def ordering_keys(self) -> dict[tuple[str, bool], tuple[Any, Any]]:  # type: ignore[override]
        """Of what was said in some time, all is dated: the plain column, one range of whose index has it."""
        if any(self.request.query_params.get(name) for name in BY_DAY):
            return {}
        return {
            ("said_on", False): (said_on_key(descending=False), date.max),
            ("said_on", True): (said_on_key(descending=True), date.min),
        }

    def get_default_ordering(self) -> str:
        return "start" if "article" in self.request.query_params else self.default_ordering

    def create_row(self, **fields: Any) -> Statement:
        return services.create_statement(actor=self.request.user, **fields)

    def update_row(self, row_id: int, versions: Versions, **fields: Any) -> None:
        services.update_statement(statement_id=row_id, versions=versions, actor=self.request.user, **fields)

    def delete_row(self, row_id: int, versions: Versions, reason: str) -> None:
        services.delete_statement(statement_id=row_id, versions=versions, actor=self.request.user, reason=reason)

    @extend_schema(
        request=StatementSerializer(many=True), responses={201: StatementSerializer(many=True)}, filters=False
    )
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def bulk(self, request: Request) -> Response:
        """Up to 500 statements, all or none. A fault's pointer begins with the index of its statement."""
        serializer = BulkStatementSerializer(
            data=request.data,
            many=True,
            allow_empty=False,
            max_length=MAX_BULK,  # type: ignore[call-arg]
            context=self.get_serializer_context(),
        )
        serializer.is_valid(raise_exception=True)
        made = services.create_statements(rows=serializer.validated_data, actor=request.user)
        rows = self.get_queryset().filter(pk__in=[statement.pk for statement in made]).order_by("pk")
        answer = rows.values_list(json_text(StatementSerializer, False), flat=True)
        return Response([Row(text) for text in answer], status=status.HTTP_201_CREATED)

    @extend_schema(request=TagSerializer, responses=StatementSerializer)
    @action(detail=True, methods=["post"], serializer_class=TagSerializer)
    def tag(self, request: Request, pk: int) -> Any:
        return self.act(TagSerializer, services.tag_statement, "statement_id")

    @extend_schema(responses=PositionSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None, ordering_fields=("id",))
    def positions(self, request: Request, pk: int) -> Response:
        """Each editor's own latest tag, newest first: who dissents is kept."""
        with self.moment():
            statement = self.get_object()
            dissents = ExpressionWrapper(~Q(data__tag=statement.tag), output_field=BooleanField())
            rows = positions_on(statement.pk).select_related("actor").annotate(dissents=dissents)
            page = self.paginate_queryset(self.filter_queryset(rows))
            return self.get_paginated_response(PositionSerializer(page, many=True).data)

    @extend_schema(request=ReanchorSerializer, responses=StatementSerializer)
    @action(detail=True, methods=["post"], serializer_class=ReanchorSerializer)
    def reanchor(self, request: Request, pk: int) -> Any:
        """Confirms the place that was found for the statement, or pins it to the passage given."""
        return self.act(ReanchorSerializer, services.reanchor_statement, "statement_id")


class EvidenceViewSet(HistoryMixin):
    """What supports or refutes a statement, or puts it in context."""

    serializer_class = EvidenceSerializer
    filterset_class = EvidenceFilter
    schema_tag = journal_resource = "evidence"
    as_of_filters = ("statement",)
    short_lists = frozenset({"statement"})
    queryset = Evidence.objects.all()

    def create_row(self, **fields: Any) -> Evidence:
        return services.create_evidence(actor=self.request.user, **fields)

    def update_row(self, row_id: int, versions: Versions, **fields: Any) -> None:
        services.update_evidence(evidence_id=row_id, versions=versions, actor=self.request.user, **fields)

    def delete_row(self, row_id: int, versions: Versions, reason: str) -> None:
        services.delete_evidence(evidence_id=row_id, versions=versions, actor=self.request.user, reason=reason)


class DisputeViewSet(HistoryMixin):
    """A source contradicts a statement."""

    serializer_class = DisputeSerializer
    filterset_class = DisputeFilter
    schema_tag = "disputes"
    journal_resource = "dispute"
    as_of_filters = ("statement", "article")
    short_lists = frozenset({"statement", "article"})
    ranges = {"id": (frozenset({"raised_by"}), frozenset({"state"}))}
    queryset = Dispute.objects.for_reading()
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def create_row(self, **fields: Any) -> Dispute:
        return services.open_dispute(actor=self.request.user, **fields)

    def update_row(self, row_id: int, versions: Versions, **fields: Any) -> None:
        services.update_dispute(dispute_id=row_id, versions=versions, actor=self.request.user, **fields)

    def delete_row(self, row_id: int, versions: Versions, reason: str) -> None:
        services.delete_dispute(dispute_id=row_id, versions=versions, actor=self.request.user, reason=reason)

    @extend_schema(request=ResolveSerializer, responses=DisputeSerializer)
    @action(detail=True, methods=["post"], serializer_class=ResolveSerializer)
    def resolve(self, request: Request, pk: int) -> Any:
        return self.act(ResolveSerializer, services.resolve_dispute, "dispute_id")

    @extend_schema(request=ReasonSerializer, responses=DisputeSerializer)
    @action(detail=True, methods=["post"], serializer_class=ReasonSerializer)
    def reopen(self, request: Request, pk: int) -> Any:
        return self.act(ReasonSerializer, services.reopen_dispute, "dispute_id")
