"""How long an answer takes while the server has half the work that it can do, rather than all."""

import time
from statistics import median, quantiles
from typing import Any

from benchmarks.cases import Case
from benchmarks.contenders import ALL, Contender
from benchmarks.load import paced
from benchmarks.report import Run, markdown

CASES = ("list", "one", "tag", "post")
SHARE = 0.5  # of the requests a second that were answered when each connection always had one
TURNS = 2
REQUESTS = 50  # at least, in each turn, so that there is a p99
LONGEST = 10.0  # seconds of a turn


def measure(run: Run, case: Case, contenders: dict[str, Contender]) -> None:
    saturated = {name: median(values) for name, values in run.rounds.get(case.name, {}).items()}
    found: dict[str, dict[str, list[float]]] = {}
    for _turn in range(TURNS):
        for name, rate in saturated.items():
            seconds = min(LONGEST, max(run.seconds, REQUESTS / (rate * SHARE)))
            one = _measure(case, contenders[name], rate * SHARE, seconds)
            kept = found.setdefault(name, {"rates": [], "latencies": []})
            kept["rates"].append(one.rate)
            kept["latencies"] += one.latencies
    run.latencies[case.name] = {
        name: _summary(**values) for name, values in found.items() if len(values["latencies"]) > 1
    }


def _measure(case: Case, contender: Contender, rate: float, seconds: float) -> Any:
    assert case.requests is not None
    with paced(contender, case.requests(contender), rate) as load:
        time.sleep(seconds)
    return load


def _summary(rates: list[float], latencies: list[float]) -> dict[str, float]:
    parts = quantiles(latencies, n=100)
    return {"rate": median(rates), "p50": parts[49], "p95": parts[94], "p99": parts[98]}


def table(run: Run, cases: list[Case]) -> str:
    if not run.latencies:
        return ""
    lines = [["ms: p50 / p95 / p99 (requests/s)", *ALL]]
    for case in cases:
        if measured := run.latencies.get(case.name):
            lines.append([case.title, *(_cell(measured.get(name)) for name in ALL)])
    return markdown(lines)


def _cell(found: dict[str, float] | None) -> str:
    return f"{found['p50']:.1f} / {found['p95']:.1f} / {found['p99']:.1f} ({found['rate']:,.0f})" if found else ""
