"""Measures the service against the limit and its rivals, taking turns within one run.

    python -m benchmarks --size 10000 --seconds 2
    python -m benchmarks --flat

`make bench` installs what the rivals need and runs this.
"""

import argparse
import signal
import sys
import time
from pathlib import Path

from benchmarks import every_read, report
from benchmarks.agreement import Disagreement, check
from benchmarks.cases import CannotMeasure, Case, reads, writes
from benchmarks.contenders import ALL, BY_WORDS, OURS, Contender, started
from benchmarks.load import peak_memory
from benchmarks.newsroom import ROOT, prepare

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 3
WARM_UP = 1.0  # seconds before the first round: connections open, statements get prepared


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def data_dir(size: int, folder: Path) -> Path:
    return folder / f"bench-{size}"


def measure(run: report.Run, cases: list[Case], contenders: dict[str, Contender], rounds: int) -> None:
    """One case after another, and all contenders in each round: what is compared is measured seconds apart."""
    for case in cases:
        began = time.monotonic()
        names = [name for name in case.contenders if name in contenders]
        try:
            for name in names:
                case.measure(contenders[name], WARM_UP)
            for _round in range(rounds):
                for name in names:
                    run.add(case, _column(name), case.measure(contenders[name], run.seconds))
        except CannotMeasure as why:
            run.skipped[case.name] = str(why)
        run.memory[case.name] = peak_memory(contenders[OURS])
        say(f"{case.name}: {time.monotonic() - began:.0f} s")


def _column(name: str) -> str:
    return OURS if name == BY_WORDS else name


def compare(size: int, chosen: argparse.Namespace) -> None:
    newsroom = prepare(data_dir(size, chosen.data), size)
    run = report.Run(size, chosen.seconds)
    cases = reads(newsroom) + writes(newsroom)
    if chosen.only:
        cases = [case for case in cases if case.name in chosen.only]
        if len(cases) < len(chosen.only):
            raise RuntimeError("Cases are: " + ", ".join(case.name for case in reads(newsroom) + writes(newsroom)))
    needed = {OURS}.union(*(case.contenders for case in cases))
    with started(newsroom, tuple(name for name in (*ALL, BY_WORDS) if name in needed)) as contenders:
        check(cases, newsroom, contenders)
        say("whoever is measured answers the same values and writes the same rows")
        measure(run, cases, contenders, chosen.rounds)
    facts = report.machine(newsroom)
    parts = [_heading(run, facts), report.table(run, cases), report.goals(run), report.remarks(run)]
    text = "\n\n".join(part for part in parts if part)
    print(text)
    if not chosen.only:
        report.write_json(run, facts)
        report.write_readme(f"run with {size}", text)


def _heading(run: report.Run, facts: dict[str, object]) -> str:
    return (
        f"{run.size:,} statements, {run.seconds:g} s for each measurement, {facts['connections']} connections, "
        f"{facts['processes']} processes for each contender; {facts['cores']} cores, {facts['memory_gb']} GB, "
        f"Python {facts['python']}, PostgreSQL {facts['postgresql']}, load by {facts['load']}."
    )


def flat(chosen: argparse.Namespace) -> None:
    """The reads of our service alone, in the smallest and the largest database, taking turns."""
    newsrooms = {size: prepare(data_dir(size, chosen.data), size) for size in (SIZES[0], SIZES[-1])}
    runs = {size: report.Run(size, chosen.seconds) for size in newsrooms}
    small, large = runs.values()
    cases = {size: reads(newsroom) for size, newsroom in newsrooms.items()}
    ours = (OURS, BY_WORDS)
    with started(newsrooms[SIZES[0]], ours) as few, started(newsrooms[SIZES[-1]], ours) as many:
        for pair in zip(*cases.values(), strict=True):
            if chosen.only and pair[0].name not in chosen.only:
                continue
            for turn in range(1 + chosen.rounds):
                for run, case, servers in zip(runs.values(), pair, (few, many), strict=True):
                    value = case.measure(servers[case.contenders[0]], chosen.seconds if turn else WARM_UP)
                    if turn:
                        run.add(case, OURS, value)
            say(pair[0].name)
        whole = (
            ""
            if chosen.only
            else every_read.compare((newsrooms[SIZES[0]], few[OURS]), (newsrooms[SIZES[-1]], many[OURS]))
        )
    measured = [case for case in cases[SIZES[0]] if case.name in small.rounds]
    text = f"{_heading(large, report.machine(newsrooms[SIZES[-1]]))}\n\n{report.flatness(small, large, measured)}"
    print(text, whole, sep="\n\n")
    if whole:
        report.write_readme("flat", text)
        report.write_readme("every read", whole)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures the service against the limit and its rivals.")
    parser.add_argument("--size", type=int, default=SIZES[0], choices=SIZES, help="statements in the database")
    parser.add_argument("--seconds", type=float, default=2, help="for each measurement")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", nargs="*", metavar="CASE", help="some cases; then no file is written")
    parser.add_argument("--flat", action="store_true", help="our reads with 10,000 and with 1,000,000 statements")
    parser.add_argument("--data", type=Path, default=ROOT / ".data", help="where the databases are kept")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every server is ended then, too
    try:
        if chosen.flat:
            flat(chosen)
        else:
            compare(chosen.size, chosen)
    except (Disagreement, RuntimeError) as fault:
        say(str(fault))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
