from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from factcheck.journal.seal.notes import NoteError, make_key


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Makes a key for JOURNAL_SIGNING_KEY and prints it. Its public part, for everybody, goes to standard error."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="of the journal, such as factcheck.example/journal")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        try:
            key = make_key(name)
        except NoteError as error:
            raise CommandError(str(error)) from None
        self.stderr.write(f"Public key: {key.public}")
        self.stdout.write(str(key))
