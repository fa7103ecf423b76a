"""Passkeys: what a browser is asked (WebAuthn), and whether its answer is good.

A passkey belongs to the host that the browser sees. It verifies its user, by a finger or a PIN, and the device finds it
without a name: so it is a log-in by itself, and a second step.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils import timezone
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from factcheck.api.models import Passkey

logger = logging.getLogger(__name__)

STATE = "passkey"  # in a session: the challenge, which one answer uses up
LONGEST_ANSWER = 20_000
VERIFIED = UserVerificationRequirement.REQUIRED


class NotAPasskey(Exception):
    """The answer does not prove what was asked."""


def creation_options(request: HttpRequest, user: Any) -> Mapping[str, Any]:
    entity = PublicKeyCredentialUserEntity(
        id=_handle(user), name=user.get_username(), display_name=user.get_full_name() or user.get_username()
    )
    known = [AttestedCredentialData(bytes(row.credential)) for row in Passkey.objects.filter(user=user.pk)]
    asked, request.session[STATE] = _server(request).register_begin(
        entity, known, resident_key_requirement=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED
    )
    return dict(asked)["publicKey"]


def made_passkey(request: HttpRequest, answer: str, name: str) -> Passkey:
    """Not saved yet."""
    state = request.session.pop(STATE, None)
    try:
        made = _server(request).register_complete(state, _read(answer))
    except Exception as error:  # nobody has a list of what the parsers raise for bytes that the caller chooses
        raise NotAPasskey from error
    credential = made.credential_data
    if credential is None or not _is_as_asked(credential):
        raise NotAPasskey
    return Passkey(
        name=name.replace("\x00", "").strip()[:100] or "Passkey",
        credential_id=credential.credential_id,
        credential=bytes(credential),
        sign_count=made.counter,
    )


def _is_as_asked(credential: AttestedCredentialData) -> bool:
    """Which nobody else checks: the length of the id, and an algorithm that was offered."""
    is_offered = credential.public_key.ALGORITHM in CoseKey.supported_algorithms()
    return is_offered and 0 < len(credential.credential_id) <= Passkey.LONGEST_ID


def request_options(request: HttpRequest, user: Any | None) -> Mapping[str, Any]:
    """For the passkeys of the user; without one, for any."""
    known = user and [AttestedCredentialData(bytes(row.credential)) for row in Passkey.objects.filter(user=user.pk)]
    asked, request.session[STATE] = _server(request).authenticate_begin(known, user_verification=VERIFIED)
    return dict(asked)["publicKey"]


def used_passkey(request: HttpRequest, answer: str, user: Any | None) -> Passkey:
    """The passkey that gave the answer; one of the user, where that is known."""
    state = request.session.pop(STATE, None)
    try:
        given = AuthenticationResponse.from_dict(_read(answer))
        passkey = Passkey.objects.select_related("user").get(credential_id=given.raw_id)
        _server(request).authenticate_complete(state, [AttestedCredentialData(bytes(passkey.credential))], given)
    except Exception as error:  # as above
        raise NotAPasskey from error
    handle, count = given.response.user_handle, given.response.authenticator_data.counter
    if user is None:  # then the device has to say whose it is
        is_theirs = handle == _handle(passkey.user)
    else:
        is_theirs = passkey.user_id == user.pk and handle in (None, _handle(user))
    if not is_theirs:
        raise NotAPasskey
    is_next = Q(sign_count__lt=count) if count else Q(sign_count=0)
    if not Passkey.objects.filter(is_next, pk=passkey.pk).update(sign_count=count, last_used=timezone.now()):
        logger.warning(
            "Passkey %s of %s is refused: its counter did not rise. It may be a copy.", passkey.pk, passkey.user
        )
        raise NotAPasskey
    return passkey


def _server(request: HttpRequest) -> Fido2Server:
    """For the host of the request, which is one of ALLOWED_HOSTS."""
    host = request.get_host().lower()
    origin = f"{request.scheme}://{host}"
    entity = PublicKeyCredentialRpEntity(id=split_domain_port(host)[0], name="Factcheck")
    return Fido2Server(entity, verify_origin=lambda given: given == origin)


def _handle(user: Any) -> bytes:
    return str(user.pk).encode()


def _read(answer: str) -> Any:
    return json.loads(answer[:LONGEST_ANSWER])
