import json
import signal
import sys
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error

from claims.verification import CHECKS
from factcheck.journal.verification.ranges import Fault, Result, verify

NAMES = [check.name for check in CHECKS if check.ids]
COULD_NOT_RUN = 2
# What the other checks count, besides entries.
COUNTED = {
    "redirect": "redirects", "revision": "revisions", "address": "addresses", "chain": "places in chains",
    "passage": "passages",
}  # fmt: skip


class Command(BaseCommand):
    help = (
        "Compares all rows with their journal entries, and looks for what the guards refuse. The exit status is 0 if "
        "all is true, 1 if there are faults, 2 if it could not run. A stopped run prints the point to go on from."
    )
    requires_system_checks = []  # they exit with 1

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the report as JSON")
        parser.add_argument(
            "--from", type=point, dest="start", metavar="POINT", help="go on from here, such as statement:350000"
        )
        parser.add_argument("--jobs", type=int, choices=range(1, 9), default=2, help="queries at once, 2 if not given")
        parser.add_argument(
            "--limit-faults", type=int, default=20, metavar="N", help="how many faults to name, 20 if not given"
        )

    def handle(
        self,
        *args: Any,
        as_json: bool,
        start: tuple[str, int] | None,
        jobs: int,
        limit_faults: int,
        verbosity: int,
        **options: Any,
    ) -> None:
        report = Report(limit_faults, start)
        stopped = 0
        try:
            with exit_on_signals():
                for result in verify(CHECKS, jobs=jobs, start=start):
                    report.add(result)
                    if verbosity > 1 and result.point:
                        self.stderr.write(f"Checked everything before {result.point}.")
                report.complete, report.point = True, None
        except Error as error:
            stopped = COULD_NOT_RUN
            self.stderr.write(f"It could not run. {error}".strip())
        except SystemExit as stop:
            stopped = int(str(stop.code))
            self.stderr.write("Stopped.")
        if report.point:
            self.stderr.write(f"Go on with --from {report.point}")
        self.stdout.write(report.as_json() if as_json else report.as_text())
        sys.exit(stopped or int(report.found > 0))


def point(text: str) -> tuple[str, int]:
    name, _, row_id = text.partition(":")
    if name not in NAMES or not row_id.removeprefix("-").isdecimal():
        raise ArgumentTypeError(f"{text!r} is not one of {', '.join(NAMES)} with a colon and an id.")
    return name, int(row_id)


@contextmanager
def exit_on_signals() -> Iterator[None]:
    """SIGINT and SIGTERM end the block with SystemExit, whose code is the one that shells use."""

    def stop(number: int, frame: Any) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Report:
    def __init__(self, limit: int, start: tuple[str, int] | None) -> None:
        self.limit = limit
        self.point = f"{start[0]}:{start[1]}" if start else None
        self.complete = False
        self.checked: Counter[str] = Counter()
        self.found = 0
        self.faults: list[Fault] = []

    def add(self, result: Result) -> None:
        if result.point:
            self.checked[result.check] += result.checked
            self.point = result.point
        self.found += len(result.faults)
        self.faults += result.faults[: max(0, self.limit - len(self.faults))]

    def as_json(self) -> str:
        names = ("complete", "point", "checked", "found", "faults")
        return json.dumps({name: getattr(self, name) for name in names}, indent=2)

    def as_text(self) -> str:
        lines = [line_of(fault) for fault in self.faults]
        if self.found > len(lines):
            lines.append(f"and {self.found - len(lines):,} more")
        so_far = "" if self.complete else " so far"
        return "\n".join([*lines, f"Checked: {self.counts()}.", f"Faults{so_far}: {self.found:,}."])

    def counts(self) -> str:
        entries = {name: number for name, number in self.checked.items() if name not in COUNTED}
        parts = ", ".join(f"{name} {number:,}" for name, number in entries.items())
        others = [f"{COUNTED[name]} {number:,}" for name, number in self.checked.items() if name in COUNTED]
        return ", ".join([f"entries {sum(entries.values()):,} ({parts or 'none'})", *others])


def line_of(fault: Fault) -> str:
    where = " ".join(str(part) for part in (fault["resource"], fault["id"]) if part is not None)
    version = f", version {fault['version']}" if fault["version"] is not None else ""
    return f"{fault['code']}: {where}{version}: {fault['detail']}"
