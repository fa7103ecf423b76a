"""Every GET in openapi.yaml, with each filter and each order: how much longer it takes in a large newsroom.

What was read is kept while nobody writes: so a transaction is ended before each request. An answer that has more to
say in the large newsroom is left out, and so is a stream, which does not end.
"""

import re
import time
from collections.abc import Iterator
from statistics import median
from typing import Any
from urllib.parse import urlencode

import yaml

from benchmarks.contenders import Contender, Request
from benchmarks.goals import FLAT, paired
from benchmarks.newsroom import ROOT, Newsroom
from benchmarks.report import markdown

TIMES = 9
NOT_FILTERS = {"cursor", "page_size", "format", "id", "number", "after"}
LARGER = 1.2
PLACES, KNOWN = re.compile(r"{(\w+)}"), {"id", "number"}  # in an address; without a value it is passed over
WORDS = ["minister", "seldomword", "rareword", "nowherefound"]

Side = tuple[Newsroom, Contender]


def compare(small: Side, large: Side) -> str:
    """By address, with the filter or order that grows most."""
    lines: dict[str, list[tuple[float, float, float, str]]] = {}
    pairs = zip(_addresses(small[0]), _addresses(large[0]), strict=True)
    for (path, query, few), (_, _, many) in pairs:
        if measured := _measure((small, few), (large, many)):
            before, after = measured
            line = (paired(after, before), median(before), median(after), query)
            lines.setdefault(path, []).append(line)
    head = [
        "address",
        "of",
        "grows most",
        *(f"ms with {newsroom.size:,}" for newsroom, _ in (small, large)),
        "growth",
        f"at most {FLAT}",
    ]
    return markdown([head, *(_line(path, found) for path, found in lines.items())])


def _line(path: str, found: list[tuple[float, float, float, str]]) -> list[str]:
    growth, before, after, query = max(found)
    judged = "yes" if growth <= FLAT else "no"
    return [path, str(len(found)), query, f"{before:.1f}", f"{after:.1f}", f"{growth:.2f}", judged]


def _measure(*sides: tuple[Side, str]) -> list[list[float]] | None:
    """In milliseconds, taking turns; None where there is nothing to compare."""
    times: list[list[float]] = [[] for _ in sides]
    for _turn in range(TIMES):
        sizes = []
        for own, ((newsroom, contender), address) in zip(times, sides, strict=True):
            headers = {"X-Forwarded-Proto": "https", "Authorization": f"Token {newsroom.token}"}
            newsroom.query("SELECT pg_current_xact_id()")
            began = time.perf_counter()
            answer = contender.send(Request(address, headers=headers))
            own.append((time.perf_counter() - began) * 1000)
            sizes.append(len(answer.body))
            if answer.status != 200:
                return None
        if sizes[1] > LARGER * sizes[0]:
            return None
    return times


def _addresses(newsroom: Newsroom) -> Iterator[tuple[str, str, str]]:
    """Path, query without its values of this newsroom, and the whole address."""
    values, rows = _values(newsroom)
    schema = yaml.safe_load((ROOT / "openapi.yaml").read_text())
    for path, operations in schema["paths"].items():
        if "get" not in operations or path.endswith(("/export/", "/stream/")) or set(PLACES.findall(path)) - KNOWN:
            continue
        parameters = {one["name"]: one["schema"] for one in operations["get"].get("parameters", [])}
        address = path.format(id=rows.get(path.split("/")[3]), number=1)
        size: dict[str, Any] = {"page_size": 10} if "page_size" in parameters else {}
        size |= {"text": "The minister said no."} if path.endswith("/matches/") else {}
        yield path, "", f"{address}?{urlencode(size)}"
        for name, kind in parameters.items():
            if name not in NOT_FILTERS:
                named = schema["components"]["schemas"].get(kind.get("$ref", "").rpartition("/")[2], kind)
                for value in values.get(name) or named.get("enum") or ["true", "false"]:
                    shown = "…" if isinstance(value, int) or name == "as_of" else value
                    yield path, f"{name}={shown}", f"{address}?{urlencode({**size, name: value})}"


def _values(newsroom: Newsroom) -> tuple[dict[str, Any], dict[str, int]]:
    """What to ask filters for, and the row of each resource."""
    statement = newsroom.public_statements[0]
    [[article, source]] = newsroom.query("SELECT article, source FROM claims_statement WHERE id = %s", statement)
    [[dispute]] = newsroom.query("SELECT max(id) FROM claims_dispute")
    [[evidence]] = newsroom.query("SELECT max(id) FROM claims_evidence")
    [[actor]] = newsroom.query("SELECT min(actor) FROM journal_entry")
    values = {
        "q": WORDS,
        "text": WORDS,
        "said_after": ["2020-01-01", "2023-06-01", "2031-01-01"],
        "said_before": ["2025-06-01", "2020-01-03"],
        "as_of": [newsroom.moment],
        "article": [article],
        "statement": [statement],
        "actor": [actor],
        **{name: [source] for name in ("source", "involving", "publisher", "raised_by", "part_of")},
    }
    rows = {"articles": article, "statements": statement, "sources": source, "disputes": dispute, "evidence": evidence}
    return values, rows
