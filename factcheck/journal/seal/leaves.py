"""What of an entry is sealed. This is the only place that says so."""

from datetime import UTC
from math import inf
from typing import Any

import rfc8785

from factcheck.journal.models import Entry
from factcheck.journal.seal import tree

EXACT = 2**53 - 1  # beyond it, JSON's numbers are not exact


def leaf_hash(entry: Entry) -> bytes:
    """The hash of the entry as canonical JSON (RFC 8785), with the values that `/journal/` shows.

    `at` is UTC with microseconds; `actor` is the id or null. A whole number beyond 2**53 - 1, which JSON has no exact
    form for, is written as text (RFC 7493, section 2.2), and so is one beyond the largest double: “inf”.
    """
    leaf = {
        "id": entry.pk,
        "at": f"{entry.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "actor": entry.actor_id,
        "actor_name": entry.actor_name,
        "action": entry.action,
        "resource": entry.resource,
        "resource_id": entry.resource_id,
        "version": entry.version,
        "article": entry.article,
        "reason": entry.reason,
        "data": entry.data,
    }
    try:
        return tree.leaf_hash(rfc8785.dumps(leaf))
    except rfc8785.CanonicalizationError:
        return tree.leaf_hash(rfc8785.dumps(_exact(leaf)))


def _exact(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _exact(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_exact(inner) for inner in value]
    too_large = (isinstance(value, int) and abs(value) > EXACT) or value in (inf, -inf)
    return str(value) if too_large else value
