"""What each contender takes to start, and the memory of its processes (Linux)."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.cases import Case
from benchmarks.contenders import (
    ALL,
    BY_WORDS,
    OURS,
    PROCESSES,
    Contender,
    command_of,
    environment_of,
    run_server,
    wait_for,
)
from benchmarks.load import requests_per_second
from benchmarks.newsroom import Newsroom
from benchmarks.report import markdown

TURNS = 3


def measure(newsroom: Newsroom, case: Case, seconds: float) -> dict[str, dict[str, float]]:
    """`case` is what they are asked before the second look at their memory."""
    assert case.requests is not None
    found = {}
    for name in (OURS, BY_WORDS, *ALL[1:]):
        starts = []
        for turn in range(TURNS):
            began = time.monotonic()
            with run_server(name, command_of(name), environment_of(name, newsroom), newsroom.data_dir) as contender:
                wait_for(contender, newsroom.data_dir / f"{name}.log")
                starts.append(time.monotonic() - began)
                if turn == TURNS - 1:
                    before = _memory(contender)
                    requests_per_second(contender, case.requests(contender), seconds)
                    after = _memory(contender)
        found[name] = {"start": min(starts), "before": before["all"], "after": after["all"], "worker": after["worker"]}
    return found


def _memory(contender: Contender) -> dict[str, float]:
    """In MB. What processes share counts once: for `all` by its parts (PSS), for the largest worker whole (RSS)."""
    workers, whole = [0], 0
    for pid, parent in _processes(contender):
        sizes = dict(re.findall(r"^(Rss|Pss):\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M))
        whole += int(sizes["Pss"])
        workers += [int(sizes["Rss"])] if parent == contender.process.pid else []
    return {"all": whole * 1024 / 1e6, "worker": max(workers) * 1024 / 1e6}


def _processes(contender: Contender) -> Iterator[tuple[int, int]]:
    """Of its group: the id, and the parent's."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == contender.process.pid:
            yield int(stat.parent.name), int(fields[1])


def table(found: dict[str, dict[str, Any]]) -> str:
    if not found:
        return ""
    head = [
        f"{PROCESSES} workers each",
        "s to the first answer",
        "MB of all processes, just started",
        "MB after the list was asked for",
        "MB of the largest worker, shared ones included",
    ]
    names = {BY_WORDS: f"{OURS}, MATCHING_MODEL=none"}
    lines = [
        [names.get(name, name), f"{one['start']:.1f}", *(f"{one[each]:.0f}" for each in ("before", "after", "worker"))]
        for name, one in found.items()
    ]
    return markdown([head, *lines])
