"""Retry-safe POST: the Idempotency-Key header of the IETF httpapi draft.

The answer is kept in the transaction that does the work: wherever an attempt dies, both are there or neither is.
Attempts with one key queue on an advisory lock, which ends with the transaction of the attempt that holds it.
"""

import hashlib
import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from psycopg.errors import LockNotAvailable
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api.models import IdempotentAnswer
from factcheck.api.renderers import dump
from factcheck.errors import FirstAttemptRunning, IdempotencyKeyReused, InvalidInput

HEADER = "Idempotency-Key"
LONGEST_KEY = 255
BARE_KEY = re.compile(r"[!#-~][!-~]*")
QUOTED_KEY = re.compile(r'"(?P<inside>(?:[!#-\[\]-~]|\\["\\])+)"')  # a string of RFC 9651 without spaces
LOCK_TIMEOUT = "5s"  # waiting for a first attempt occupies a thread and a connection
DELETED_AT_ONCE = 20


class RetrySafeMixin:
    """A POST that is sent again with its Idempotency-Key is answered as it was first, and writes nothing.

    Only success is kept. A refusal wrote nothing, so that its key is free: for the same request, which is judged
    anew, or for a corrected one.
    """

    post: Callable[..., Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method != "POST" or HEADER not in request.headers:
            super().initial(request, *args, **kwargs)  # type: ignore[misc]
            return
        # Before the log-in is checked: checking CSRF parses a multipart body, whose stream can be read only once.
        digest = digest_of(request)
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if handler := getattr(self, "post", None):
            self.post = partial(self.run_once, handler, key_of(request), digest)

    def run_once(
        self, handler: Callable[..., Any], key: str, digest: bytes, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        with transaction.atomic(durable=True):
            lock_key(request.user, key)
            kept = stored_response(request.user, key)
            if kept is None:
                response = handler(request, *args, **kwargs)
                if response.status_code < 400:
                    self.store(response, user=request.user, key=key, request_digest=digest)
                return response
        if bytes(kept.request_digest) != digest:
            raise IdempotencyKeyReused(
                f"You used this {HEADER} for another method, address, content type or body. Make a new key for each "
                "request, and repeat the request byte for byte to retry it."
            )
        return self.replay(kept)

    def store(self, response: Any, **fields: Any) -> None:
        data = self.stored_data(response)
        IdempotentAnswer.objects.create(
            status=response.status_code,
            location=response.headers.get("Location", ""),
            body="" if data is None else dump(data).decode(),
            **fields,
        )
        IdempotentAnswer.objects.delete_expired(DELETED_AT_ONCE)

    def stored_data(self, response: Any) -> Any:
        """A view that answers a secret leaves it out here, and says in `repeated` what is to be done without it."""
        return getattr(response, "data", None)

    def replay(self, kept: IdempotentAnswer) -> HttpResponseBase:
        """The ETag follows from the body, as it did at first."""
        headers = {"Location": kept.location} if kept.location else None
        if not kept.body:
            return HttpResponse(status=kept.status, headers=headers)
        return Response(json.loads(kept.body), status=kept.status, headers=headers)


def key_of(request: Request) -> str:
    """The key, bare or in quotes: `"abc"` and `abc` are the same one."""
    given = request.headers[HEADER].strip(" \t")
    if quoted := QUOTED_KEY.fullmatch(given):
        key = re.sub(r"\\(.)", r"\1", quoted["inside"])
    else:
        key = given if BARE_KEY.fullmatch(given) else ""
    if not 1 <= len(key) <= LONGEST_KEY:
        raise InvalidInput(f"{HEADER} must be 1 to {LONGEST_KEY} visible ASCII characters, such as a UUID.")
    return key


def digest_of(request: Request) -> bytes:
    """What must be the same in a retry. If-Match may differ: its sender may have read the row again meanwhile."""
    head = f"{request.method} {request.get_full_path()}\n{request.content_type}\n"
    return hashlib.blake2b(head.encode() + request.body, digest_size=32).digest()


def lock_key(user: Any, key: str) -> None:
    """Waits until no other attempt with this key runs, and keeps others waiting until this transaction ends.

    It must be the transaction's first lock: whoever waits here holds no other, so that no deadlock can arise.
    Raises FirstAttemptRunning when the wait is too long.
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
    """A statement of its own after hold(), so that its snapshot holds what the attempt before this one committed."""
    kept = IdempotentAnswer.objects.filter(user=user.pk, key=key).first()
    if kept is None or not kept.is_expired:
        return kept
    # Now, not when the new answer is kept: another transaction may be deleting the row too, and waiting for it
    # with the handler's locks in hand could end in a deadlock.
    kept.delete()
    return None
