"""Django's migrate, which tries again where a lock was not to be had, and refuses a database made before version 0.1,
whose migrations were replaced by new ones."""

import time
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.migrations.recorder import MigrationRecorder
from psycopg.errors import DeadlockDetected, LockNotAvailable

from factcheck.postgres.blockers import Blockers, blockers_of
from factcheck.postgres.embedded import locate

REPLACED = ("journal", "0002_guards")  # one that every such database has; no later migration may take its name
TRIES = 30  # which take about five minutes
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if REPLACED in MigrationRecorder(connection).applied_migrations():
            raise CommandError(_how_to_start_again(connection.settings_dict))
        for attempt in range(1, TRIES + 1):
            with blockers_of(connection) as blockers:
                if self.is_applied(*args, **options):
                    return
            self.wait(attempt, blockers)
        raise CommandError(
            f"A migration did not get its lock in {TRIES} tries, and is not applied. In its way was {blockers}\n"
            "End that session, or wait until it ends, and run `manage.py migrate` again."
        )

    def is_applied(self, *args: Any, **options: Any) -> bool:
        try:
            super().handle(*args, **options)
        except OperationalError as error:
            if isinstance(error.__cause__, DeadlockDetected | LockNotAvailable):
                return False
            raise
        return True

    def wait(self, attempt: int, blockers: Blockers) -> None:
        """The migration is rolled back, so that whoever waited behind it goes on. Those before it stay applied."""
        pause = min(FIRST_PAUSE * 1.5**attempt, LONGEST_PAUSE)
        self.stderr.write(
            f"\nThe lock is not free. In its way was {blockers}\n"
            f"The migration is rolled back. Try {attempt} of {TRIES}; the next in {pause:.1f} seconds."
        )
        time.sleep(pause)


def _how_to_start_again(database: dict[str, Any]) -> str:
    if "DATA_DIR" in database:
        home = locate(database["DATA_DIR"]).home
        place, remedy = f"in {home}", f"move or remove {home}, or point DATABASE_URL to an empty database"
    else:
        place, remedy = f"{database['NAME']!r}", "point DATABASE_URL to an empty one"
    return (
        f"The database {place} was made by a development version before 0.1, and this version cannot use it. To keep "
        "articles, export the annotation document of each with the old checkout (/api/v1/articles/ID/annotations/) and "
        f"import it afterwards. To start again, {remedy}."
    )
