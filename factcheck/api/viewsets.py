"""What the endpoints of every recorded resource share: reads as JSON from PostgreSQL, and the way to a service."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException, MethodNotAllowed, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from factcheck.api.base import BaseView
from factcheck.api.conditional import Versions, entity_tag, expected_versions, version_of
from factcheck.api.fields import OptionalReasonField
from factcheck.api.filters import MAX_ID, has_no_filters, known_parameters, refuse_unknown
from factcheck.api.form_methods import redirect_form
from factcheck.api.pagination import KeysetPagination
from factcheck.api.problems import wants_page
from factcheck.api.renderers import dump
from factcheck.api.roles import is_public_read
from factcheck.api.row_json import RowJSON, row_json_sql
from factcheck.errors import FieldError, InvalidInput, Refusal, StaleVersion
from factcheck.postgres.prepared import Prepared, prepared
from factcheck.postgres.snapshot_cache import Rows


class RecordedViewSet(BaseView, GenericViewSet):
    """Reads and writes of recorded rows. A view gives `perform_create`, `perform_update` and `perform_destroy`."""

    is_recorded = True
    has_public_reads = True
    lookup_value_converter = "int"
    paginator: KeysetPagination
    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options"]

    def check_address(self, **kwargs: Any) -> None:
        if kwargs.get("pk", 0) > MAX_ID:  # PostgreSQL would compare a number that is no bigint with every row's
            raise Http404

    def needs_if_match(self) -> bool:
        return self.action in ("update", "partial_update", "destroy") or super().needs_if_match()

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.public() if is_public_read(self.request) else rows

    def get_serializer_context(self) -> dict[str, Any]:
        described = getattr(self, "swagger_fake_view", False)  # the schema has all fields, whoever asks for it
        return {**super().get_serializer_context(), "is_public": not described and is_public_read(self.request)}

    def refuse_unknown(self) -> None:
        if self.request.query_params:
            refuse_unknown(self.request, known_parameters(self, self.request))

    def versions(self) -> Versions:
        return expected_versions(self.request)

    def row_id(self) -> int:
        """The id in the address, of a row that exists and that the caller may see. Raises Http404."""
        if has_no_filters(self):
            self.refuse_unknown()
        is_public = is_public_read(self.request)

        def build(placeholder: int) -> QuerySet[Any, Any]:
            rows: QuerySet[Any] = self.get_queryset()
            return rows.filter(pk=placeholder).values_list("pk")

        for (row_id,) in prepared((type(self), "id", is_public), build, int).rows(self.kwargs["pk"]):
            return row_id
        raise Http404

    def row_json_after_write(self, row_id: int) -> RowJSON:
        """Past the cache: after a write nothing is cached."""
        return self.json_row(type(self).serializer_class, row_id, Prepared.rows)

    def json_row(self, serializer_class: Any, row_id: int, read: Callable[..., Rows] = Prepared.cached_rows) -> RowJSON:
        """The row as PostgreSQL writes it. Raises Http404."""
        is_public = is_public_read(self.request)

        def build(placeholder: int) -> QuerySet[Any, Any]:
            rows: QuerySet[Any] = self.get_queryset()
            return rows.filter(pk=placeholder).values_list(row_json_sql(serializer_class, is_public), "version")

        for text, version in read(prepared((type(self), serializer_class, is_public), build, int), row_id):
            return RowJSON(text, version)
        raise Http404

    def conflict_representation(self, row_id: int) -> Any:
        """What If-Match is compared with. An action that writes more than the row answers that."""
        return self.row_json_after_write(row_id)

    def write_response(self, row_id: int, code: int = status.HTTP_200_OK) -> Any:
        """The row after a write; a browser's form is redirected to the row's page."""
        address = self.address(row_id)
        if redirect := redirect_form(self.request, address, row_id):
            return redirect
        headers = {"Location": address} if code == status.HTTP_201_CREATED else None
        return Response(self.row_json_after_write(row_id), status=code, headers=headers)

    def address(self, row_id: int) -> str:
        return reverse(f"{self.basename}-detail", [row_id], request=self.request)

    def list(self, request: Request) -> Response:
        """List {many}.

        Rows by the page: follow `next` until it is null. A filter that is misspelt or repeated is refused.
        """
        if wants_page(request):
            page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
            return self.get_paginated_response(self.get_serializer(page, many=True).data)
        self.refuse_unknown()
        return self.get_paginated_response(self.paginator.paginate_json(request, self))

    def retrieve(self, request: Request, pk: int) -> Response:
        """Read {one}.

        Keep the `ETag`: a change needs it as `If-Match`. Sent as `If-None-Match`, it spares you an answer you have.
        """
        if wants_page(request):
            return Response(self.get_serializer(self.get_object()).data)
        self.refuse_unknown()
        return Response(self.json_row(self.get_serializer_class(), pk))

    def create(self, request: Request) -> Any:
        """Create {one}.

        Answers the row as it was stored, with its address in `Location` and its `ETag`.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.write_response(self.perform_create(**serializer.validated_data).pk, status.HTTP_201_CREATED)

    def update(self, request: Request, pk: int, partial: bool = False) -> Any:
        """Replace {one}.

        Each writable field takes the value that was sent. A field that was not sent takes its default.
        """
        row = self.get_object()
        versions = self.versions()
        serializer = self.get_serializer(row, data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        self.perform_update(row.pk, versions, **serializer.validated_data)
        return redirect_form(request, self.address(row.pk)) or self.update_response(row.pk)

    def partial_update(self, request: Request, pk: int) -> Any:
        """Change {one}.

        Fields that are not sent stay as they are.
        """
        return self.update(request, pk, partial=True)

    def update_response(self, row_id: int) -> Any:
        return self.write_response(row_id)

    def destroy(self, request: Request, pk: int) -> Any:
        """Delete {one}.

        Its entries in the journal stay, and `history/` still answers them.
        """
        self.perform_destroy(self.row_id(), self.versions(), self._reason_to_delete())
        whole_list = reverse(f"{self.basename}-list", request=request)
        return redirect_form(request, whole_list) or Response(status=status.HTTP_204_NO_CONTENT)

    def _reason_to_delete(self) -> str:
        """From `?reason=`, since the body of a DELETE has no meaning; a page's form sends it as a field."""
        form = self.request.data if isinstance(self.request.data, dict) else {}
        given = self.request.query_params.get("reason") or form.get("reason") or ""
        try:
            return OptionalReasonField().run_validation(given)
        except ValidationError as error:
            fault = FieldError("?reason", error.get_codes()[0], str(error.detail[0]))  # type: ignore[index, arg-type]
            raise InvalidInput(f"reason: {fault.detail}", [fault]) from None

    def perform_create(self, **fields: Any) -> Any:
        raise MethodNotAllowed(self.request.method or "")

    def perform_update(self, row_id: int, versions: Versions, **fields: Any) -> None:
        raise MethodNotAllowed(self.request.method or "")

    def perform_destroy(self, row_id: int, versions: Versions, reason: str) -> None:
        raise MethodNotAllowed(self.request.method or "")

    def run_action(self, serializer_class: Any, service: Any, id_name: str) -> Any:
        """A POST action on one row: its input, the version that If-Match names, the service, the row after it."""
        self.refuse_unknown()
        row_id = self.kwargs["pk"]
        try:
            versions = self.versions()
            serializer = serializer_class(data=self.request.data, context=self.get_serializer_context())
            serializer.is_valid(raise_exception=True)
        except (APIException, Refusal):
            self.row_id()  # where there is no row the answer is 404, whatever else is wrong
            raise
        service(**{id_name: row_id}, versions=versions, actor=self.request.user, **serializer.validated_data)
        return self.write_response(row_id)

    def handle_exception(self, exc: Exception) -> Any:
        response = super().handle_exception(exc)
        if isinstance(exc, StaleVersion) and "pk" in self.kwargs:
            try:
                data = self.conflict_representation(self.kwargs["pk"])
            except Exception as fault:  # DRF no longer catches here: the row was deleted, or the database is gone
                return super().handle_exception(fault)
            response["ETag"] = entity_tag(dump(data), version_of(data))
        return response
