"""Changes the code in small ways, one at a time, and runs the tests that reach the changed function.

    python -m tests.mutants --seconds 600 --seed 7 claims/services factcheck/journal/feed.py guards

A mutant that no test notices is printed: it is equivalent, or a test is missing, or the code is needless. Each mutant
has a time: the tests that reach the changed line and little besides, up to 20 seconds of them. Of those, the ones that
noticed another mutant of the function come first.
"""

import argparse
import multiprocessing
import os
import random
import secrets
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.mutants.mutations import Mutant, guard_mutants, mutants_of
from tests.mutants.reach import KEPT, Reach
from tests.mutants.runner import INVALID, SURVIVED, Runner

PLACES = [
    "claims/services", "sources/services.py", "claims/passages.py", "claims/anchoring", "claims/annotations",
    "claims/exports", "claims/roles.py", "factcheck/journal", "guards", "factcheck/api/roles.py",
    "factcheck/api/idempotency.py", "factcheck/api/conditional.py", "factcheck/api/pagination.py",
    "factcheck/api/cursors.py",
]  # fmt: skip
SECONDS_OF_TESTS = 20
NEAR_THE_GUARDS = (
    "tests/journal/test_guards", "tests/journal/test_true_entries", "tests/journal/test_users",
    "tests/claims/test_source_merge", "tests/claims/test_services", "tests/api/test_api", "tests/journal",
)  # fmt: skip
WORKERS = min(os.cpu_count() or 1, 4)


def modules_in(places: list[str]) -> list[str]:
    found = []
    for place in places:
        path = Path(place)
        if not (path.exists() or place == "guards"):
            sys.exit(f"There is no {place}. Name folders or files, or guards for the functions in the database.")
        found += sorted(map(str, path.rglob("*.py"))) if path.is_dir() else [place]
    return [module for module in found if "migrations" not in module and not module.endswith("guards.py")]


def work(number: int, modules: list[str], tasks: Any, results: Any) -> None:
    os.environ["PYTEST_XDIST_WORKER"] = f"gw{number}"  # its own PostgreSQL: see tests/settings.py
    log = os.open(KEPT / f"worker-{number}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(log, stream)
    results.put(pytest.main(["-p", "no:xdist", "-m", "not server", "tests"], plugins=[Runner(modules, tasks, results)]))


def tests_for(mutant: Mutant, reach: Reach) -> list[tuple[str, float]]:
    found = reach.of(mutant) if mutant.module != "guards" else near_the_guards(reach)
    chosen, seconds = [], 0.0
    for test in found:
        seconds += test[1]
        if seconds < SECONDS_OF_TESTS or not chosen:
            chosen.append(test)
    return chosen


def near_the_guards(reach: Reach) -> list[tuple[str, float]]:
    """No tool says which tests reach a function in the database: nearly every write does."""
    reaching = [name for name, test in reach.tests.items() if test["functions"]]
    names = [name for near in NEAR_THE_GUARDS for name in reaching if name.startswith(near)]
    return [(name, reach.tests[name]["seconds"]) for name in dict.fromkeys(names)]


def main() -> int:
    parser = argparse.ArgumentParser(description="Which small changes of the code no test notices.")
    parser.add_argument("places", nargs="*", default=PLACES, metavar="PLACE", help="folder, file, or guards")
    parser.add_argument("--seconds", type=float, default=600, help="then it reports what it has")
    parser.add_argument("--seed", type=int, help="the order in which mutants are tried")
    chosen = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if chosen.seed is None else chosen.seed
    modules = modules_in(chosen.places)
    files = [module for module in modules if module != "guards"]
    sys.stdout.write(f"seed {seed}\n")
    sys.stdout.flush()
    os.environ["DATA_DIR"] = str(Path(".data/mutants").absolute())  # so that `make test` may run beside it
    reach = Reach()
    reach.measure_what_changed()

    context = multiprocessing.get_context("fork")
    tasks, results = context.Queue(maxsize=2 * WORKERS), context.Queue()
    workers = [context.Process(target=work, args=(number, files, tasks, results)) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    guards, *_ = [results.get() for _ in workers]  # their databases are the same
    if not isinstance(guards, tuple):
        sys.exit(f"The tests could not be collected: see {KEPT}/worker-0.log.")
    mutants = [mutant for module in files for mutant in mutants_of(module) if not reach.only_at_import(mutant)]
    mutants += guard_mutants(*guards) if "guards" in modules else []
    random.Random(seed).shuffle(mutants)
    end = time.monotonic() + chosen.seconds
    outcomes = try_all(mutants, reach, tasks, results, end)
    for _ in workers:
        tasks.put(None)
    sys.stdout.write(f"{table(mutants, outcomes)}\n")
    return 0


def try_all(mutants: list[Mutant], reach: Reach, tasks: Any, results: Any, end: float) -> list[tuple[Mutant, str]]:
    outcomes, waiting = [], 0
    rest = iter(mutants)
    while True:
        while waiting < 2 * WORKERS and time.monotonic() < end and (mutant := next(rest, None)):
            tests = tests_for(mutant, reach)
            if tests:
                tasks.put((mutant, tests))
            else:
                results.put((mutant, SURVIVED, 0))
            waiting += 1
        if not waiting:
            return outcomes
        mutant, outcome, tests = results.get()
        waiting -= 1
        outcomes.append((mutant, outcome))
        if outcome == SURVIVED:
            sys.stdout.write(f"\n{mutant.module}: {mutant.function}, {tests} tests\n{mutant.difference}\n")
            sys.stdout.flush()


def table(mutants: list[Mutant], outcomes: list[tuple[Mutant, str]]) -> str:
    counted = {mutant.module: Counter[str]() for mutant in mutants}
    made = Counter(mutant.module for mutant in mutants)
    for mutant, outcome in outcomes:
        counted[mutant.module][outcome] += 1
    lines = [f"\n{'':<40}{'mutants':>8}{'tried':>7}{'killed':>8}{'by time':>8}{'lived':>7}"]
    for module, count in sorted(counted.items()):
        tried = count.total() - count[INVALID]
        killed = tried - count[SURVIVED]
        share = f"{killed / tried:>6.0%}" if tried else ""
        numbers = f"{made[module]:>8}{tried:>7}{killed:>8}{count['timeout']:>8}{count[SURVIVED]:>7}"
        lines.append(f"{module:<40}{numbers}{share}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
