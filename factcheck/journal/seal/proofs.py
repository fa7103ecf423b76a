"""Proofs from the stored hashes. Each costs two queries for hashes, and at most some thousand of them."""

from collections.abc import Mapping, Sequence

from django.db import connection

from factcheck.journal.seal import tree

LEAVES = """
SELECT 0, l.position, l.hash FROM unnest(%s::bigint[], %s::bigint[]) AS r(first, stop)
JOIN journal_leaf l ON l.position >= r.first AND l.position < r.stop
"""
NODES = """
SELECT n.level, n.index, n.hash FROM unnest(%s::smallint[], %s::bigint[], %s::bigint[]) AS r(level, first, stop)
JOIN journal_node n ON n.level = r.level AND n.index >= r.first AND n.index < r.stop
"""


def inclusion_path(position: int, size: int) -> list[bytes]:
    return tree.inclusion_path(position, size, stored_hashes)


def consistency_path(first: int, second: int) -> list[bytes]:
    return tree.consistency_path(first, second, stored_hashes)


def stored_hashes(ranges: Sequence[tree.Range]) -> Mapping[tree.Subtree, bytes]:
    """Two queries at most, whatever the ranges."""
    leaves = [(first, stop) for level, first, stop in ranges if not level]
    nodes = [part for part in ranges if part[0]]
    found: dict[tree.Subtree, bytes] = {}
    with connection.cursor() as cursor:
        for query, rows in ((LEAVES, leaves), (NODES, nodes)):
            if rows:
                cursor.execute(query, [list(column) for column in zip(*rows, strict=True)])
                found |= {(level, index): bytes(stored) for level, index, stored in cursor}
    return found
