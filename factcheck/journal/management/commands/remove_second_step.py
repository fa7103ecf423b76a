from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from factcheck.api.factors import must_have_factor
from factcheck.journal.commands import actor_of_command
from factcheck.journal.factors import remove_all_factors


class Command(BaseCommand):
    help = "Removes app, passkeys and recovery codes of a user who has lost them. Sessions end; the journal has it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user")

    def handle(self, *args: Any, user: str, **options: Any) -> None:
        owner = actor_of_command(user)
        remove_all_factors(user=owner, actor=actor_of_command(None))
        more = ", and is then led to add a new second step" if must_have_factor(owner) else ""
        self.stdout.write(f"From now on {owner} logs in with the password alone{more}.")
