"""Django's migrate, except for a database made before version 0.1, whose migrations were replaced by new ones."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from factcheck.postgres.embedded import locate

REPLACED = ("journal", "0002_guards")  # one that every such database has; no later migration may take its name


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if REPLACED in MigrationRecorder(connection).applied_migrations():
            raise CommandError(_how_to_start_again(connection.settings_dict))
        super().handle(*args, **options)


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
