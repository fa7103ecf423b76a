"""Refusals of the service: its problem documents (RFC 9457)."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import httpx

from . import types


class Problem(Exception):
    """`about:blank` is the type of a refusal that came from elsewhere, as from a proxy."""

    def __init__(self, response: httpx.Response) -> None:
        document = document_of(response)
        self.type: types.ProblemType | Literal["about:blank"] = document.get("type", "about:blank")
        self.title: str = document.get("title") or response.reason_phrase or f"HTTP {response.status_code}"
        self.status = response.status_code
        self.detail: str = document.get("detail", self.title)
        self.errors: list[types.FieldError] = document.get("errors", [])
        self.candidates: list[types.PassagePlace] = document.get("candidates", [])
        self.nearest: types.PassagePlace | None = document.get("nearest")
        self.source_candidates: list[types.SourceCandidate] = document.get("source_candidates", [])
        self.retry_after = seconds_of(response.headers.get("Retry-After"))
        self.request_id: str | None = response.headers.get("X-Request-ID")
        super().__init__(self.detail)


class PreconditionFailed(Problem):
    """412: somebody has written the row since it was read.

    `etag` and `version` are those of the row as it is now. They are None if several rows were written at once, where
    `errors` names each with its version.
    """

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response)
        self.etag: str | None = response.headers.get("ETag")
        version = re.match(r'(?:W/)?"(\d+)', self.etag or "")
        self.version = int(version[1]) if version else None


def problem_of(response: httpx.Response) -> Problem:
    return PreconditionFailed(response) if response.status_code == 412 else Problem(response)


def document_of(response: httpx.Response) -> dict[str, Any]:
    """The fields of a types.Problem; none of them if it is no problem document."""
    is_problem = response.headers.get("Content-Type", "").startswith("application/problem+json")
    document: dict[str, Any] = response.json() if is_problem else {}
    return document


def seconds_of(header: str | None) -> float | None:
    """Retry-After, which is in seconds or a date."""
    if header is None:
        return None
    if header.isdecimal():
        return float(header)
    try:
        return max((parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None
