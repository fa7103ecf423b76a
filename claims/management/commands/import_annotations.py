import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction
from django.db.models.expressions import RawSQL
from rest_framework.exceptions import ValidationError

from claims.annotations import import_document, replace_document
from claims.annotations.schema import AnnotationDocumentSerializer
from claims.models import Article
from factcheck.api.problems import flatten, problem_of
from factcheck.errors import InvalidInput, Refusal
from factcheck.journal.commands import actor_of_command
from factcheck.journal.models import Entry

NAMES = ("key", "name", "title")  # what a row is known by, whichever its kind has
KINDS = ("created", "changed", "deleted")


def address_of(document: Any) -> str | None:
    article = document.get("article") if isinstance(document, dict) else None
    return article.get("url") if isinstance(article, dict) else None


class Command(BaseCommand):
    help = "Imports annotation documents, each whole or not at all; importing one twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--only-new", action="store_true", help="leave alone what has been imported before")
        parser.add_argument("--replace", action="store_true", help="delete what a document leaves out of its article")
        parser.add_argument("--dry-run", action="store_true", help="print what would change, and write nothing")
        parser.add_argument("--user", help="in whose name the journal records it")

    def handle(
        self,
        *args: Any,
        files: list[Path],
        user: str | None,
        only_new: bool,
        replace: bool,
        dry_run: bool,
        verbosity: int,
        **options: Any,
    ) -> None:
        faults: list[str] = []
        # One document may refer to another, so a dry run takes none back before the last.
        with transaction.atomic() if dry_run else nullcontext():
            actor = actor_of_command(user)
            for number, file in enumerate(files, 1):
                if verbosity:
                    self.stderr.write(f"[{number}/{len(files)}] {file}")
                try:
                    changes = self.take_in(file, actor, only_new, replace)
                except (OSError, ValueError, Refusal, ValidationError, IntegrityError) as fault:
                    faults += [f"{file}:", *_lines(fault)]
                    continue
                if dry_run or verbosity:
                    self.tell(changes, self.stdout if dry_run else self.stderr, in_full=dry_run)
            if dry_run:
                transaction.set_rollback(True)
        if faults:
            raise CommandError("\n".join(faults))

    def take_in(self, file: Path, actor: Any, only_new: bool, replace: bool) -> dict[str, list[str]]:
        document = json.loads(file.read_text(encoding="utf-8"))
        known = Article.objects.filter(url=address_of(document)).first() if address_of(document) else None
        if only_new and known:
            return {}
        serializer = AnnotationDocumentSerializer(data=document)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            last = Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0
            if replace and known:
                replace_document(article_id=known.pk, versions=None, document=serializer.validated_data, actor=actor)
            else:
                import_document(document=serializer.validated_data, actor=actor)
            return changes_since(last, actor)

    def tell(self, changes: dict[str, list[str]], out: Any, *, in_full: bool) -> None:
        out.write("  " + ", ".join(f"{len(changes.get(kind, []))} {kind}" for kind in KINDS))
        if in_full:
            for kind in KINDS:
                for name in changes.get(kind, []):
                    out.write(f"  {kind} {name}")


def changes_since(last: int, actor: Any) -> dict[str, list[str]]:
    """The rows that the actor wrote in this transaction, by what became of them, as `resource key`."""
    fates: dict[tuple[str, int], tuple[str, str]] = {}
    own = RawSQL("pg_current_xact_id()::text::bigint", [])
    for entry in Entry.objects.filter(pk__gt=last, transaction=own, actor=actor).order_by("id"):
        row = (entry.resource, entry.resource_id)
        act = entry.action.rpartition(".")[2]
        name = next(entry.data[key] for key in NAMES if key in entry.data)
        fate = {"created": "created", "opened": "created", "deleted": "deleted"}.get(act, "changed")
        if fate == "changed" and row in fates:
            fate = fates[row][0]
        fates[row] = (fate, f"{entry.resource} {name}")
    return {kind: [name for fate, name in fates.values() if fate == kind] for kind in KINDS}


def _lines(fault: Exception) -> list[str]:
    if isinstance(fault, ValidationError):
        return [f"{error.pointer}: {error.detail}" for error in flatten(fault.detail)]
    if isinstance(fault, InvalidInput) and fault.errors:
        return [f"{error.pointer}: {error.detail}" for error in fault.errors]
    if isinstance(fault, IntegrityError):  # a rule that only the database judges, in its words
        return [problem_of(fault)[0]["detail"]]
    return [str(fault)]
