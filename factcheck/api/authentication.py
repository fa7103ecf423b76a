from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, User
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.utils.translation import gettext
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from factcheck.api.models import Token, hash_key
from factcheck.api.roles import remember_role
from factcheck.postgres.prepared import prepared

SCHEMES = ("Token", "Bearer")


class TokenAuthentication(authentication.TokenAuthentication):
    """`Authorization: Token KEY`, or `Bearer KEY`, which means the same.

    Another scheme is refused: a caller who sends credentials must never be taken for an anonymous reader.
    """

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        if not request.META.get("HTTP_AUTHORIZATION"):
            return None
        self.only_reads = request.method in SAFE_METHODS
        for self.keyword in SCHEMES:
            if found := super().authenticate(request):
                return found
        raise AuthenticationFailed(
            gettext("Send your token as `Authorization: Token KEY` or `Authorization: Bearer KEY`.")
        )

    def authenticate_header(self, request: Request) -> str:
        return "Bearer, Token"

    def authenticate_credentials(self, key: str) -> tuple[User, Token]:
        token = token_with_user(hash_key(key), self.only_reads)
        if token is None or token.is_expired:
            raise AuthenticationFailed(gettext("This token is unknown, expired or revoked. Make a new one."))
        if not token.user.is_active:
            raise AuthenticationFailed(gettext("User inactive or deleted."))
        return token.user, token


TOKEN_FIELDS = [field.attname for field in Token._meta.concrete_fields]
USER_FIELDS = [field.attname for field in User._meta.concrete_fields]


def token_with_user(digest: str, only_reads: bool = False) -> Token | None:
    """The token with its user and the user's role, in one prepared query, since every API client's request needs it.

    `digest` comes from hash_key(). Of a request that only reads it is kept while nobody writes, and knows the snapshot.
    """

    def build(placeholder: str) -> QuerySet[Any, Any]:
        columns: list[Any] = [*TOKEN_FIELDS, *(f"user__{name}" for name in USER_FIELDS), groups_of("user")]
        return Token.objects.filter(digest=placeholder).values_list(*columns)

    read = prepared(token_with_user, build, str)
    rows, snapshot = read.cached(digest) if only_reads else (read.rows(digest), None)
    for row in rows:
        token = Token.from_db("default", TOKEN_FIELDS, row[: len(TOKEN_FIELDS)])
        token.snapshot = snapshot
        token.user = User.from_db("default", USER_FIELDS, row[len(TOKEN_FIELDS) : -1])
        remember_role(token.user, row[-1])
        return token
    return None


class UserBackend(ModelBackend):
    """Reads the user of a session together with the role, in one prepared query."""

    def get_user(self, user_id: int) -> User | None:
        for user in prepared(_user_with_groups, _user_with_groups, int).objects(user_id):
            remember_role(user, user.held)
            return user if self.user_can_authenticate(user) else None
        return None


def _user_with_groups(user_id: int) -> QuerySet[Any, Any]:
    return User.objects.filter(pk=user_id).annotate(held=groups_of("pk"))


def groups_of(user: str) -> ArraySubquery:
    return ArraySubquery(Group.objects.filter(user=OuterRef(user)).order_by("pk").values("name"))


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    match_subclasses = True
    name = "token"
    priority = 1

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key from /api/v1/tokens/. `Authorization: Token KEY` means the same.",
        }
