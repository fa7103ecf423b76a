"""The base of the recorded resources' endpoints: reads as JSON from PostgreSQL, and writes through a service."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException, MethodNotAllowed, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from factcheck.api.addresses import absolute_address
from factcheck.api.base import BaseView
from factcheck.api.conditional import entity_tag, expected_versions, version_of
from factcheck.api.fields import OptionalReasonField
from factcheck.api.filters import known_parameters, refuse_unknown
from factcheck.api.form_methods import redirect_form
from factcheck.api.including import Included, included
from factcheck.api.pagination import KeysetPagination
from factcheck.api.problems import wants_page
from factcheck.api.references import MAX_ID
from factcheck.api.renderers import dump
from factcheck.api.roles import is_anonymous
from factcheck.api.row_json import RowJSON, row_json_sql
from factcheck.errors import InvalidInput, Refusal, StaleVersion, Versions
from factcheck.postgres.prepared import prepared


class RecordedViewSet(BaseView, GenericViewSet):
    """Reads and writes recorded rows. A view overrides `perform_create`, `perform_update` and `perform_destroy`."""

    is_recorded = True
    has_public_reads = True
    lookup_value_converter = "int"
    paginator: KeysetPagination
    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options"]

    def check_address(self, **kwargs: Any) -> None:
        if kwargs.get("pk", 0) > MAX_ID:  # for a number beyond bigint, PostgreSQL would read every row
            raise Http404

    def needs_if_match(self) -> bool:
        return self.action in ("update", "partial_update", "destroy") or super().needs_if_match()

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.public() if is_anonymous(self.request) else rows

    def get_serializer_context(self) -> dict[str, Any]:
        for_schema = getattr(self, "swagger_fake_view", False)  # the schema has all fields for every caller
        return {**super().get_serializer_context(), "is_public": not for_schema and is_anonymous(self.request)}

    def refuse_unknown(self) -> None:
        if self.request.query_params:
            refuse_unknown(self.request, known_parameters(self, self.request))

    def versions(self) -> Versions:
        return expected_versions(self.request)

    def row_id(self) -> int:
        """The id in the URL. Raises Http404 if there is no such row, or if the caller may not see it."""
        self.refuse_unknown()
        is_public = is_anonymous(self.request)

        def build(placeholder: int) -> QuerySet[Any, Any]:
            rows: QuerySet[Any] = self.get_queryset()
            return rows.filter(pk=placeholder).values_list("pk")

        for (row_id,) in prepared((type(self), "id", is_public), build, int).rows(self.kwargs["pk"]):
            return row_id
        raise Http404

    def read_object(self, row_id: int) -> Any:
        """The row as a model object. Raises Http404."""

        def build(placeholder: int) -> QuerySet[Any, Any]:
            rows: QuerySet[Any] = self.get_queryset()
            return rows.filter(pk=placeholder)

        for row in prepared((type(self), "object", is_anonymous(self.request)), build, int).objects(row_id):
            return row
        raise Http404

    def row_json_after_write(self, row_id: int) -> RowJSON:
        """Without the snapshot cache, which a write has just made useless."""
        return self.json_row(type(self).serializer_class, row_id, is_written=True)

    def json_row(
        self, serializer_class: Any, row_id: int, more: tuple[Included, ...] = (), *, is_written: bool = False
    ) -> RowJSON:
        """The row's JSON, written by PostgreSQL. Raises Http404."""
        is_public = is_anonymous(self.request)

        def build(placeholder: int) -> QuerySet[Any, Any]:
            rows: QuerySet[Any] = self.get_queryset()
            return rows.filter(pk=placeholder).values_list(row_json_sql(serializer_class, is_public, more), "version")

        read = prepared((type(self), serializer_class, is_public, more), build, int)
        snapshot = getattr(self.request.auth, "snapshot", None)
        for text, version in read.rows(row_id) if is_written else read.cached_rows(row_id, snapshot=snapshot):
            return RowJSON(text, version)
        raise Http404

    def conflict_representation(self, row_id: int) -> Any:
        """What the ETag of a 412 is computed from. A view overrides it for an action that writes more than the row."""
        return self.row_json_after_write(row_id)

    def write_response(self, row_id: int, code: int = status.HTTP_200_OK) -> Any:
        """The row after a write; a redirect to its page for an HTML form."""
        is_new = code == status.HTTP_201_CREATED
        address = self.address(row_id) if is_new or wants_page(self.request) else ""
        if redirect := redirect_form(self.request, address, row_id):
            return redirect
        headers = {"Location": address} if is_new else None
        return Response(self.row_json_after_write(row_id), status=code, headers=headers)

    def address(self, row_id: int) -> str:
        return absolute_address(self.request, f"{self.basename}-detail", row_id)

    def list(self, request: Request) -> Response:
        """List {many}.

        One page of rows: follow `next` until it is null. A filter that is misspelt or repeated is refused.
        """
        if wants_page(request):
            page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
            return self.get_paginated_response(self.get_serializer(page, many=True).data)
        self.refuse_unknown()
        return self.get_paginated_response(self.paginator.paginate_json(request, self))

    def retrieve(self, request: Request, pk: int) -> Response:
        """Read {one}.

        Keep the `ETag`: a change needs it as `If-Match`. With it as `If-None-Match`, the answer is an empty 304 as long
        as nothing has changed.
        """
        self.refuse_unknown()
        if wants_page(request):
            return Response(self.get_serializer(self.read_object(pk)).data)
        more = included(request, self.includable)
        return Response(self.json_row(self.get_serializer_class(), pk, more=more))

    def create(self, request: Request) -> Any:
        """Create {one}.

        Answers with the stored row, its address in `Location` and its `ETag`.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.write_response(self.perform_create(**serializer.validated_data).pk, status.HTTP_201_CREATED)

    def update(self, request: Request, pk: int, partial: bool = False) -> Any:
        """Replace {one}.

        Each writable field gets the value that you send. A field that you do not send gets its default.
        """
        row = self.get_object()
        versions = self.versions()
        serializer = self.get_serializer(row, data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        self.perform_update(row.pk, versions, **serializer.validated_data)
        return redirect_form(request, self.address(row.pk)) or self.update_response(row.pk)

    def partial_update(self, request: Request, pk: int) -> Any:
        """Change {one}.

        Fields that you do not send stay as they are.
        """
        return self.update(request, pk, partial=True)

    def update_response(self, row_id: int) -> Any:
        return self.write_response(row_id)

    def destroy(self, request: Request, pk: int) -> Any:
        """Delete {one}.

        Its entries in the journal stay, and `history/` still shows them.
        """
        self.perform_destroy(self.row_id(), self.versions(), self._reason_to_delete())
        list_url = absolute_address(request, f"{self.basename}-list")
        return redirect_form(request, list_url) or Response(status=status.HTTP_204_NO_CONTENT)

    def _reason_to_delete(self) -> str:
        """From `?reason=`, since the body of a DELETE has no meaning (RFC 9110). An HTML form sends it as a field."""
        form = self.request.data if isinstance(self.request.data, dict) else {}
        reason = self.request.query_params.get("reason") or form.get("reason") or ""
        try:
            return OptionalReasonField().run_validation(reason)
        except ValidationError as error:
            code, detail = error.get_codes()[0], str(error.detail[0])  # type: ignore[index]
            raise InvalidInput.parameter("reason", code, detail) from None  # type: ignore[arg-type]

    def perform_create(self, **fields: Any) -> Any:
        raise MethodNotAllowed(self.request.method or "")

    def perform_update(self, row_id: int, versions: Versions, **fields: Any) -> None:
        raise MethodNotAllowed(self.request.method or "")

    def perform_destroy(self, row_id: int, versions: Versions, reason: str) -> None:
        raise MethodNotAllowed(self.request.method or "")

    def run_action(self, service: Any, respond: Callable[[Any], Any] | None = None) -> Any:
        """Runs a POST action on one row, and answers with the row after it, or as `respond` makes of the result.

        The action's own serializer judges the input. The service gets the row's id as `statement_id` and the like.
        """
        self.refuse_unknown()
        row_id = self.kwargs["pk"]
        try:
            versions = self.versions()
            serializer = self.get_serializer(data=self.request.data)
            serializer.is_valid(raise_exception=True)
        except (APIException, Refusal):
            self.row_id()  # if there is no row, 404 takes precedence
            raise
        result = service(
            **{f"{self.basename}_id": row_id}, versions=versions, actor=self.request.user, **serializer.validated_data
        )
        return respond(result) if respond else self.write_response(row_id)

    def handle_exception(self, exc: Exception) -> Any:
        response = super().handle_exception(exc)
        if isinstance(exc, StaleVersion) and "pk" in self.kwargs:
            try:
                data = self.conflict_representation(self.kwargs["pk"])
            except Exception as error:  # the row was deleted or the database is down, and here DRF catches nothing
                return super().handle_exception(error)
            response["ETag"] = entity_tag(dump(data), version_of(data))
        return response
