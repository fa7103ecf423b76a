from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from claims.models import Article
from claims.models.article import MAX_TEXT
from claims.services import create_article


class Command(BaseCommand):
    help = "Takes a plain UTF-8 text, as it is, as a draft article and prints its address."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--title", required=True)
        parser.add_argument("--url", help="where it was published")
        parser.add_argument("--user", default="alice", help="in whose name the journal records it")

    def handle(self, *args: Any, file: Path, title: str, url: str | None, user: str, **options: Any) -> None:
        actor = User.objects.filter(username=user).first()
        if actor is None:
            raise CommandError(f"There is no user {user!r}. Name one with --user.")
        try:
            text = file.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            raise CommandError(f"{file}: {fault}") from fault
        if "\x00" in text or len(text) > MAX_TEXT:
            raise CommandError(f"{file}: a text has at most {MAX_TEXT} code points, and no NUL.")
        if url and Article.objects.filter(url=url).exists():
            raise CommandError(f"An article with the address {url} exists.")
        article = create_article(actor=actor, title=title, url=url or None, text=text)
        self.stdout.write(f"/api/v1/articles/{article.pk}/")
