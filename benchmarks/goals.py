"""What the service must reach, as ratios within one run; only export and import are held to absolute numbers.

What is held to a time stands beside that time: `benchmarks/one_caller.py`, `benchmarks/pages.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from benchmarks.contenders import DRF, FASTAPI, LIMIT, OURS

Rounds = dict[str, dict[str, list[float]]]  # case → contender → what each round measured
FLAT = 1.3  # how much slower a read may be with a hundred times as many statements
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Goal:
    title: str
    wanted: float
    reached: Callable[[Rounds], float]

    def line(self, rounds: Rounds) -> tuple[str, str, str, str] | None:
        """Title, wanted, reached, yes or no; None if it was not measured."""
        try:
            value = self.reached(rounds)
        except KeyError:
            return None
        return self.title, f"{self.wanted:,g}", f"{value:,.2f}", "yes" if value >= self.wanted else "no"


def paired(mine: list[float], other: list[float]) -> float:
    """The median of each round's own ratio: what slows the whole machine for a while slows both sides of it."""
    return median(a / b for a, b in zip(mine, other, strict=True))


def against(case: str, other: str) -> Callable[[Rounds], float]:
    return lambda rounds: paired(rounds[case][OURS], rounds[case][other])


def between(case: str, other: str) -> Callable[[Rounds], float]:
    return lambda rounds: paired(rounds[case][OURS], rounds[other][OURS])


def rate(case: str) -> Callable[[Rounds], float]:
    return lambda rounds: median(rounds[case][OURS])


GOALS = [
    Goal("public list: of the limit", 0.5, against("list", LIMIT)),
    Goal("public list: times idiomatic DRF", 8, against("list", DRF)),
    Goal("public list: times FastAPI", 4, against("list", FASTAPI)),
    Goal("signed-in list: times idiomatic DRF", 4, against("list-signed-in", DRF)),
    Goal("signed-in list: times FastAPI", 2, against("list-signed-in", FASTAPI)),
    Goal("one statement: times idiomatic DRF", 6, against("one", DRF)),
    Goal("one statement: times FastAPI", 2, against("one", FASTAPI)),
    Goal("one statement, 20 writes/s: of the limit", 0.65, against("one-while-20", LIMIT)),
    Goal("one statement, 20 writes/s: times idiomatic DRF", 7, against("one-while-20", DRF)),
    Goal("one statement: 304 against 200", 1, between("one-304", "one")),
    Goal("one statement, signed in: of the limit", 0.65, against("one-signed-in", LIMIT)),
    Goal("one statement as of a moment: of the limit", 0.5, against("as-of", LIMIT)),
    Goal("tag write: of the limit", 0.7, against("tag", LIMIT)),
    Goal("tag write: times idiomatic DRF", 3, against("tag", DRF)),
    Goal("tag write: times FastAPI", 1.2, against("tag", FASTAPI)),
    Goal("statement POST: of the limit", 0.55, against("post", LIMIT)),
    Goal("statement POST: times idiomatic DRF", 3.5, against("post", DRF)),
    Goal("statement POST: times FastAPI", 2, against("post", FASTAPI)),
    Goal("?q= common word: of a rare one", 0.33, between("q-common", "q-rare")),
    Goal("bulk POST: of the limit", 0.7, against("bulk", LIMIT)),
    Goal("import: of the limit", 0.9, against("import", LIMIT)),
    Goal("import: journal rows/s", 5_000, rate("import")),
    Goal("export: rows/s", 20_000, rate("export")),
]
