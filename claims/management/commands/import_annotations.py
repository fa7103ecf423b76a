import json
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from claims.annotations import import_document
from claims.models import Article
from factcheck.api.errors import Refusal


class Command(BaseCommand):
    help = "Imports annotation documents, each whole or not at all; importing one twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--only-new", action="store_true", help="leave alone what has been imported before")
        parser.add_argument("--user", default="alice", help="in whose name the journal records it")

    def handle(self, *args: Any, files: list[Path], user: str, only_new: bool, **options: Any) -> None:
        actor = User.objects.filter(username=user).first()
        if actor is None:
            raise CommandError(f"There is no user {user!r}. Name one with --user.")
        for file in files:
            try:
                document = json.loads(file.read_text(encoding="utf-8"))
                if only_new and Article.objects.filter(url=document["article"]["url"]).exists():
                    continue
                import_document(document=document, actor=actor)
            except (OSError, ValueError, Refusal) as fault:
                raise CommandError(f"{file}: {fault}") from fault
            except (KeyError, TypeError) as fault:
                raise CommandError(f"{file}: not an annotation document: {fault!r}") from fault
