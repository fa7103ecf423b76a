from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError, connection
from psycopg.errors import InsufficientPrivilege

from factcheck.journal.epoch import raise_epoch

STATE = """
    SELECT e.raised_at, (e.system_identifier, e.timeline) = (c.system_identifier, c.timeline), e.confirmed
    FROM journal_epoch e, journal_cluster() c
    """


class Command(BaseCommand):
    help = (
        "Tells whether the journal's epoch fits this database server. Raise it after a failover, a restore or an "
        "upgrade: readers of the feed then go on where they were and miss nothing. Until then the feed answers 503."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--raise", action="store_true", dest="is_raised", help="raise the epoch and open the feed")

    def handle(self, *args: Any, is_raised: bool, **options: Any) -> None:
        if is_raised:
            self.raise_epoch()
        with connection.cursor() as cursor:
            cursor.execute(STATE)
            raised_at, is_of_this_cluster, is_confirmed = cursor.fetchone()
        since = f"{raised_at:%Y-%m-%d %H:%M:%S} UTC"
        if not (is_of_this_cluster and is_confirmed):
            raise CommandError(
                f"The epoch of {since} is not confirmed for this database server: the feed is closed. "
                "If this is the database to go on with, run `manage.py journal_epoch --raise`."
            )
        what = "The epoch is raised" if is_raised else f"The epoch of {since} fits this database server"
        self.stdout.write(f"{what}: the feed is open.")

    def raise_epoch(self) -> None:
        try:
            raise_epoch()
        except ProgrammingError as error:
            if isinstance(error.__cause__, InsufficientPrivilege):
                raise CommandError("Only the owner of the tables can raise the epoch.") from error
            raise
