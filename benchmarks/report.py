"""Puts what was measured into words: tables in Markdown, and latest.json."""

import json
import os
import platform
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
    lines = [f"Not measured: {case}, since {why}." for case, why in run.skipped.items()]
    if "export" in run.rounds:
        before, after = (run.memory[name] / MEGABYTE for name in ("post", "export"))
        lines.append(
            f"The largest process of the service held {before:.0f} MB before the export, {after:.0f} MB after it."
        )
    return "\n".join(lines)


def flatness(small: Run, large: Run, cases: list[Case]) -> str:
    """How many times longer each read takes in the large database, by the median request."""
    lines = [["", f"{small.size:,}", f"{large.size:,}", "growth", f"at most {FLAT}"]]
    for case in cases:
        before, after = small.rounds[case.name][OURS], large.rounds[case.name][OURS]
        growth = paired(before, after)
        lines.append([case.title, _spread(before), _spread(after), f"{growth:.2f}", "yes" if growth <= FLAT else "no"])
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


def write_json(run: Run, facts: dict[str, Any]) -> None:
    content = {
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "machine": facts,
        "statements": run.size,
        "seconds": run.seconds,
        "rounds": {case: _rounded(measured) for case, measured in run.rounds.items()},
        "skipped": run.skipped,
        "peak_memory_bytes": run.memory,
        "goals": [line for goal in GOALS if (line := goal.line(run.rounds))],
    }
    latest = FOLDER / "latest.json"
    runs = json.loads(latest.read_text()) if latest.exists() else {}
    latest.write_text(json.dumps({**runs, f"{run.size} statements": content}, indent=1) + "\n")


def _rounded(measured: dict[str, list[float]]) -> dict[str, list[float]]:
    return {name: [round(value, 1) for value in values] for name, values in measured.items()}


def write_readme(mark: str, text: str) -> None:
    """Replaces what stands in README.md between the marks of that name."""
    begin, end = f"<!-- {mark} begins -->", f"<!-- {mark} ends -->"
    readme = FOLDER / "README.md"
    before, rest = readme.read_text().split(begin)
    _old, after = rest.split(end)
    readme.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")
