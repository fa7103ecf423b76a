from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from claims.serializers import ArticleSerializer
from claims.services import create_article
from claims.suggesting.transcripts import is_transcript
from factcheck.api.problems import flatten
from factcheck.encodings import NotText, read_text
from factcheck.journal.commands import actor_of_command


class Command(BaseCommand):
    help = (
        "Makes a draft article from a plain text, unchanged, or from the words of an SRT or WebVTT file, "
        "and prints its address."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--title", required=True)
        parser.add_argument("--url", help="where it was published")
        parser.add_argument("--media-url", help="of the recording that an SRT or WebVTT file is of")
        parser.add_argument("--encoding", help="of a file that is not UTF-8, such as windows-1252")
        parser.add_argument("--user", help="the author in the journal")

    def handle(
        self,
        *args: Any,
        file: Path,
        title: str,
        url: str | None,
        media_url: str | None,
        encoding: str | None,
        user: str | None,
        **options: Any,
    ) -> None:
        actor = actor_of_command(user)
        try:
            text = read_text(file, encoding)
        except (OSError, NotText) as error:
            raise CommandError(f"{file}: {error}") from error
        kind = "captions" if is_transcript(text) else "text"
        serializer = ArticleSerializer(data={"title": title, "url": url, "media_url": media_url, kind: text})
        if not serializer.is_valid():
            errors = "; ".join(
                f"{error.pointer.removeprefix('#/')}: {error.detail}" for error in flatten(serializer.errors)
            )
            raise CommandError(f"{file}: {errors}")
        article = create_article(actor=actor, **serializer.validated_data)
        self.stdout.write(f"/api/v1/articles/{article.pk}/")
