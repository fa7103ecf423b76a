import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rest_framework.exceptions import ValidationError

from claims.annotations import import_document
from claims.documents import AnnotationDocumentSerializer
from claims.models import Article
from factcheck.api.errors import Refusal
from factcheck.api.problems import flatten
from factcheck.journal.commands import actor_of_command


def address_of(document: Any) -> str | None:
    article = document.get("article") if isinstance(document, dict) else None
    return article.get("url") if isinstance(article, dict) else None


class Command(BaseCommand):
    help = "Imports annotation documents, each whole or not at all; importing one twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--only-new", action="store_true", help="leave alone what has been imported before")
        parser.add_argument("--user", help="in whose name the journal records it")

    def handle(self, *args: Any, files: list[Path], user: str | None, only_new: bool, **options: Any) -> None:
        actor = actor_of_command(user)
        for file in files:
            try:
                document = json.loads(file.read_text(encoding="utf-8"))
                if only_new and Article.objects.filter(url=address_of(document)).exists():
                    continue
                serializer = AnnotationDocumentSerializer(data=document)
                serializer.is_valid(raise_exception=True)
                import_document(document=serializer.validated_data, actor=actor)
            except (OSError, ValueError, Refusal) as fault:
                raise CommandError(f"{file}: {fault}") from fault
            except ValidationError as fault:
                lines = [f"{error.pointer}: {error.detail}" for error in flatten(fault.detail)]
                raise CommandError("\n".join([f"{file}:", *lines])) from fault
