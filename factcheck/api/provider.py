"""The identity provider: what it is asked over OpenID Connect, and what it answers. docs/identity.md."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from time import time
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client.errors import MismatchingStateError, OAuthError
from authlib.integrations.django_client import DjangoOAuth2App, OAuth
from authlib.oauth2.claims import JWTClaims
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from joserfc.errors import InvalidClaimError, JoseError
from requests import HTTPError, RequestException

from factcheck.api.roles import Role

TIMEOUT = 5  # seconds, for each request to the provider
LONGEST_SUBJECT = 255
ALGORITHMS = "id_token_signing_alg_values_supported"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_LIFETIME = 600  # seconds

logger = logging.getLogger("factcheck.provider")


class Why(StrEnum):
    """Why the provider vouches for nobody. The desk has the words."""

    DENIED = "denied"
    EXPIRED = "expired"
    UNTRUE = "untrue"
    UNREACHABLE = "unreachable"


class NotVouched(Exception):
    def __init__(self, why: Why):
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Person:
    """Of whom the provider has just said who they are."""

    subject: str
    claims: dict[str, Any]
    tokens: dict[str, str]

    @property
    def name(self) -> str:
        return self.text("name") or self.text("preferred_username")

    def text(self, claim: str) -> str:
        """Printable, since PostgreSQL has no text with a NUL, and a name is shown."""
        return _printable(str(self.claims.get(claim) or "")[:500])

    @property
    def role(self) -> str:
        """The highest of the roles that the claim names; empty for none."""
        named = _found(self.claims, settings.OIDC_ROLE_CLAIM)
        names = named if isinstance(named, list) else [named]
        held = {settings.OIDC_ROLES[name] for name in names if isinstance(name, str) and name in settings.OIDC_ROLES}
        return max(held, key=lambda role: Role[role.upper()], default="")


def _printable(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _found(claims: Any, path: str) -> Any:
    """The claim of this name, or within others, as realm_access.roles is. A name may have dots itself."""
    if not isinstance(claims, dict):
        return None
    first, _, rest = path.partition(".")
    return claims[path] if path in claims else _found(claims.get(first), rest) if rest else None


def begin(request: HttpRequest, back_to: str) -> HttpResponse:
    """Leads to the provider. State, nonce and the verifier of PKCE are kept in the session."""
    with _faults():
        return _client().authorize_redirect(request, back_to)


def finish(request: HttpRequest) -> Person:
    """Who has come back from the provider. Raises NotVouched."""
    with _faults():
        token = _client().authorize_access_token(request)
        claims = token["userinfo"]  # of the ID token, which was verified
        return _person(token, claims, claims["sub"])


def ask_again(tokens: dict[str, str], subject: str) -> Person:
    """Who the person is now. Raises NotVouched."""
    with _faults():
        if not tokens.get("refresh_token"):
            return _person(tokens, {}, subject)
        token = _client().fetch_access_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        claims = _client().parse_id_token(token, nonce=None) or {}  # a new ID token is optional here
        return _person({**tokens, **token}, claims, subject)


def subject_of_logout(logout_token: str) -> str:
    """Whom the provider has logged out, by back-channel. Raises NotVouched."""
    with _faults():
        claims = _client().parse_id_token({"id_token": logout_token}, nonce=None, claims_cls=_LogoutToken)
        return str(claims["sub"])


def _person(token: Any, claims: dict[str, Any], subject: Any) -> Person:
    if "userinfo_endpoint" in _client().load_server_metadata():
        more = _client().userinfo(token=token)
        if more.get("sub") != claims.get("sub", subject):
            raise NotVouched(Why.UNTRUE)
        claims = {**claims, **more}
    is_one = isinstance(subject, str) and subject.isprintable() and 0 < len(subject) <= LONGEST_SUBJECT
    if not is_one or claims.get("sub") != subject:
        raise NotVouched(Why.UNTRUE)
    kept = {name: token[name] for name in ("access_token", "refresh_token", "token_type") if token.get(name)}
    return Person(subject, claims, kept)


class _LogoutToken(JWTClaims):
    def validate(self, now: Any = None, leeway: int = 0) -> None:
        super().validate(now, leeway)
        audience = self.get("aud")
        if settings.OIDC_CLIENT_ID not in (audience if isinstance(audience, list) else [audience]):
            raise InvalidClaimError("aud")
        if LOGOUT_EVENT not in (self.get("events") or ()) or "nonce" in self or not self.get("iss"):
            raise InvalidClaimError("events")
        if not self.get("sub") or not time() - LOGOUT_LIFETIME < (self.get("iat") or 0):
            raise InvalidClaimError("iat")


class _Provider(DjangoOAuth2App):
    server_metadata: dict[str, Any]

    def load_server_metadata(self) -> Any:
        if "_loaded_at" in self.server_metadata:
            return self.server_metadata
        found = super().load_server_metadata()
        signed = [name for name in found.get(ALGORITHMS) or ["RS256"] if name != "none"]  # which needs no key
        self.server_metadata = {**found, ALGORITHMS: signed} if found.get("issuer") == settings.OIDC_ISSUER else {}
        if not self.server_metadata:
            raise ValueError("The provider names another issuer than OIDC_ISSUER.")
        return self.server_metadata


def _client() -> Any:
    return _client_of(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET, settings.OIDC_SCOPES)


@cache
def _client_of(issuer: str, client_id: str, client_secret: str, scopes: str) -> Any:
    """Keeps what the provider says of itself: its addresses and its keys, which are read again when a key is new."""
    return OAuth().register(
        "provider",
        client_cls=_Provider,
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": scopes, "code_challenge_method": "S256", "default_timeout": TIMEOUT},
    )


@contextmanager
def _faults() -> Iterator[None]:
    """What goes wrong at the provider, or on the way there, as NotVouched."""
    try:
        yield
    except NotVouched:
        raise
    except (AuthlibBaseError, JoseError, RequestException, ArithmeticError, LookupError, RuntimeError, TypeError,
            ValueError) as error:  # fmt: skip  # the last five of answers in another shape
        why = _why(error)
        if why not in (Why.DENIED, Why.EXPIRED):
            logger.warning("The identity provider: %s: %s", type(error).__name__, _printable(str(error)[:500]))
        raise NotVouched(why) from error


def _why(error: Exception) -> Why:
    if isinstance(error, MismatchingStateError):
        return Why.EXPIRED
    if isinstance(error, OAuthError) and error.error in ("invalid_grant", "access_denied"):
        return Why.EXPIRED if error.error == "invalid_grant" else Why.DENIED
    if isinstance(error, HTTPError) and error.response is not None and error.response.status_code in (401, 403):
        return Why.DENIED
    return Why.UNREACHABLE if isinstance(error, (RequestException, OAuthError)) else Why.UNTRUE
