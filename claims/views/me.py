"""Who is calling."""

from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from claims.roles import REQUIRED_ROLE
from factcheck.api.base import BaseView
from factcheck.api.filters import known_parameters, refuse_unknown
from factcheck.api.roles import Role, role_of
from factcheck.journal.serializers import UserSerializer


class MeSerializer(serializers.Serializer[Any]):
    user = UserSerializer()
    role = serializers.ChoiceField([(role.name.lower(), role.name.lower()) for role in Role])
    read_only = serializers.BooleanField(  # type: ignore[assignment]
        help_text="Whether the token that you call with only reads."
    )
    may = serializers.ListField(
        child=serializers.CharField(),
        help_text="What you may do: the names of actions, such as `tag`, as the roles have them.",
    )


class MeViewSet(BaseView, GenericViewSet[User]):
    serializer_class = MeSerializer
    schema_tag = "me"
    required_role = Role.VIEWER
    pagination_class = None

    @extend_schema(operation_id="me_read", responses=MeSerializer)
    def retrieve(self, request: Request) -> Response:
        """Read who you are, and what you may do.

        A frontend offers only that. Without credentials the answer is 401, also if the service has public reads.
        """
        refuse_unknown(request, known_parameters(self, request))
        role, read_only = role_of(request.user), bool(getattr(request.auth, "read_only", False))
        held = min(role, Role.VIEWER) if read_only else role
        return Response(
            {
                "user": {"id": request.user.pk, "username": request.user.get_username()},
                "role": role.name.lower(),
                "read_only": read_only,
                "may": sorted(action for action, required in REQUIRED_ROLE.items() if held >= required),
            }
        )
