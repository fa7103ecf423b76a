from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from factcheck.api.models import Token


class Command(BaseCommand):
    help = "Makes an API token for a user and prints only its key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user")
        parser.add_argument("--read-only", action="store_true")

    def handle(self, *args: Any, user: str, read_only: bool, **options: Any) -> None:
        owner = User.objects.filter(username=user, is_active=True).first()
        if owner is None:
            raise CommandError(f"There is no active user {user!r}.")
        self.stdout.write(Token.issue(owner, name="made on the command line", read_only=read_only).key)
