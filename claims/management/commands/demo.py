import os
import secrets
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand

USERS = {"alice": "editor", "bob": "reporter", "vera": "viewer"}


class Command(BaseCommand):
    help = "Makes the demo users alice (editor), bob (reporter) and vera (viewer)."

    def handle(self, *args: Any, **options: Any) -> None:
        given = os.environ.get("DEMO_PASSWORD")
        missing = [name for name in USERS if not User.objects.filter(username=name).exists()]
        password = given or secrets.token_urlsafe(9)
        # A password that nobody knows any more is of no use: without DEMO_PASSWORD each run prints a new one.
        for name in USERS:
            user, _ = User.objects.get_or_create(username=name)
            if name in missing:
                user.groups.add(Group.objects.get(name=USERS[name]))
            if not given or not user.check_password(given):
                user.set_password(password)
                user.save(update_fields=["password"])
        roles = ", ".join(f"{name} ({role})" for name, role in USERS.items())
        self.stdout.write(f"Log in as {roles}; password: {password}")
