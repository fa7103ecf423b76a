"""Standard Webhooks (standardwebhooks.com), version 1: symmetric signatures."""

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable

PREFIX = "whsec_"
SECRET_BYTES = 32


def make_secret() -> str:
    return PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(message_id: str, timestamp: int, body: bytes, keys: Iterable[str]) -> dict[str, str]:
    """With one signature for each secret. `timestamp` is the time of the attempt, in seconds since 1970."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(signed, key) for key in keys),
    }


def _signature(signed: bytes, key: str) -> str:
    digest = hmac.digest(b64decode(key.removeprefix(PREFIX)), signed, "sha256")
    return f"v1,{b64encode(digest).decode()}"
