"""The service under each of the servers that it could be deployed with.

    python -m benchmarks.servers --size 10000

Compares the processor time that a server's processes spend on one answer, and their memory. Unlike answers a second,
these do not depend on what else the machine does.
"""

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from benchmarks.cases import Case, reads
from benchmarks.contenders import (
    OURS,
    PROCESSES,
    RIVAL_PYTHON,
    Contender,
    collect_static_files,
    environment_of,
    run_server,
    wait_for,
)
from benchmarks.load import peak_memory, requests_per_second
from benchmarks.newsroom import ROOT, Newsroom, prepare
from benchmarks.report import markdown, write_readme

TICKS = os.sysconf("SC_CLK_TCK")
ADDRESS = ["--host", "127.0.0.1", "--port", "{port}", "--workers", PROCESSES]
COMMANDS = {
    "gunicorn, 4 threads": ["gunicorn", "--config", "gunicorn.conf.py", "--bind", "127.0.0.1:{port}",
                            "--max-requests", "0", "factcheck.wsgi"],
    "granian, 4 threads": ["granian", *ADDRESS, "--interface", "wsgi", "--blocking-threads", "4", "--no-ws",
                           "--log-level", "warning", "factcheck.wsgi:application"],
    "uvicorn (ASGI)": ["uvicorn", *ADDRESS, "--no-access-log", "--log-level", "warning", "factcheck.asgi:application"],
}  # fmt: skip
CASES = ("list", "one", "one-signed-in")
ROUNDS = 3


def spent(contender: Contender) -> float:
    """Seconds of processor time, of all processes of the server together."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == contender.process.pid:
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def milliseconds(contender: Contender, case: Case, seconds: float) -> tuple[float, float]:
    """Of processor time for each answer; and answers a second."""
    assert case.requests is not None
    requests = case.requests(contender)
    requests_per_second(contender, requests, 1)
    before = spent(contender)
    rate = requests_per_second(contender, requests, seconds)
    return (spent(contender) - before) * 1000 / (rate * seconds), rate


def compare(newsroom: Newsroom, seconds: float) -> str:
    cases = {case.name: case for case in reads(newsroom) if case.name in CASES}
    # The rivals' environment has the other two servers, and finds the rest of the service in its own.
    environment = environment_of(OURS, newsroom) | {"PYTHONPATH": next(p for p in sys.path if p.endswith("-packages"))}
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    collect_static_files(newsroom)
    with ExitStack() as stack:
        running = {
            name: stack.enter_context(
                run_server(name, [str(RIVAL_PYTHON), "-m", *command], environment, newsroom.data_dir)
            )
            for name, command in COMMANDS.items()
        }
        for contender in running.values():
            wait_for(contender, newsroom.data_dir / f"{contender.name}.log")
        for case in cases.values():
            for _round in range(ROUNDS):
                for name, contender in running.items():
                    found.setdefault((name, case.name), []).append(milliseconds(contender, case, seconds))
        lines = [["", *(f"{case.title}: ms, answers/s" for case in cases.values()), "MB in the largest process"]]
        for name, contender in running.items():
            cells = [min(found[name, case]) for case in cases]
            memory = f"{peak_memory(contender) / 1_000_000:.0f}"
            lines.append([name, *(f"{cost:.2f}, {rate:,.0f}" for cost, rate in cells), memory])
    return markdown(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the service under gunicorn, granian and uvicorn.")
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--data", type=Path, default=ROOT / ".data")
    chosen = parser.parse_args()
    text = compare(prepare(chosen.data / f"bench-{chosen.size}", chosen.size), chosen.seconds)
    print(text)
    write_readme("servers", text)


if __name__ == "__main__":
    main()
