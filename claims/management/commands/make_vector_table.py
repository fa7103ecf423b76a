from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.vectors.table import NoVectors, make_table


class Command(BaseCommand):
    help = (
        "Makes the table of the vectors by which `statements/matches/` finds what says the same in other words, and "
        "the extension pgvector, if they are not there. Run it as the owner of the tables, and then grant the roles "
        "their rights again. `manage.py follow vectors` fills the table."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            make_table()
        except NoVectors as reason:
            raise CommandError(str(reason)) from None
