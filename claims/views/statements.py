"""The endpoints of statements."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from django.db.models import BooleanField, ExpressionWrapper, Q
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims.bulk_serializers import MAX_BULK, BulkStatementSerializer, BulkTagSerializer
from claims.filters import SearchedList, StatementFilter
from claims.models import Dispute, Evidence, Note, Statement
from claims.models.statement import positions_on, said_on_key
from claims.note_serializers import NoteSerializer, ProposalSerializer, TakeSerializer
from claims.roles import permissions
from claims.serializers import (
    DisputeSerializer,
    EvidenceSerializer,
    MarkSerializer,
    PositionSerializer,
    ReanchorSerializer,
    StatementSerializer,
    TagSerializer,
)
from claims.services.proposals import create_statement_and_propose, propose_tag, take_proposal
from claims.services.statements import (
    create_statement,
    create_statements,
    delete_statement,
    reanchor_statement,
    tag_several,
    tag_statement,
    update_statement,
)
from claims.views.export import ExportMixin
from claims.views.formats import StatementFormatsMixin
from claims.views.matches import MatchesMixin
from claims.views.passage_notes import add_notes, notes_on
from factcheck.api.addresses import absolute_address
from factcheck.api.form_methods import redirect_form
from factcheck.api.including import Included
from factcheck.api.problems import wants_page
from factcheck.api.row_json import RowJSON, row_json_sql
from factcheck.errors import Versions
from factcheck.journal.views import JournaledViewSet
from sources.models import Source
from sources.serializers import SourceSerializer

ARTICLE = re.compile(r'"article":(\d+)')
DAY_FILTERS = frozenset({"said_after", "said_before"})


class StatementViewSet(SearchedList, MatchesMixin, StatementFormatsMixin, ExportMixin, JournaledViewSet):
    """Passages of articles: who said it, who relayed it, and who stands behind it."""

    serializer_class = StatementSerializer
    filterset_class = StatementFilter
    schema_tag = "statements"
    noun = "a statement"
    more_columns: ClassVar[dict[str, str]] = {"article.title": "article__title", "article.url": "article__url"}
    as_of_actions = frozenset({"retrieve", "positions"})
    passage_actions = frozenset({"create", "bulk", "update", "partial_update", "reanchor"})
    as_of_filters = ("article",)
    ordering_fields = ("id", "start", "said_on", "created_at", "updated_at")
    selective_filters = frozenset({"ids", "article"})
    index_ordered_filters = {
        "id": (frozenset({"source"}), frozenset({"anchor"}), frozenset({"tag"})),
        "said_on": (DAY_FILTERS,),
        "updated_at": (frozenset({"updated_since"}),),
    }
    includable = {
        "evidence": Included("evidence", EvidenceSerializer, Evidence.objects.all(), of="statement"),
        "disputes": Included("disputes", DisputeSerializer, Dispute.objects.for_reading(), of="statement"),
        "source": Included("source", SourceSerializer, Source.objects.for_reading(), to="source"),
    }
    queryset = Statement.objects.for_reading()

    @property
    def ordering_keys(self) -> dict[tuple[str, bool], tuple[Any, Any]]:  # type: ignore[override]
        """Under a filter by day no row has a null: the plain column then allows a range of its index."""
        if any(self.request.query_params.get(name) for name in DAY_FILTERS):
            return {}
        return {
            ("said_on", False): (said_on_key(descending=False), date.max),
            ("said_on", True): (said_on_key(descending=True), date.min),
        }

    def article_shown(self, response: Any) -> int | None:
        """Found in the JSON of PostgreSQL, where a text cannot look like this: its quotation marks are escaped."""
        row = getattr(response, "data", None)
        found = ARTICLE.search(row.json) if isinstance(row, RowJSON) else None
        return int(found[1]) if found else None

    def get_default_ordering(self) -> str:
        return "start" if "article" in self.request.query_params else self.default_ordering

    def get_serializer_class(self) -> Any:
        is_form = self.action == "create" and wants_page(self.request)
        return MarkSerializer if is_form else super().get_serializer_class()

    def perform_create(self, **fields: Any) -> Statement:
        is_proposal = fields.get("tag") and not permissions(self.request.user)["tag"]
        create = create_statement_and_propose if is_proposal else create_statement
        statement = create(actor=self.request.user, **fields)
        add_notes(self, notes_on([("#", statement, fields)]))
        return statement

    def perform_update(self, row_id: int, versions: Versions, **fields: Any) -> None:
        statement = update_statement(statement_id=row_id, versions=versions, actor=self.request.user, **fields)
        add_notes(self, notes_on([("#", statement, fields)]))

    def perform_destroy(self, row_id: int, versions: Versions, reason: str) -> None:
        delete_statement(statement_id=row_id, versions=versions, actor=self.request.user, reason=reason)

    @extend_schema(
        request=StatementSerializer(many=True), responses={201: StatementSerializer(many=True)}, filters=False
    )
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def bulk(self, request: Request) -> Response:
        """Create up to 500 statements, all or none.

        An error's pointer begins with the index of the statement.
        """
        serializer = BulkStatementSerializer(
            data=request.data,
            many=True,
            allow_empty=False,
            max_length=MAX_BULK,  # type: ignore[call-arg]
            context=self.get_serializer_context(),
        )
        serializer.is_valid(raise_exception=True)
        sent = serializer.validated_data
        statements = create_statements(rows=sent, actor=request.user)
        add_notes(self, notes_on((f"#/{n}", *both) for n, both in enumerate(zip(statements, sent, strict=True))))
        return Response(self._rows(statement.pk for statement in statements), status=status.HTTP_201_CREATED)

    @extend_schema(request=BulkTagSerializer, responses=StatementSerializer(many=True), filters=False)
    @action(
        detail=False,
        methods=["post"],
        url_path="bulk-tag",
        serializer_class=BulkTagSerializer,
        filterset_class=None,
        pagination_class=None,
        more_problems=frozenset({412, 428}),
    )
    def bulk_tag(self, request: Request) -> Any:
        """Tag up to 500 statements, all or none.

        With one tag and one reason, and an entry in the journal for each. The version of each is judged as `If-Match`
        is for one: if one is stale, none is tagged, and the errors of the 412 name each stale one and its version now.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        sent = serializer.validated_data
        seen = [(row["id"], row["version"]) for row in sent["statements"]]
        tag_several(seen=seen, actor=request.user, tag=sent["tag"], reason=sent["reason"])
        if redirect := redirect_form(request, absolute_address(request, "statement-list")):
            return redirect
        return Response(self._rows(row_id for row_id, _ in seen))

    def _rows(self, ids: Iterable[int]) -> list[RowJSON]:
        """In the order of the ids, without those that were deleted meanwhile."""
        ids = list(ids)
        rows = self.get_queryset().filter(pk__in=ids).values_list("pk", row_json_sql(StatementSerializer, False))
        texts = dict(rows)
        return [RowJSON(texts[row_id]) for row_id in ids if row_id in texts]

    @extend_schema(responses=StatementSerializer)
    @action(detail=True, methods=["post"], conditional=True, serializer_class=TagSerializer)
    def tag(self, request: Request, pk: int) -> Any:
        """Tag a statement.

        The tag says who stands behind the statement; it is not a verdict on truth. The journal keeps the
        reason permanently.
        """
        return self.run_action(tag_statement)

    @extend_schema(responses={201: NoteSerializer})
    @action(detail=True, methods=["post"], conditional=True, serializer_class=ProposalSerializer)
    def propose(self, request: Request, pk: int) -> Any:
        """Propose a tag for a statement.

        Answers with a note that has the tag. It waits until an editor takes it or sets it aside, or until you withdraw
        it: propose again, or POST to the note's `resolve/`. `/notes/?proposal=true&resolved=false` lists all that wait.
        """
        return self.run_action(propose_tag, self.proposal_response)

    def proposal_response(self, proposal: Note) -> Any:
        address = absolute_address(self.request, "note-detail", proposal.pk)
        if redirect := redirect_form(self.request, self.address(self.kwargs["pk"]), proposal.pk):
            return redirect
        rows = Note.objects.for_reading().filter(pk=proposal.pk)
        text, version = rows.values_list(row_json_sql(NoteSerializer, False), "version").get()
        return Response(RowJSON(text, version), status=status.HTTP_201_CREATED, headers={"Location": address})

    @extend_schema(responses=StatementSerializer)
    @action(detail=True, methods=["post"], conditional=True, serializer_class=TakeSerializer)
    def take(self, request: Request, pk: int) -> Any:
        """Tag a statement as somebody proposed.

        With the tag and the reason of the proposal, which is taken then. The journal says whose proposal it was.
        """
        return self.run_action(take_proposal)

    @extend_schema(responses=PositionSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None, ordering_fields=("id",), default_ordering="-id")
    def positions(self, request: Request, pk: int) -> Response:
        """List each editor's own latest tag.

        Newest first. The tag of an editor who dissents stays listed.
        """
        with self.read_as_of():
            statement = self.get_object()
            dissents = ExpressionWrapper(~Q(data__tag=statement.tag), output_field=BooleanField())
            rows = positions_on(statement.pk).annotate(dissents=dissents)
            page = self.paginate_queryset(self.filter_queryset(rows))
            return self.get_paginated_response(PositionSerializer(page, many=True).data)

    @extend_schema(responses=StatementSerializer)
    @action(detail=True, methods=["post"], conditional=True, serializer_class=ReanchorSerializer)
    def reanchor(self, request: Request, pk: int) -> Any:
        """Set where a statement is in the text.

        Confirms the place that was found for it, or pins it to the passage that you send.
        """

        def reanchor_and_note(**fields: Any) -> None:
            add_notes(self, notes_on([("#", reanchor_statement(**fields), fields)]))

        return self.run_action(reanchor_and_note)
