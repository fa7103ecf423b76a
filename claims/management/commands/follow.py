import os
import signal
from contextlib import suppress
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from claims.followers import FOLLOWERS, followers_in_use
from factcheck.errors import Unavailable
from factcheck.journal.followers import lags, run


class Command(BaseCommand):
    help = "Does what follows each entry of the journal, until it is ended. Any number of these may run at once."

    def add_arguments(self, parser: CommandParser) -> None:
        known = ", ".join(FOLLOWERS)
        parser.add_argument("names", nargs="*", metavar="NAME", help=f"which followers, of {known}; without, all")
        parser.add_argument("--once", action="store_true", help="end when all have caught up")
        parser.add_argument("--status", action="store_true", help="only show how far behind each is")
        parser.add_argument("--while", dest="process", type=int, metavar="PID", help="end when this process has ended")

    def handle(self, *args: Any, names: list[str], once: bool, status: bool, **options: Any) -> None:
        if unknown := [name for name in names if name not in FOLLOWERS]:
            raise CommandError(f"There is no follower {unknown[0]!r}. Known: {', '.join(FOLLOWERS)}.")
        if status:
            self.show_status(names or followers_in_use())
            return
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        signal.signal(
            signal.SIGINT, signal.default_int_handler
        )  # a shell sets it aside for what runs in the background
        with suppress(KeyboardInterrupt):
            self.follow(names, once, options["process"])

    def follow(self, names: list[str], once: bool, process: int | None) -> None:
        try:
            run(
                {name: FOLLOWERS[name] for name in names or FOLLOWERS},
                once=once,
                is_wanted=lambda: process is None or runs(process),
                may_leave_out=not names,
            )
        except (ImproperlyConfigured, Unavailable) as error:
            raise CommandError(str(error)) from None

    def show_status(self, names: list[str]) -> None:
        for lag in lags(names):
            self.stdout.write(f"{lag.name}: {lag.counted} entries and {lag.seconds} seconds behind")


def runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
