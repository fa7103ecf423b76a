"""The user in whose name a management command writes."""

from django.contrib.auth.models import User
from django.core.management.base import CommandError

COMMAND_LINE = "command-line"


def actor_of_command(username: str | None) -> User:
    """The named user, or without a name the user `command-line`, as whom nobody can log in. Raises CommandError."""
    if username is None:
        return User.objects.get_or_create(username=COMMAND_LINE, defaults={"is_active": False, "password": "!"})[0]
    named = User.objects.filter(username=username).first()
    if named is None:
        raise CommandError(f"There is no user {username!r}.")
    return named
