"""What a request reads from the database, counted by PostgreSQL itself."""

from collections.abc import Iterator
from typing import Any

from django.db import connection


def queries_of(client: Any, address: str, **headers: str) -> tuple[Any, list[tuple[str, Any]]]:
    """The answer, and the SELECTs that it took, with their parameters."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip("( ").upper().startswith(("SELECT", "WITH")):
            asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        answer = client.get(address, headers=headers)
    return answer, asked


def plan_of(sql: str, params: Any) -> dict[str, Any]:
    """The plan as it ran, not as it was estimated."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
        return cursor.fetchone()[0][0]["Plan"]


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes_of(part)


def rows_read(plan: dict[str, Any]) -> int:
    """By every scan of a table or an index, also those that a condition then dropped.

    Without what only went into a bitmap: of each entry that is a bit, and the scan of the table counts its rows.
    """
    scans = (node for node in nodes_of(plan) if "Relation Name" in node or "Index Name" in node)
    return sum(_read_by(node) for node in scans if node["Node Type"] != "Bitmap Index Scan")


def _read_by(node: dict[str, Any]) -> int:
    dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return round((node["Actual Rows"] + dropped) * node["Actual Loops"])


def read_whole(plan: dict[str, Any], sizes: dict[str, int], at_least: int) -> set[str]:
    """Tables of which one scan, by whatever index, read more than two thirds and so many rows.

    `sizes` says how many rows each table has.
    """
    scans = (node for node in nodes_of(plan) if node.get("Relation Name") in sizes)
    most = {name: max(size * 2 / 3, at_least) for name, size in sizes.items()}
    return {scan["Relation Name"] for scan in scans if _read_by(scan) > most[scan["Relation Name"]]}


def in_words(plan: dict[str, Any], depth: int = 0) -> str:
    """The nodes that ran and what each read, for the message of a failed test."""
    if not plan["Actual Loops"]:
        return ""
    name = f"{plan['Node Type']} {plan.get('Index Name') or plan.get('Relation Name') or ''}"
    line = f"{'  ' * depth}{name}: {_read_by(plan)} rows\n"
    return line + "".join(in_words(part, depth + 1) for part in plan.get("Plans", []))
