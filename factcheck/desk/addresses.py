"""The addresses of rows, and of what they were."""

from datetime import UTC, datetime
from typing import Any


def plural(resource: str) -> str:
    return resource if resource == "evidence" else f"{resource}s"


def address_of(resource: str, row_id: Any) -> str:
    if resource == "user":  # only admins read what is recorded of users
        return f"/accounts/{row_id}/"
    return f"/api/v1/{plural(resource)}/{row_id}/"


def instant(at: datetime) -> str:
    """As `?as_of=` takes it."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
