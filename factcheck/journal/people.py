"""Users whom an identity provider vouches for: who they are here, in which role, and whether they still are."""

import logging
import re
import time
import unicodedata
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import User
from django.utils import timezone

from factcheck.api.models import Identity
from factcheck.api.provider import NotVouched, Person, Why, ask_again
from factcheck.api.roles import role_of
from factcheck.journal.commands import COMMAND_LINE
from factcheck.journal.users import end_sessions, save_user
from factcheck.postgres.transactions import atomic_with_retry

logger = logging.getLogger("factcheck.people")

PROVIDER = "identity-provider"  # the actor of what the provider says, as whom nobody can log in
NO_PASSWORD = UNUSABLE_PASSWORD_PREFIX
# Of Django's user names; besides, the fillers of Hangul, which are letters that nobody sees.
NOT_IN_A_NAME = re.compile(r"(?:[^\w.@+-]|[\u115f\u1160])+")
LONGEST_NAME = 140  # leaves room for a number


@atomic_with_retry
def record_person(*, person: Person) -> User | None:
    """The user whom the issuer and the subject name, made at the first log-in, with the role that the provider gives.

    Without a role nobody is made, and who was here before has none any more and is logged out: None.
    """
    provider = _provider()
    identity = Identity.objects.filter(issuer=settings.OIDC_ISSUER, subject=person.subject).first()
    if identity is None and not person.role:
        return None
    user = User.objects.select_for_update().get(pk=identity.user_id) if identity else User(password=NO_PASSWORD)
    renamed = identity is None or identity.name != person.name
    if renamed:
        user.username = _free_name(person.name, user)
        user.first_name, user.last_name = person.text("given_name")[:150], person.text("family_name")[:150]
    if renamed or person.role != role_of(user).name.lower().replace("none", ""):
        save_user(user=user, role=person.role, actor=provider)
    now = timezone.now()
    Identity.objects.update_or_create(
        issuer=settings.OIDC_ISSUER,
        subject=person.subject,
        defaults={
            "user": user,
            "name": person.name,
            "tokens": person.tokens if person.role else {},
            "check_at": now + Identity.CHECKED_EVERY,
            "confirmed_at": now if person.role else None,
        },
    )
    if not person.role:
        end_sessions(user=user)
    return user if person.role else None


def _provider() -> User:
    """Locked, so that two people of one name who come at once get two."""
    User.objects.get_or_create(username=PROVIDER, defaults={"is_active": False, "password": NO_PASSWORD})
    return User.objects.select_for_update(no_key=True).get(username=PROVIDER)


def _free_name(name: str, user: User) -> str:
    """As readable as a user name can be. The journal names its actors, so it is nobody else's in other letters."""
    wanted = NOT_IN_A_NAME.sub(".", unicodedata.normalize("NFKC", name)).strip(".")[:LONGEST_NAME] or "person"
    others = User.objects.exclude(pk=user.pk)
    number, free = 1, wanted
    while free.lower() in (PROVIDER, COMMAND_LINE) or others.filter(username__iexact=free).exists():
        number += 1
        free = f"{wanted}-{number}"
    return free


def confirm(identity: Identity) -> bool:
    """Asks the provider about a person, if that is due, and records what it says. Whether the person still stands."""
    if identity.issuer != settings.OIDC_ISSUER:
        return False
    if identity.take_check():
        _check(identity)
    identity.refresh_from_db()
    while not identity.stands and identity.is_being_checked:  # by another request, since nobody has come for long
        time.sleep(0.1)
        identity.refresh_from_db()
    return identity.stands


def _check(identity: Identity) -> None:
    try:
        record_person(person=ask_again(identity.tokens, identity.subject))
    except NotVouched as refused:
        if refused.why in (Why.DENIED, Why.EXPIRED):
            end_person(identity=identity)
        else:
            identity.end_check()


@atomic_with_retry
def end_person(*, identity: Identity) -> None:
    """The provider no longer vouches for the person: sessions end, and tokens are refused until the next log-in."""
    refused = Identity.objects.filter(pk=identity.pk, tokens=identity.tokens)  # a new log-in meanwhile has others
    if refused.update(confirmed_at=None, tokens={}):
        end_sessions(user=identity.user)


def log_out(subject: str) -> None:
    """What the provider has ended. Tokens are asked about at their next use."""
    identity = Identity.objects.filter(issuer=settings.OIDC_ISSUER, subject=subject).first()
    if identity:
        Identity.objects.filter(pk=identity.pk).update(check_at=timezone.now())
        end_sessions(user=identity.user)


def break_glass(user: Any) -> None:
    """The user becomes an admin for the time of a session. So the journal has each use, though the last one was not
    ended by a log-out."""
    logger.warning("BREAK_GLASS_ADMIN: %s logs in by a password.", user)
    mend_glass(user)
    save_user(user=User.objects.get(pk=user.pk), role="admin", actor=user)


def mend_glass(user: Any) -> None:
    save_user(user=User.objects.get(pk=user.pk), role="", actor=user)
