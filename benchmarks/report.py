"""Puts what was measured into words: tables in Markdown, and latest.json."""

import json
import os
import platform
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.cases import Case
from benchmarks.contenders import ALL, DRF, FASTAPI, LIMIT, NINJA, OURS, PROCESSES
from benchmarks.goals import FLAT, GOALS, MEGABYTE, Rounds, paired
from benchmarks.load import CONNECTIONS, generator
from benchmarks.newsroom import Newsroom

FOLDER = Path(__file__).resolve().parent


@dataclass
class Run:
    size: int
    seconds: float
    rounds: Rounds = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)  # case → why
    memory: dict[str, int] = field(default_factory=dict)  # case → the most bytes a process of ours held so far
    latencies: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)  # case → contender → p50 and so on
    processes: dict[str, dict[str, float]] = field(default_factory=dict)  # contender → seconds and MB
    one_caller: dict[str, list[float]] = field(default_factory=dict)  # what → milliseconds of each request

    def add(self, case: Case, contender: str, value: float) -> None:
        self.rounds.setdefault(case.name, {}).setdefault(contender, []).append(value)


def table(run: Run, cases: list[Case]) -> str:
    lines = [["", "unit", *ALL, f"of {LIMIT}", f"× {DRF}", f"× {NINJA}", f"× {FASTAPI}"]]
    for case in cases:
        measured = run.rounds.get(case.name)
        if not measured:
            continue
        ours = measured[OURS]
        cells = [_spread(measured[name]) if name in measured else "" for name in ALL]
        others = [f"{paired(ours, measured[name]):.2f}" if name in measured else "" for name in ALL[1:]]
        lines.append([case.title, case.unit, *cells, *others])
    return markdown(lines)


def goals(run: Run) -> str:
    found = [line for goal in GOALS if (line := goal.line(run.rounds))]
    if not found:
        return ""
    return markdown([["goal", "wanted", "reached", ""], *map(list, found)])


def remarks(run: Run) -> str:
    lines = [f"Not measured: {case}. {why}" for case, why in run.skipped.items()]
    if "export" in run.rounds and "post" in run.memory:
        before, after = (run.memory[name] / MEGABYTE for name in ("post", "export"))
        lines.append(
            f"The largest process of the service held {before:.0f} MB before the export, {after:.0f} MB after it."
        )
    return "\n".join(lines)


def written(cases: list[Case]) -> str:
    """How many writes a second each contender took beside the reads; fewer than the title says: it could not."""
    lines = [["writes/s that were made", *ALL]]
    for case in cases:
        if case.written:
            lines.append([case.title, *(_spread(case.written[name]) if name in case.written else "" for name in ALL)])
    return markdown(lines) if lines[1:] else ""


def flatness(runs: list[Run], titles: dict[str, str]) -> str:
    """How many times longer each read takes in the largest database than in the smallest, by the median request."""
    lines = [["", *(f"{run.size:,}" for run in runs), "growth", f"at most {FLAT}"]]
    for case, title in titles.items():
        measured = [run.rounds.get(case, {}).get(OURS) for run in runs]
        cells = [_spread(values) if values else "" for values in measured]
        there = [values for values in measured if values]
        growth = paired(there[0], there[-1])
        judged = "yes" if growth <= FLAT else "no"
        lines.append([title, *cells, *([f"{growth:.2f}", judged] if len(there) > 1 else ["", ""])])
    return markdown(lines)


def _spread(values: list[float]) -> str:
    middle, low, high = median(values), min(values), max(values)
    digits = 0 if middle >= 100 else 1
    return f"{middle:,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


def markdown(lines: list[list[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rows = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([rows[0], rule, *rows[1:]])


def machine(newsroom: Newsroom) -> dict[str, Any]:
    """What the numbers depend on, and nothing that names this machine."""
    [[postgres]] = newsroom.query("SHOW server_version")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1e9),
        "python": platform.python_version(),
        "postgresql": postgres,
        "django": version("django"),
        "gunicorn": version("gunicorn"),
        "processes": int(PROCESSES),
        "connections": CONNECTIONS,
        "load": generator(),
    }


def write_json(run: Run, cases: list[Case], facts: dict[str, Any]) -> None:
    content = {
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "machine": facts,
        "statements": run.size,
        "seconds": run.seconds,
        "rounds": run.rounds,
        "writes_beside": {case.name: case.written for case in cases if case.written},
        "latencies": run.latencies,
        "one_caller": run.one_caller,
        "processes": run.processes,
        "skipped": run.skipped,
        "peak_memory_bytes": run.memory,
        "goals": [line for goal in GOALS if (line := goal.line(run.rounds))],
    }
    latest = FOLDER / "latest.json"
    try:
        runs = json.loads(latest.read_text()) if latest.exists() else {}
        latest.write_text(json.dumps({**runs, f"{run.size} statements": _rounded(content)}, indent=1) + "\n")
    except (OSError, ValueError) as fault:
        say(f"benchmarks/latest.json was not written: {fault}.")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return round(value, 1) if isinstance(value, float) else value


def write_readme(mark: str, text: str) -> None:
    """Replaces what stands in README.md between the marks of that name. What has no place there was only printed."""
    begin, end = f"<!-- {mark} begins -->", f"<!-- {mark} ends -->"
    readme = FOLDER / "README.md"
    try:
        before, rest = readme.read_text().split(begin)
        _old, after = rest.split(end)
        readme.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")
    except ValueError:
        say(f"benchmarks/README.md was not changed: it has no place for “{mark}”.")
    except OSError as fault:
        say(f"benchmarks/README.md was not changed: {fault.strerror}.")


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
