import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from claims.loading import BadMap, BadRows, Map, Tally, load
from factcheck.errors import Refusal
from factcheck.journal.commands import actor_of_command


class Command(BaseCommand):
    help = "Loads a table as statements, as a map says (docs/loading.md). Run again, it loads what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--map", required=True, help="a built-in map (liar), or the path of a TOML file")
        parser.add_argument("--user", help="in whose name the journal records it")
        parser.add_argument("--limit", type=int, help="only so many rows from the beginning of the file")

    def handle(
        self,
        *args: Any,
        file: Path,
        map: str,
        user: str | None,
        limit: int | None,
        **options: Any,
    ) -> None:
        actor = actor_of_command(user)
        try:
            tally = load(Map.read(map), file, actor=actor, limit=limit, progress=self.show)
        except (BadRows, ValueError, csv.Error) as fault:
            raise CommandError(f"{file}: nothing was loaded.\n{fault}") from fault
        except (BadMap, OSError, Refusal, DatabaseError) as fault:
            raise CommandError(f"{file}: {fault}") from fault
        self.stdout.write(
            f"{tally.statements} statements loaded, {tally.known} were there; "
            f"{tally.articles} new articles, {tally.sources} new sources."
        )

    def show(self, tally: Tally) -> None:
        self.stderr.write(f"{tally.statements} statements")
