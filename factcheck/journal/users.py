"""Writes to users. The database itself writes their journal entries, and is told here who does it."""

from typing import Any

from django.contrib.auth.models import Group, User

from factcheck.api.models import Session
from factcheck.journal.services import name_actor
from factcheck.postgres.transactions import atomic_with_retry


@atomic_with_retry
def save_user(*, user: User, role: str | None, actor: Any) -> None:
    """Creates or changes the user. `role` is the name of the group, empty for none; None leaves the roles as they are.

    Who is deactivated is logged out everywhere.
    """
    name_actor(actor)
    if user.pk is None:
        user.save()
    if role is not None:
        user.groups.set([Group.objects.get_or_create(name=role)[0]] if role else [])
    user.save()  # last: a name that is written is recorded at once, and the role with it
    if not user.is_active:
        end_sessions(user=user)


def end_sessions(*, user: Any, but: str | None = None) -> None:
    """`but` is the key of one that stays."""
    Session.objects.filter(user=user.pk).exclude(session_key=but).delete()
