import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from factcheck.encodings import NotText, decode
from factcheck.journal.seal.notes import NoteError, NotSigned, PublicKey, read_public_key
from factcheck.journal.seal.saved_notes import saved_keys, saved_note
from factcheck.journal.seal.verification import Findings, known_keys, verify_note

COULD_NOT_RUN = 2


class Command(BaseCommand):
    help = (
        "Compares the entries of the journal with a checkpoint that was kept. The exit status is 0 if they agree, 1 if "
        "they do not, or if the checkpoint's signature is false, 2 if it could not run. Names the first false entry."
    )
    requires_system_checks = []  # they exit with 1

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            metavar="FILE",
            help="the signed note, a mail that contains it, or the JSON of the checkpoint; - is standard input",
        )
        parser.add_argument(
            "--key",
            metavar="KEY",
            action="append",
            help="the public key that you kept, or a file with it, and again each that came after it; without, those "
            "in FILE and those in the database",
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the findings as JSON")

    def handle(self, *args: Any, file: str, key: list[str] | None, as_json: bool, **options: Any) -> None:
        try:
            saved = read(file)
            keys = [found for given in key or () for found in keys_in(given)] or [*saved_keys(saved), *known_keys()]
            found = verify_note(saved_note(saved), keys)
        except NotSigned as error:
            raise CommandError(str(error)) from None
        except NoteError as error:
            raise CommandError(str(error), returncode=COULD_NOT_RUN) from None
        except Error as error:  # the database is down, or somebody changed the type of a column
            detail = f"The journal cannot be read: {' '.join(str(error).split())}"
            raise CommandError(detail, returncode=COULD_NOT_RUN) from None
        self.stdout.write(json.dumps({"agrees": not found.faults, **asdict(found)}) if as_json else report(found))
        if found.faults:
            sys.exit(1)


def keys_in(given: str) -> list[PublicKey]:
    """Those of a file, or the one that this is. Raises NoteError."""
    return (os.path.exists(given) and saved_keys(read(given))) or [read_public_key(given)]


def read(file: str) -> str:
    try:
        return decode(sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes())
    except (OSError, NotText) as error:
        raise CommandError(f"{file} cannot be read: {error}", returncode=COULD_NOT_RUN) from None


def report(found: Findings) -> str:
    signed = f"Checkpoint of {found.size} entries, signed by {found.key}."
    if not found.faults:
        return f"{signed}\nThe journal has these very entries, in this order."
    return "\n".join([signed, *(fault.detail for fault in found.faults)])
