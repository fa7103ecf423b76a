"""Retry-safe POST: the Idempotency-Key header of the IETF httpapi draft.

The answer is stored in the transaction that does the work: wherever an attempt dies, both are there or neither is.
Attempts with one key wait for each other on an advisory lock, which ends with the transaction that holds it.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any

from django.db import OperationalError, connection, transaction
from django.http.response import HttpResponseBase
from psycopg.errors import LockNotAvailable
from rest_framework.request import Request

from factcheck.api.models import IdempotentAnswer
from factcheck.api.renderers import dump
from factcheck.errors import FirstAttemptRunning, IdempotencyKeyReused, InvalidInput

HEADER = "Idempotency-Key"
MAX_KEY_LENGTH = 255
BARE_KEY = re.compile(r"[!#-~][!-~]*")
QUOTED_KEY = re.compile(r'"(?P<inside>(?:[!#-\[\]-~]|\\["\\])+)"')  # a string of RFC 9651 without spaces
LOCK_TIMEOUT = "5s"  # waiting for a first attempt occupies a thread and a connection
DELETED_AT_ONCE = 20


def has_key(request: Request) -> bool:
    return request.method == "POST" and HEADER in request.headers


def run_once(
    view: Any, handler: Callable[..., Any], key: str, digest: bytes, request: Request, *args: Any, **kwargs: Any
) -> HttpResponseBase:
    """The handler's response; for a request that was answered before, that answer, and nothing is written.

    Only a success is stored. A refusal wrote nothing, so its key stays free: for the same request or a corrected one.
    Raises IdempotencyKeyReused where the key came with another request, FirstAttemptRunning.
    """
    with transaction.atomic(durable=True):
        lock_key(request.user, key)
        stored = stored_response(request.user, key)
        if stored is None:
            response = handler(request, *args, **kwargs)
            if response.status_code < 400:
                _store(view, response, user=request.user, key=key, request_digest=digest)
            return response
    if bytes(stored.request_digest) != digest:
        raise IdempotencyKeyReused(
            f"You used this {HEADER} for another method, address, content type or body. Make a new key for each "
            "request, and repeat the request byte for byte to retry it."
        )
    return view.replay(stored)


def _store(view: Any, response: Any, **fields: Any) -> None:
    data = view.stored_data(response)
    IdempotentAnswer.objects.create(
        status=response.status_code,
        location=response.headers.get("Location", ""),
        body="" if data is None else dump(data).decode(),
        **fields,
    )
    IdempotentAnswer.objects.delete_expired(DELETED_AT_ONCE)


def key_of(request: Request) -> str:
    """The key, bare or in quotes: `"abc"` and `abc` are the same one."""
    given = request.headers[HEADER].strip(" \t")
    if quoted := QUOTED_KEY.fullmatch(given):
        key = re.sub(r"\\(.)", r"\1", quoted["inside"])
    else:
        key = given if BARE_KEY.fullmatch(given) else ""
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise InvalidInput(f"{HEADER} must be 1 to {MAX_KEY_LENGTH} visible ASCII characters, such as a UUID.")
    return key


def request_digest(request: Request) -> bytes:
    """What must be the same in a retry. If-Match may differ: the sender may have read the row again in the meantime."""
    head = f"{request.method} {request.get_full_path()}\n{request.content_type}\n"
    return hashlib.blake2b(head.encode() + request.body, digest_size=32).digest()


def lock_key(user: Any, key: str) -> None:
    """Waits until no other attempt with this key runs, and makes others wait until this transaction ends.

    It must be the first lock of the transaction: an attempt that waits here holds no other lock, so no deadlock can
    arise. Raises FirstAttemptRunning when the wait is too long.
    """
    name = hashlib.blake2b(f"{HEADER} {user.pk} {key}".encode(), digest_size=8).digest()
    lock = [int.from_bytes(name, signed=True)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", lock)
        if cursor.fetchone()[0]:
            return
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
        try:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", lock)
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise FirstAttemptRunning("Ask again in a moment; you will get its answer.") from error
            raise
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


def stored_response(user: Any, key: str) -> IdempotentAnswer | None:
    """Read after lock_key(), in a statement of its own, whose snapshot holds what the attempt before it committed."""
    stored = IdempotentAnswer.objects.filter(user=user.pk, key=key).first()
    if stored is None or not stored.is_expired:
        return stored
    # Deleted now, not when the new answer is stored: another transaction may be deleting the row too, and to wait for
    # it while the handler's locks are held could end in a deadlock.
    stored.delete()
    return None
