from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from factcheck.api.models import Token
from factcheck.api.roles import remember_role
from factcheck.postgres.prepared import prepared


class TokenAuthentication(KnoxTokenAuthentication):
    """`Authorization: Token KEY`, looked up by its digest in one indexed query that writes nothing.

    Knox reads every token with the same first characters and deletes expired ones on the way.
    """

    def authenticate(self, request: Request) -> tuple[object, Token] | None:
        return super().authenticate(request) if "HTTP_AUTHORIZATION" in request.META else None

    def authenticate_credentials(self, token: bytes) -> tuple[object, Token]:
        digest = hash_token(token.decode("ascii", "replace"))
        found = token_with_user(digest)
        if found is None or (found.expiry is not None and found.expiry <= timezone.now()):
            raise AuthenticationFailed("This token is unknown, expired or revoked. Make a new one.")
        return self.validate_user(found)


TOKEN_FIELDS = [field.attname for field in Token._meta.concrete_fields]
USER_FIELDS = [field.attname for field in User._meta.concrete_fields]


def token_with_user(digest: str) -> Token | None:
    """The token with its user and the user's role, in one prepared query: it is part of every program's request."""

    def build(placeholder: str) -> QuerySet[Any, Any]:
        groups = Group.objects.filter(user=OuterRef("user")).order_by("pk").values("name")
        columns = [*TOKEN_FIELDS, *(f"user__{name}" for name in USER_FIELDS), ArraySubquery(groups)]
        return Token.objects.filter(digest=placeholder).values_list(*columns)

    for row in prepared(token_with_user, build, str).rows(digest):
        token = Token.from_db("default", TOKEN_FIELDS, row[: len(TOKEN_FIELDS)])
        token.user = User.from_db("default", USER_FIELDS, row[len(TOKEN_FIELDS) : -1])
        remember_role(token.user, row[-1])
        return token
    return None


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"
    priority = 1

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Authorization: Token KEY`; make a key at /api/v1/tokens/.",
        }
