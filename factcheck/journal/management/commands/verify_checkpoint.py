import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DataError, ProgrammingError

from factcheck.encodings import NotText, decode
from factcheck.journal.seal.notes import NoteError, read_public_key
from factcheck.journal.seal.verification import Findings, known_keys, verify_note


class Command(BaseCommand):
    help = (
        "Compares the entries of the journal with a checkpoint that was kept. Names the first false entry, and then "
        "ends with status 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the signed note; - is standard input")
        parser.add_argument(
            "--key",
            metavar="KEY",
            action="append",
            help="the public key that you kept, and again each that came after it; without, those in the database",
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the findings as JSON")

    def handle(self, *args: Any, file: str, key: list[str] | None, as_json: bool, **options: Any) -> None:
        try:
            keys = [read_public_key(text) for text in key] if key else known_keys()
            found = verify_note(read(file), keys)
        except NoteError as error:
            raise CommandError(str(error)) from None
        except (DataError, ProgrammingError) as error:  # somebody changed the type of a column, for example
            raise CommandError(f"The journal cannot be read: {' '.join(str(error).split())}") from None
        self.stdout.write(json.dumps({"agrees": not found.faults, **asdict(found)}) if as_json else report(found))
        if found.faults:
            sys.exit(1)


def read(file: str) -> str:
    try:
        return decode(sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes())
    except (OSError, NotText) as error:
        raise CommandError(f"{file} cannot be read: {error}") from None


def report(found: Findings) -> str:
    signed = f"Checkpoint of {found.size} entries, signed by {found.key}."
    if not found.faults:
        return f"{signed}\nThe journal has these very entries, in this order."
    return "\n".join([signed, *(fault.detail for fault in found.faults)])
