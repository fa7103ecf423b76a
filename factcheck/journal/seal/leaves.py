"""What of an entry is sealed. This is the only place that says so."""

from datetime import UTC
from math import inf
from typing import Any

import orjson
import rfc8785

from factcheck.journal.models import Entry
from factcheck.journal.seal import tree

EXACT = 2**53 - 1  # beyond it, JSON's numbers are not exact


def leaf_hash(entry: Entry) -> bytes:
    """The hash of the entry as canonical JSON (RFC 8785), with the values that `/journal/` shows.

    `at` is UTC with microseconds; `actor` is the id or null. A whole number beyond 2**53 - 1, which JSON has no exact
    form for, is written as text (RFC 7493, section 2.2), and so is one beyond the largest double: “inf”. An entry from
    before there were salts has no member `salt`.
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
    if entry.salt is not None:
        leaf["salt"] = str(entry.salt)
    return tree.leaf_hash(canonical(leaf))


def canonical(value: Any) -> bytes:
    """RFC 8785. Of plain values orjson writes the same bytes, thirty times as fast."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS) if _is_plain(value) else rfc8785.dumps(_exact(value))


def _is_plain(value: Any) -> bool:
    """Whether there are no fractions, no large numbers, and no names whose order depends on their encoding."""
    if isinstance(value, dict):
        return all(name.isascii() and _is_plain(inner) for name, inner in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return not isinstance(value, float | int) or (isinstance(value, int) and abs(value) <= EXACT)


def _exact(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _exact(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_exact(inner) for inner in value]
    too_large = (isinstance(value, int) and abs(value) > EXACT) or value in (inf, -inf)
    return str(value) if too_large else value
