"""Measures the service against the limit and its rivals, taking turns within one run.

    python -m benchmarks --size 10000 --seconds 2
    python -m benchmarks --only one post latency
    python -m benchmarks --flat --sizes 10000 1000000

`make bench` installs what the rivals need and runs this.
"""

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPException
from itertools import product
from pathlib import Path

from benchmarks import every_read, latency, one_caller, processes, report
from benchmarks.agreement import Disagreement, check
from benchmarks.cases import CannotMeasure, Case, beside_writes, reads, writes
from benchmarks.contenders import ALL, BY_WORDS, OURS, Contender, started
from benchmarks.load import peak_memory
from benchmarks.newsroom import LEAST, ROOT, Newsroom, is_filled, prepare
from benchmarks.report import say

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)  # of the flat table, those that are there
ROUNDS = 3
WARM_UP = 1.0  # seconds before the first round: connections open, statements get prepared
# Programs of their own, with databases of their own.
PROGRAMS = {
    "pages": [],
    "editors": [],
    "streams": ["--listeners", "1", "100", "--seconds", "10"],
    "webhooks": [],
}
PARTS = ("latency", "one-caller", "processes", *PROGRAMS)


def data_dir(size: int, folder: Path) -> Path:
    return folder / f"bench-{size}"


def measure(run: report.Run, cases: list[Case], contenders: dict[str, Contender], rounds: int) -> None:
    """One case after another, and all contenders in each round: what is compared is measured seconds apart."""
    for case in cases:
        began = time.monotonic()
        names = [name for name in case.contenders if name in contenders]
        with noted(run, case.name):
            for name in names:
                case.measure(contenders[name], WARM_UP)
            for _round in range(rounds):
                for name in names:
                    run.add(case, _column(name), case.measure(contenders[name], run.seconds))
        run.memory[case.name] = peak_memory(contenders[OURS])
        say(f"{case.name}: {time.monotonic() - began:.0f} s")


@contextmanager
def noted(run: report.Run, name: str) -> Iterator[None]:
    """What fails is named below the tables. The other figures took minutes, and stay."""
    try:
        yield
    except (CannotMeasure, RuntimeError, OSError, HTTPException) as why:
        run.rounds.pop(name, None)
        run.skipped[name] = str(why) or type(why).__name__
        say(f"{name}: {run.skipped[name]}")


def _column(name: str) -> str:
    return OURS if name == BY_WORDS else name


def compare(size: int, chosen: argparse.Namespace) -> bool:
    """Whether everything was measured."""
    newsroom = prepare(data_dir(size, chosen.data), size)
    run = report.Run(size, chosen.seconds)
    everything = [*reads(newsroom), *beside_writes(newsroom), *writes(newsroom)]
    named = {case.name: case for case in everything}
    if unknown := set(chosen.only) - named.keys() - set(PARTS):
        raise RuntimeError(f"Not known: {', '.join(sorted(unknown))}. There are: {', '.join([*named, *PARTS])}")
    wanted = set(chosen.only) or named.keys() | set(PARTS)
    wanted |= set(latency.CASES) if "latency" in wanted else set()
    cases = [case for case in everything if case.name in wanted]
    needed = {OURS}.union(*(case.contenders for case in cases), [BY_WORDS] if "one-caller" in wanted else [])
    waited: list[one_caller.Waited] = []
    with started(newsroom, tuple(name for name in (*ALL, BY_WORDS) if name in needed)) as contenders:
        check(cases, newsroom, contenders)
        say("whoever is measured answers the same values and writes the same rows")
        measure(run, cases, contenders, chosen.rounds)
        for name in latency.CASES if "latency" in wanted else ():
            with noted(run, f"latency of {name}"):
                latency.measure(run, named[name], contenders)
        if "one-caller" in wanted:
            with noted(run, "one-caller"):
                waited = one_caller.measure(newsroom, everything, contenders)
                run.one_caller = {each.title: each.milliseconds for each in waited}
    if "processes" in wanted:
        with noted(run, "processes"):
            run.processes = processes.measure(newsroom, named["list"], run.seconds)
    _publish(newsroom, run, cases, waited, is_whole=not chosen.only)
    return not run.skipped


def _publish(
    newsroom: Newsroom, run: report.Run, cases: list[Case], waited: list[one_caller.Waited], *, is_whole: bool
) -> None:
    facts = report.machine(newsroom)
    parts = [
        _heading(newsroom, run, facts),
        report.table(run, cases) if cases else "",
        report.written(cases),
        report.goals(run),
        report.remarks(run),
        latency.table(run, cases),
        one_caller.table(waited),
        processes.table(run.processes),
    ]
    text = "\n\n".join(part for part in parts if part)
    print(text, flush=True)
    if is_whole:
        report.write_json(run, cases, facts)
        report.write_readme(f"run with {run.size}", text)


def _heading(newsroom: Newsroom, run: report.Run, facts: dict[str, object]) -> str:
    in_place = (
        " Measured in place: what was written stays in the database. It has no vectors, since their index would take "
        "hours: matches are found by words alone."
    )
    return (
        f"{run.size:,} statements, {run.seconds:g} s for each measurement, {facts['connections']} connections, "
        f"{facts['processes']} processes for each contender; {facts['cores']} cores, {facts['memory_gb']} GB, "
        f"Python {facts['python']}, PostgreSQL {facts['postgresql']}, load by {facts['load']}."
        f"{in_place if newsroom.is_in_place else ''}"
    )


def flat(chosen: argparse.Namespace) -> None:
    """The reads of our service alone, in databases of several sizes, taking turns."""
    sizes = sorted(set(chosen.sizes)) or [size for size in SIZES if is_filled(data_dir(size, chosen.data), size)]
    if len(sizes) < 2:
        raise RuntimeError("Of which sizes? Name two or more, such as: --sizes 10000 1000000. They are filled first.")
    newsrooms = [prepare(data_dir(size, chosen.data), size) for size in sizes]
    runs = [report.Run(size, chosen.seconds) for size in sizes]
    cases = [{case.name: case for case in reads(newsroom)} for newsroom in newsrooms]
    titles = {name: case.title for name, case in cases[0].items() if not chosen.only or name in chosen.only}
    with ExitStack() as stack:
        servers = [stack.enter_context(started(newsroom, (OURS, BY_WORDS))) for newsroom in newsrooms]
        for name, turn in product(titles, range(1 + chosen.rounds)):
            for run, known, running in zip(runs, cases, servers, strict=True):
                if case := known.get(name):
                    value = case.measure(running[case.contenders[0]], chosen.seconds if turn else WARM_UP)
                    if turn:
                        run.add(case, OURS, value)
            if turn == chosen.rounds:
                say(name)
        whole = "" if chosen.only else _every_read(newsrooms, servers)
    heading = _heading(newsrooms[-1], runs[-1], report.machine(newsrooms[-1]))
    text = f"{heading}\n\n{report.flatness(runs, titles)}"
    print(text, whole, sep="\n\n")
    if whole:
        report.write_readme("flat", text)
        report.write_readme("every read", whole)


def _every_read(newsrooms: list[Newsroom], servers: list[dict[str, Contender]]) -> str:
    """In the smallest and in the largest, by the same way of matching."""
    name = OURS if newsrooms[-1].has_vectors else BY_WORDS
    return every_read.compare((newsrooms[0], servers[0][name]), (newsrooms[-1], servers[-1][name]))


def run_programs(chosen: argparse.Namespace) -> bool:
    """Whether all succeeded."""
    codes = []
    for name, options in PROGRAMS.items():
        if not chosen.only or name in chosen.only:
            began = time.monotonic()
            print(flush=True)
            place = ["--data", str(chosen.data)] if name in ("pages", "editors") else []
            done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options, *place], cwd=ROOT)
            codes.append(done.returncode)
            say(f"{name}: {'failed, after ' if done.returncode else ''}{time.monotonic() - began:.0f} s")
    return not any(codes)


def _size(text: str) -> int:
    size = int(text)
    if size < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    if size < LEAST:
        say(f"{size} is too few, such as for drafts to tag: {LEAST:,} are measured.")
    return max(size, LEAST)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures the service against the limit and its rivals.")
    parser.add_argument("--size", type=_size, default=SIZES[0], help="statements in the database; default %(default)s")
    parser.add_argument("--seconds", type=float, default=2, help="for each measurement")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", nargs="*", default=[], metavar="CASE", help="cases or parts; then no file is written")
    parser.add_argument("--flat", action="store_true", help="our reads in databases of several sizes")
    parser.add_argument(
        "--sizes", type=_size, nargs="*", default=[], help="of --flat; default: those of the usual four that are filled"
    )
    parser.add_argument("--data", type=Path, default=ROOT / ".data", help="where the databases are kept")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every server is ended then, too
    try:
        if chosen.flat:
            flat(chosen)
            return 0
        needs_database = not chosen.only or set(chosen.only) - PROGRAMS.keys()
        is_whole = compare(chosen.size, chosen) if needs_database else True
        return 0 if run_programs(chosen) and is_whole else 1
    except (Disagreement, RuntimeError) as fault:
        say(str(fault))
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
