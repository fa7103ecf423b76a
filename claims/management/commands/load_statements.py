from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from claims.column_maps import BadMap, BadRows, ColumnMap
from claims.loading import Tally, load
from factcheck.errors import Refusal
from factcheck.journal.commands import actor_of_command


class Command(BaseCommand):
    help = (
        "Loads the rows of a table as statements. A map says how (docs/loading.md). A second run loads what is missing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--map", required=True, help="the built-in map liar, or the path of a TOML file")
        parser.add_argument("--encoding", help="of a file that is not UTF-8, such as windows-1252")
        parser.add_argument("--user", help="the author in the journal")
        parser.add_argument("--limit", type=int, help="how many rows to read, from the beginning of the file")

    def handle(
        self,
        *args: Any,
        file: Path,
        map: str,
        encoding: str | None,
        user: str | None,
        limit: int | None,
        **options: Any,
    ) -> None:
        if limit is not None and limit < 1:
            raise CommandError("--limit says how many rows to read: 1 or more.")
        actor = actor_of_command(user)
        try:
            tally = load(ColumnMap.read(map), file, actor=actor, encoding=encoding, limit=limit, progress=self.show)
        except (BadRows, ValueError) as error:
            raise CommandError(f"{file}: nothing was loaded.\n{error}") from error
        except (BadMap, OSError, Refusal, DatabaseError) as error:
            raise CommandError(f"{file}: {error}") from error
        self.stdout.write(
            f"{tally.statements} statements loaded, {tally.known} were there; "
            f"{tally.articles} new articles, {tally.sources} new sources."
        )

    def show(self, tally: Tally) -> None:
        self.stderr.write(f"{tally.statements} statements")
