"""What can go wrong, in the newsroom's terms. Services raise these errors and know no HTTP framework."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

# The versions of a row that the caller has read and may overwrite. None means any version: `If-Match: *`.
Versions = frozenset[int] | None
# A text, or one that is translated when it is shown.
Text = str | Promise


@dataclass(frozen=True)
class FieldError:
    """One error in the input.

    `pointer` is an RFC 6901 JSON pointer as a URI fragment, such as `#/via/0`, or `?name` for a query parameter.
    """

    pointer: str
    code: str
    detail: Text


class Refusal(Exception):
    """A request that is understood and refused. It becomes an RFC 9457 problem document.

    `members` are the document's extension members.
    """

    status = HTTPStatus.BAD_REQUEST
    kind = "refused"
    title: Text = gettext_lazy("The request was refused")
    retry_after: int | None = None  # seconds until the same request may succeed

    def __init__(self, detail: Text, errors: tuple[FieldError, ...] | list[FieldError] = (), **members: Any):
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.members = members


class InvalidInput(Refusal):
    kind = "invalid-input"
    title = gettext_lazy("The input is not valid")

    def within(self, index: int) -> Self:
        """The same error, in the item of a list that has this index."""
        errors = [replace(error, pointer=f"#/{index}{error.pointer.removeprefix('#')}") for error in self.errors]
        return type(self)(f"{index}: {self.detail}", errors, **self.members)

    @classmethod
    def field(cls, name: str, code: str, detail: Text) -> Self:
        return cls(f"{name}: {detail}", [FieldError(f"#/{name}", code, detail)])

    @classmethod
    def parameter(cls, name: str, code: str, detail: Text) -> "InvalidInput":
        return cls(f"{name}: {detail}", [FieldError(f"?{name}", code, detail)])


class Unprocessable(InvalidInput):
    """Well-formed input that does not fit the article's text."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    kind = "unprocessable"
    title = gettext_lazy("The input does not fit the article")


def raise_together(refusals: Sequence[InvalidInput]) -> None:
    """Raises one refusal with the errors of all; nothing if there are none."""
    if refusals:
        first = refusals[0]
        raise type(first)(first.detail, [error for refusal in refusals for error in refusal.errors])


class Conflict(Refusal):
    status = HTTPStatus.CONFLICT
    kind = "conflict"
    title = gettext_lazy("The present state does not allow this")


class StaleVersion(Refusal):
    """Somebody else changed the row after the caller read it."""

    status = HTTPStatus.PRECONDITION_FAILED
    kind = "stale-version"
    title = gettext_lazy("This has changed since you read it")


class Gone(Refusal):
    status = HTTPStatus.GONE
    kind = "gone"
    title = gettext_lazy("This is not there any more")


class Unavailable(Refusal):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    kind = "service-unavailable"
    title = gettext_lazy("Service Unavailable")
    retry_after = 30


class PreconditionRequired(Refusal):
    status = HTTPStatus.PRECONDITION_REQUIRED
    kind = "precondition-required"
    title = gettext_lazy("Say which version you are changing")


class IdempotencyKeyReused(Refusal):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    kind = "idempotency-key-reused"
    title = gettext_lazy("This Idempotency-Key belongs to another request")


class FirstAttemptRunning(Conflict):
    kind = "first-attempt-running"
    title = gettext_lazy("The first request with this Idempotency-Key is still running")
    retry_after = 2
