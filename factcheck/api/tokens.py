"""A user's own API tokens. A token's key is shown once, in the answer that makes it."""

import json
from datetime import timedelta
from typing import Any, NoReturn

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from factcheck.api.addresses import absolute_address
from factcheck.api.base import BaseView
from factcheck.api.fields import StrictSerializer
from factcheck.api.form_methods import redirect_form
from factcheck.api.models import IdempotentAnswer, Token
from factcheck.api.roles import Role
from factcheck.errors import Conflict

MAX_TOKENS = 100
DEFAULT_DAYS = Token.LIFETIME.days


class TokenSerializer(StrictSerializer, serializers.ModelSerializer[Token]):
    days = serializers.IntegerField(
        write_only=True, min_value=1, max_value=365, default=DEFAULT_DAYS, initial=DEFAULT_DAYS, required=False
    )
    read_only = serializers.BooleanField(required=False, default=False)  # type: ignore[assignment]

    class Meta:
        model = Token
        fields = ["id", "name", "read_only", "prefix", "created", "expiry", "days"]
        read_only_fields = ["id", "prefix", "created", "expiry"]


class NewTokenSerializer(TokenSerializer):
    token = serializers.CharField(source="key", read_only=True, help_text="The key. It is not shown again.")

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]


@extend_schema_serializer(many=False)
class TokenListSerializer(serializers.Serializer[Any]):
    """All your tokens, on one page."""

    next = serializers.URLField(allow_null=True, help_text="Always null: there is one page.")
    previous = serializers.URLField(allow_null=True, help_text="Always null: there is one page.")
    results = TokenSerializer(many=True)


class TokenViewSet(BaseView, GenericViewSet[Token]):
    """Your own API tokens."""

    serializer_class = TokenSerializer
    schema_tag = "tokens"
    required_role = Role.VIEWER
    lookup_field = "id"
    lookup_value_converter = "uuid"
    pagination_class = None
    queryset = Token.objects.all()

    def get_queryset(self) -> QuerySet[Token]:
        return Token.objects.filter(user=self.request.user.pk).order_by("-created", "id")

    @extend_schema(responses=TokenListSerializer)
    def list(self, request: Request) -> Response:
        """List your tokens.

        All of them, on one page, without their keys.
        """
        rows = self.get_serializer(self.get_queryset(), many=True).data
        return Response({"next": None, "previous": None, "results": rows})

    @extend_schema(responses={201: NewTokenSerializer})
    @transaction.atomic
    def create(self, request: Any) -> Response:
        """Make a token.

        The key is in this answer and nowhere else: keep it.
        """
        serializer = NewTokenSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if self.get_queryset().count() >= MAX_TOKENS:
            raise Conflict(
                gettext("You have %(max_tokens)s tokens, which is the limit. Revoke one first.")
                % {"max_tokens": MAX_TOKENS}
            )
        fields: dict[str, Any] = dict(serializer.validated_data)
        days = fields.pop("days")
        token = Token.issue(request.user, lifetime=timedelta(days=days), **fields)
        return Response(NewTokenSerializer(token).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    @transaction.atomic
    def destroy_all(self, request: Request) -> Response:
        """Revoke all your tokens.

        Including the one that you call with.
        """
        self.get_queryset().delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    def stored_data(self, response: Response) -> Any:
        """Without the key, of which the database may hold only the digest."""
        return {name: value for name, value in response.data.items() if name != "token"}

    def replay(self, kept: IdempotentAnswer) -> NoReturn:
        raise Conflict(
            gettext(
                "The first request made this token, and only its answer held the key, which is not stored. If you lost "
                "the key, delete the token and make another one with a new Idempotency-Key."
            ),
            made=json.loads(kept.body),
        )

    @transaction.atomic
    def destroy(self, request: Request, id: Any) -> Any:
        """Revoke a token.

        It is refused from now on.
        """
        deleted, _ = self.get_queryset().filter(id=id).delete()
        if not deleted:
            raise Http404
        whole_list = absolute_address(request, "token-list")
        return redirect_form(request, whole_list) or Response(status=status.HTTP_204_NO_CONTENT)
