"""Retry-safe POST: the Idempotency-Key header of the IETF httpapi draft.

The response is stored in the transaction that does the work: wherever an attempt fails, the database has both or
neither. Attempts with the same key wait for each other on an advisory lock, which ends with its transaction.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any

from django.db import OperationalError, connection
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from psycopg.errors import LockNotAvailable
from rest_framework.request import Request

from factcheck.api.models import IdempotentAnswer
from factcheck.api.renderers import dump
from factcheck.errors import FirstAttemptRunning, IdempotencyKeyReused, InvalidInput
from factcheck.postgres.transactions import atomic_with_retry

HEADER = "Idempotency-Key"
MAX_KEY_LENGTH = 255
BARE_KEY = re.compile(r"[!#-~][!-~]*")
QUOTED_KEY = re.compile(r'"(?P<content>(?:[!#-\[\]-~]|\\["\\])+)"')  # a String of RFC 9651 without spaces
LOCK_TIMEOUT = "5s"  # short, since an attempt that waits occupies a thread and a connection
SET_LOCK_TIMEOUT = "SELECT set_config('lock_timeout', %s, true)"
MAX_DELETED = 20  # expired answers, for each new one


def has_key(request: Request) -> bool:
    return request.method == "POST" and HEADER in request.headers


def run_once(
    view: Any, handler: Callable[..., Any], key: str, digest: bytes, request: Request, *args: Any, **kwargs: Any
) -> HttpResponseBase:
    """The handler's response. For a request that was answered before, the stored response; nothing is written then.

    Only a success is stored, since the handler raises for a refusal. A refused request wrote nothing, so its key stays
    free for a retry or a corrected request.
    Raises IdempotencyKeyReused when the key was used for another request, and FirstAttemptRunning.
    """

    @atomic_with_retry
    def first_response() -> HttpResponseBase | IdempotentAnswer:
        lock_key(request.user, key)
        if stored := stored_response(request.user, key):
            return stored
        response = handler(request, *args, **kwargs)
        _store(view, response, user=request.user, key=key, request_digest=digest)
        return response

    stored = first_response()
    if not isinstance(stored, IdempotentAnswer):
        return stored
    if bytes(stored.request_digest) != digest:
        raise IdempotencyKeyReused(
            gettext(
                "You used this %(header)s for another method, address, content type or body. Make a new "
                "key for each request, and repeat the request byte for byte to retry it."
            )
            % {"header": HEADER}
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
    IdempotentAnswer.objects.delete_expired(MAX_DELETED)


def idempotency_key(request: Request) -> str:
    """The key, which may be quoted: `"abc"` and `abc` are the same key. Raises InvalidInput."""
    value = request.headers[HEADER].strip(" \t")
    if quoted := QUOTED_KEY.fullmatch(value):
        key = re.sub(r"\\(.)", r"\1", quoted["content"])
    else:
        key = value if BARE_KEY.fullmatch(value) else ""
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise InvalidInput(
            gettext("%(header)s must be 1 to %(max_key_length)s visible ASCII characters, such as a UUID.")
            % {"header": HEADER, "max_key_length": MAX_KEY_LENGTH}
        )
    return key


def request_digest(request: Request) -> bytes:
    """Of what must be the same in a retry. If-Match may differ: the client may have read the row again."""
    head = f"{request.method} {request.get_full_path()}\n{request.content_type}\n"
    return hashlib.blake2b(head.encode() + request.body, digest_size=32).digest()


def lock_key(user: Any, key: str) -> None:
    """Waits until no other attempt with this key runs, and makes others wait until this transaction ends.

    Must be the first lock of the transaction: an attempt that waits here then holds no other lock, so there can be no
    deadlock. Raises FirstAttemptRunning when the wait exceeds LOCK_TIMEOUT.
    """
    digest = hashlib.blake2b(f"{HEADER} {user.pk} {key}".encode(), digest_size=8).digest()
    lock = [int.from_bytes(digest, signed=True)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", lock)
        if cursor.fetchone()[0]:
            return
        usual = cursor.execute("SHOW lock_timeout").fetchone()
        cursor.execute(SET_LOCK_TIMEOUT, [LOCK_TIMEOUT])
        try:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", lock)
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise FirstAttemptRunning(gettext("Ask again in a moment; you will get its answer.")) from error
            raise
        cursor.execute(SET_LOCK_TIMEOUT, usual)


def stored_response(user: Any, key: str) -> IdempotentAnswer | None:
    """Call it after lock_key(): the snapshot of this query then includes what an earlier attempt committed."""
    stored = IdempotentAnswer.objects.filter(user=user.pk, key=key).first()
    if stored is None or not stored.is_expired:
        return stored
    # Deleted here and not when the new response is stored: another transaction may be deleting the same row, and
    # waiting for it while the handler holds its locks could end in a deadlock.
    stored.delete()
    return None
