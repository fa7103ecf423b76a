import os
import secrets
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

USERS = {"alice": "editor", "bob": "reporter", "vera": "viewer"}


class Command(BaseCommand):
    help = (
        "Makes the demo users alice (editor), bob (reporter) and vera (viewer), and imports annotation documents "
        "whose article is not there yet. A document that cannot be imported is reported and left out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="an annotation document")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        password = make_users()
        for file in files:
            try:
                call_command("import_annotations", file, only_new=True, user="alice", verbosity=0)
            except (CommandError, DatabaseError) as error:
                self.stderr.write(f"The demo article was not imported. {' '.join(str(error).split())}")
        roles = ", ".join(f"{name} ({role})" for name, role in USERS.items())
        self.stdout.write(f"Log in as {roles}; password: {password}")


def make_users() -> str:
    """The password of all demo users: DEMO_PASSWORD, or a new one at each run, since nobody knows the last one."""
    given = os.environ.get("DEMO_PASSWORD")
    password = given or secrets.token_urlsafe(9)
    for name, role in USERS.items():
        user, created = User.objects.get_or_create(username=name)
        if created:
            user.groups.add(Group.objects.get(name=role))
        if not given or not user.check_password(given):
            user.set_password(password)
            user.save(update_fields=["password"])
    return password
