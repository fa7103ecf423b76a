"""The cursors of keyset pagination: where a page of a list starts, as an opaque text."""

import base64
import binascii
import hashlib
import json
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext
from rest_framework.request import Request

from factcheck.errors import InvalidInput


class Cursor(NamedTuple):
    """The page starts after the row with this id, whose ordering field has this value."""

    value: Any
    row_id: int
    backwards: bool
    fingerprint: str

    def encode(self) -> str:
        value = self.value.isoformat() if isinstance(self.value, date) else self.value
        packed = json.dumps([value, self.row_id, int(self.backwards), self.fingerprint], separators=(",", ":"))
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, model: Any, field: str) -> "Cursor":
        """Raises InvalidInput."""
        try:
            packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            value, row_id, backwards, fingerprint = json.loads(packed)
            if not (type(row_id) is int and 0 <= row_id < 2**63 and backwards in (0, 1)):
                raise ValueError
            return cls(_parse_value(model, field, value), row_id, bool(backwards), fingerprint)
        except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError):
            detail = gettext("This is not a cursor. Take it from `next` or `previous` of a list.")
            raise InvalidInput.parameter("cursor", "invalid", detail) from None


def fingerprint(request: Request, field: str, descending: bool) -> str:
    """Identifies the list that a cursor belongs to. In another list the cursor would skip rows without notice."""
    filters = sorted(
        (name, values)
        for name, values in request.query_params.lists()
        if name not in ("cursor", "page_size", "ordering", "format")
    )
    text = json.dumps([request.path, filters, field, descending])
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _parse_value(model: Any, field: str, value: Any) -> Any:
    """The value as the ordering field has it. Raises ValueError, TypeError or OverflowError."""
    kind = model._meta.get_field(field).get_internal_type()
    if kind == "DateTimeField":
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError
        return instant.astimezone(UTC)  # OverflowError if it is in no year from 1 to 9999 there
    if kind == "DateField":
        return date.fromisoformat(value)
    if type(value) is not (str if kind in ("CharField", "TextField") else int):
        raise ValueError
    if type(value) is str and ("\x00" in value or not value.encode()):  # encode() raises ValueError for lone surrogates
        raise ValueError
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise ValueError
    return value
