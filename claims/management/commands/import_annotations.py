from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction
from django.db.models.expressions import RawSQL
from rest_framework.exceptions import ValidationError

from claims.annotations import context_notes, import_document, replace_document
from claims.annotations.schema import AnnotationDocumentSerializer
from claims.models import Article
from factcheck.api.problems import flatten, problem_of
from factcheck.api.strict_json import loads
from factcheck.encodings import read_text
from factcheck.errors import FieldError, InvalidInput, Refusal
from factcheck.journal.commands import actor_of_command
from factcheck.journal.models import Entry

NAME_FIELDS = ("key", "name", "title")  # each resource has one of them
OUTCOMES = ("created", "changed", "deleted")
Notes = list[tuple[str, str]]  # pointer, and a word about the passage there
Changes = dict[str, list[str]]  # by outcome, each row as `resource name`


class Command(BaseCommand):
    help = "Imports annotation documents, each completely or not at all. Importing one twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--only-new", action="store_true", help="skip a document whose article is there already")
        parser.add_argument("--replace", action="store_true", help="delete what a document leaves out of its article")
        parser.add_argument("--dry-run", action="store_true", help="print what would change, and write nothing")
        parser.add_argument("--encoding", help="of files that are not UTF-8, such as windows-1252")
        parser.add_argument("--user", help="the author in the journal")

    def handle(
        self,
        *args: Any,
        files: list[Path],
        user: str | None,
        only_new: bool,
        replace: bool,
        dry_run: bool,
        encoding: str | None,
        verbosity: int,
        **options: Any,
    ) -> None:
        errors: list[str] = []
        # One document may refer to another, so a dry run rolls back only after the last.
        with transaction.atomic() if dry_run else nullcontext():
            actor = actor_of_command(user)
            for number, file in enumerate(files, 1):
                if verbosity:
                    self.stderr.write(f"[{number}/{len(files)}] {file}")
                try:
                    changes, notes = import_text(read_text(file, encoding), actor, only_new=only_new, replace=replace)
                except (OSError, ValueError, Refusal, ValidationError, IntegrityError) as error:
                    errors += [f"{file}:", *_error_lines(error)]
                    continue
                if dry_run or verbosity:
                    self.report(changes, self.stdout if dry_run else self.stderr, with_names=dry_run)
                for pointer, note in notes:
                    self.stderr.write(f"  {pointer}: {note}")
            if dry_run:
                transaction.set_rollback(True)
        if errors:
            raise CommandError("\n".join(errors))

    def report(self, changes: Changes, out: Any, *, with_names: bool) -> None:
        out.write("  " + ", ".join(f"{len(changes.get(outcome, []))} {outcome}" for outcome in OUTCOMES))
        if with_names:
            for outcome in OUTCOMES:
                for name in changes.get(outcome, []):
                    out.write(f"  {outcome} {name}")


def import_text(text: str, actor: Any, *, only_new: bool, replace: bool) -> tuple[Changes, Notes]:
    document = loads(text)
    address = _article_address(document)
    known = Article.objects.at_address(address).first() if address else None
    if only_new and known:
        return {}, []
    serializer = AnnotationDocumentSerializer(data=document)
    serializer.is_valid(raise_exception=True)
    with transaction.atomic():
        last = Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0
        if replace and known:
            article = replace_document(
                article_id=known.pk, versions=None, document=serializer.validated_data, actor=actor
            )
        else:
            article = import_document(document=serializer.validated_data, actor=actor)
        return changes_since(last, actor), context_notes(serializer.validated_data, article)


def changes_since(last: int, actor: Any) -> Changes:
    """The rows that the actor wrote in this transaction, after the entry with the id `last`."""
    outcomes: dict[tuple[str, int], tuple[str, str]] = {}
    own = RawSQL("(SELECT base FROM journal_epoch) + pg_current_xact_id()::text::bigint", [])
    for entry in Entry.objects.filter(pk__gt=last, transaction=own, actor=actor).order_by("id"):
        row = (entry.resource, entry.resource_id)
        action = entry.action.rpartition(".")[2]
        name = next(entry.data[field] for field in NAME_FIELDS if field in entry.data)
        outcome = {"created": "created", "opened": "created", "deleted": "deleted"}.get(action, "changed")
        if outcome == "changed" and row in outcomes:
            outcome = outcomes[row][0]
        outcomes[row] = (outcome, f"{entry.resource} {name}")
    return {wanted: [name for outcome, name in outcomes.values() if outcome == wanted] for wanted in OUTCOMES}


def _article_address(document: Any) -> str | None:
    article = document.get("article") if isinstance(document, dict) else None
    address = article.get("url") if isinstance(article, dict) else None
    return address if isinstance(address, str) else None


def _error_lines(error: Exception) -> list[str]:
    if isinstance(error, ValidationError):
        return [f"{one.pointer}: {one.detail}" for one in flatten(error.detail)]
    if isinstance(error, InvalidInput) and error.errors:
        candidates = error.members.get("source_candidates", ())
        return [line for one in error.errors for line in (f"{one.pointer}: {one.detail}", *_listed(candidates, one))]
    if isinstance(error, IntegrityError):  # a rule that only the database checks
        return [problem_of(error)[0]["detail"]]
    return [str(error)]


def _listed(candidates: Any, error: FieldError) -> list[str]:
    """The sources that may be meant."""
    return [
        f"  {each['id']} {each['name']}: {each['details']}" for each in candidates if each["pointer"] == error.pointer
    ]
