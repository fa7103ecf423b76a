from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from factcheck.desk.catalogues import catalogues


class Command(BaseCommand):
    help = (
        "Writes the texts of the code into the catalogues of translations, and compiles them. Translations are kept; "
        "what the code has no longer is left out. Then, and with --check alone, names each text that is not translated."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        faults = []
        for catalogue in catalogues():
            if not check:
                catalogue.write()
            name = catalogue.path.relative_to(settings.BASE_DIR)
            faults += [f"{name}: {fault}" for fault in catalogue.faults()]
        if faults:
            raise CommandError("\n".join(faults))
