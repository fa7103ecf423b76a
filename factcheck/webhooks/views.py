"""The endpoints of webhooks and of their deliveries."""

import json
from typing import Any, NoReturn

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from factcheck.api.addresses import absolute_address
from factcheck.api.base import BaseView
from factcheck.api.filters import ChoiceFilter, refuse_unknown
from factcheck.api.form_methods import redirect_form
from factcheck.api.models import IdempotentAnswer
from factcheck.api.references import MAX_ID
from factcheck.api.roles import Role
from factcheck.api.viewsets import RecordedViewSet
from factcheck.errors import Conflict, Versions
from factcheck.webhooks.models import Delivery, Webhook
from factcheck.webhooks.serializers import (
    DeliverySerializer,
    NoInputSerializer,
    WebhookSerializer,
    WebhookWithSecretSerializer,
)
from factcheck.webhooks.services import (
    create_webhook,
    delete_webhook,
    ping_webhook,
    redeliver,
    rotate_secret,
    update_webhook,
)


class WebhookViewSet(RecordedViewSet):
    """Where entries of the journal are sent as they are written.

    docs/webhooks.md says how to receive and to verify them.
    """

    serializer_class = WebhookSerializer
    schema_tag = "webhooks"
    noun = "a webhook"
    has_public_reads = False
    required_role = Role.EDITOR
    queryset = Webhook.objects.for_reading()

    @extend_schema(responses={201: WebhookWithSecretSerializer})
    def create(self, request: Request) -> Response:
        """Create a webhook.

        Its secret is in this answer and nowhere else: keep it. What was written before is not sent; read it from
        `journal/`. At most 50 are active.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        webhook = create_webhook(actor=request.user, **serializer.validated_data)
        return self._with_secret(webhook.pk, status.HTTP_201_CREATED, {"Location": self.address(webhook.pk)})

    def perform_update(self, row_id: int, versions: Versions, **fields: Any) -> None:
        update_webhook(webhook_id=row_id, versions=versions, **fields)

    def destroy(self, request: Request, pk: int) -> Any:
        """Delete a webhook.

        With the log of its deliveries. What is pending is not sent.
        """
        delete_webhook(webhook_id=self.row_id(), versions=self.versions())
        whole_list = absolute_address(request, "webhook-list")
        return redirect_form(request, whole_list) or Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=WebhookWithSecretSerializer)
    @action(
        detail=True, methods=["post"], url_path="rotate-secret", conditional=True, serializer_class=NoInputSerializer
    )
    def rotate_secret(self, request: Request, pk: int) -> Any:
        """Give a webhook a new secret.

        It is in this answer and nowhere else. For 24 hours the secret of before signs besides: until then give the
        receiver the new one.
        """
        self._judge_input()
        rotate_secret(webhook_id=self.row_id(), versions=self.versions())
        return self._with_secret(pk)

    @extend_schema(responses={201: DeliverySerializer})
    @action(detail=True, methods=["post"], serializer_class=NoInputSerializer)
    def ping(self, request: Request, pk: int) -> Any:
        """Send a ping.

        It waits its turn as an entry does, and the log of deliveries has its answer a moment later. Its type is `ping`.
        While one waits, that one is sent at once, and there is no other.
        """
        self._judge_input()
        delivery = ping_webhook(webhook_id=self.row_id())
        answer = Response(DeliverySerializer(delivery).data, status=status.HTTP_201_CREATED)
        return redirect_form(request, self.address(pk)) or answer

    def stored_data(self, response: Response) -> Any:
        """Without the secret, which only the first answer has."""
        if self.action not in ("create", "rotate_secret"):
            return super().stored_data(response)
        return {name: value for name, value in response.data.items() if name != "secret"}

    def replay(self, stored: IdempotentAnswer) -> Any:
        if self.action in ("create", "rotate_secret"):
            self._refuse_replay(stored)
        return super().replay(stored)

    def _refuse_replay(self, stored: IdempotentAnswer) -> NoReturn:
        raise Conflict(
            gettext(
                "The first request did this, and only its answer held the secret. If you lost it, rotate the secret "
                "with a new Idempotency-Key."
            ),
            made=json.loads(stored.body),
        )

    def _judge_input(self) -> None:
        self.refuse_unknown()
        self.get_serializer(data=self.request.data).is_valid(raise_exception=True)

    def _with_secret(self, row_id: int, code: int = status.HTTP_200_OK, headers: Any = None) -> Response:
        webhook = self.get_queryset().get(pk=row_id)
        return Response(WebhookWithSecretSerializer(webhook).data, status=code, headers=headers)


class DeliveryFilter(django_filters.FilterSet):
    state = ChoiceFilter(choices=Delivery.State.choices, label="Only deliveries in this state.")

    class Meta:
        model = Delivery
        fields: list[str] = []


class DeliveryViewSet(BaseView, GenericViewSet[Delivery]):
    """The log of what was sent to one webhook, and what waits."""

    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    schema_tag = "webhooks"
    required_role = Role.EDITOR
    lookup_url_kwarg = "delivery"
    lookup_value_converter = "int"
    index_ordered_filters = {"id": (frozenset({"state"}),)}
    queryset = Delivery.objects.all()

    def check_address(self, **kwargs: Any) -> None:
        if max(kwargs.values()) > MAX_ID or not Webhook.objects.filter(pk=kwargs["webhook"]).exists():
            raise Http404

    def get_queryset(self) -> QuerySet[Delivery]:
        return super().get_queryset().filter(webhook=self.kwargs["webhook"])

    @extend_schema(operation_id="webhooks_deliveries")
    def list(self, request: Request, webhook: int) -> Response:
        """List the deliveries of a webhook.

        Newest first, each with all attempts and what the receiver answered. Thirty days after they ended they are
        deleted.
        """
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(responses=DeliverySerializer)
    @action(detail=True, methods=["post"], serializer_class=NoInputSerializer)
    def redeliver(self, request: Request, webhook: int, delivery: int) -> Any:
        """Send a delivery again.

        With the same `webhook-id`, whatever came of it before. A pending one is sent at once.
        """
        refuse_unknown(request, {"format"})
        self.get_serializer(data=request.data).is_valid(raise_exception=True)
        row = redeliver(webhook_id=webhook, delivery_id=delivery)
        log = absolute_address(request, "delivery-list", webhook)
        return redirect_form(request, log) or Response(DeliverySerializer(row).data)
