"""Webhooks, by the Standard Webhooks specification."""

import base64
import hmac
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from .types import Entry

TOLERANCE = 300  # seconds


class WebhookRefused(Exception):
    """Forged, older than five minutes, or no webhook."""


@dataclass(frozen=True)
class WebhookEvent:
    """`id` is the same for each delivery of this event: set aside what you have seen.

    `type` is the entry's action, or `ping`, which has no entry.
    """

    id: str
    type: str
    timestamp: str
    entry: Entry | None


def verify_webhook(secret: str, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
    """The event of a delivery: `body` is what was received, not parsed, and `secret` the subscription's, `whsec_…`.

    The header may have several signatures, as while the secret is changed. Raises WebhookRefused.
    """
    given = {name.lower(): value for name, value in headers.items()}
    id, timestamp, signatures = (given.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not re.fullmatch("[0-9]{1,15}", timestamp) or abs(time.time() - int(timestamp)) > TOLERANCE:
        raise WebhookRefused("The webhook has no timestamp, or one that is too old or too new.")
    signature = base64.b64encode(hmac.digest(key_of(secret), f"{id}.{timestamp}.".encode() + body, "sha256"))
    if not any(hmac.compare_digest(b"v1," + signature, given.encode()) for given in signatures.split()):
        raise WebhookRefused("No signature of the webhook is right.")
    event = json.loads(body)
    return WebhookEvent(id, event["type"], event["timestamp"], None if event["type"] == "ping" else event["data"])


def key_of(secret: str) -> bytes:
    encoded = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        key = b""
    if not key:
        raise WebhookRefused("The secret is not base64.")
    return key
