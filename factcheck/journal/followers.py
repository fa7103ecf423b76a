"""Followers: what follows a commit, such as sealing, outside of the transaction that wrote.

Each follower reads the journal's feed by a cursor of its own, which it moves in the transaction of what it does. So one
that is killed goes on where it ended, and does nothing twice. Of two processes with one name the second waits for the
first one's transaction, and goes on behind it.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, InternalError, OperationalError, connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from factcheck.errors import Unavailable
from factcheck.journal.epoch import first_open_transaction
from factcheck.journal.models import Entry, FollowerCursor, Place
from factcheck.postgres.row_comparison import RowComparison

BATCH = 5_000  # entries in one transaction
MAX_COUNTED = 1_000  # entries that a follower is behind; to count all could take seconds
PAUSE = 1  # second between two looks at the feed
TROUBLE = (OperationalError, InterfaceError, InternalError, Unavailable)  # the third: the server is read-only

logger = logging.getLogger("factcheck.followers")


class LeftOut(ImproperlyConfigured):
    """This installation does without the follower. The message says what it would need."""


class Follower(Protocol):
    """`batch`, if it has one: how many entries it is given at most, instead of BATCH.

    `end(finish=…)`, if it has one, is called at the end. `finish` says that what it has begun is to be done first.
    """

    def prepare(self) -> None:
        """Called once, before the first batch. Raises ImproperlyConfigured when a setting is missing."""

    def follow(self, entries: Sequence[Entry]) -> None:
        """Called within the transaction that moves the cursor; without entries when it has caught up."""


@dataclass(frozen=True)
class Lag:
    name: str
    entries: int  # written and not yet followed, counted up to MAX_COUNTED
    seconds: int  # since the first of them was written

    @property
    def counted(self) -> str:
        return f"{self.entries} or more" if self.entries == MAX_COUNTED else str(self.entries)


def entries_after(transaction: int, entry: int) -> QuerySet[Entry]:
    """All entries behind this place of the feed, in its order."""
    behind = RowComparison(F("transaction"), ">", transaction, entry)
    return Entry.objects.filter(behind).order_by("transaction", "id")


def lags(names: Sequence[str]) -> list[Lag]:
    cursors = FollowerCursor.objects.in_bulk(names)
    return [_lag(cursors.get(name) or FollowerCursor(name=name)) for name in names]


def held_back() -> Lag:
    """What is committed, and no reader of the feed sees yet, since an older transaction is still open.

    Raises Unavailable where the feed cannot be read.
    """
    held = Entry.objects.filter(transaction__gte=first_open_transaction()).order_by("transaction", "id")
    return _lag_of("feed", held)


def run(
    followers: Mapping[str, Follower],
    *,
    once: bool = False,
    is_wanted: Callable[[], bool] = lambda: True,
    may_leave_out: bool = False,
) -> None:
    """Follow for as long as it is wanted, or `once` until all have caught up.

    While the database cannot be reached, is read-only or refuses the feed, it waits; with `once` it raises the error.
    `may_leave_out`: what this installation does without is logged, and not raised.
    """
    followers = {name: follower for name, follower in followers.items() if _is_ready(name, follower, may_leave_out)}
    has_caught_up = False
    try:
        _follow(followers, once, is_wanted)
        has_caught_up = once
    finally:
        for follower in followers.values():
            if end := getattr(follower, "end", None):
                end(finish=has_caught_up)


def _follow(followers: Mapping[str, Follower], once: bool, is_wanted: Callable[[], bool]) -> None:
    caught_up: dict[str, Place | None] = dict.fromkeys(followers)
    trouble = ""
    while is_wanted():
        is_behind = False
        try:
            for name, follower in followers.items():
                found, caught_up[name] = advance(name, follower, caught_up=caught_up[name])
                is_behind |= found == _batch(follower)
            trouble = ""
        except TROUBLE as error:
            if once:
                raise
            if trouble != (trouble := " ".join(str(error).split())):
                logger.warning("Waiting: %s", trouble)
            connection.close()
        if once and all(caught_up.values()):
            return
        if not once and not is_behind:
            time.sleep(PAUSE)


def advance(name: str, follower: Follower, *, caught_up: Place | None) -> tuple[int, Place | None]:
    """Follows the next batch, and returns how many entries it had, and the place where it has caught up.

    Another process that moves the cursor may die before it is told that it has caught up. So it counts as caught up
    only where this process was told so.
    """
    if caught_up and caught_up == _place(name) and not _next_entries(*caught_up).exists():
        return 0, caught_up  # without a lock, which would be a write and so end what web processes keep of their reads
    with transaction.atomic():
        cursor, _ = FollowerCursor.objects.select_for_update().get_or_create(name=name)
        entries = list(_next_entries(cursor.transaction, cursor.entry)[: _batch(follower)])
        follower.follow(entries)
        if entries:
            last = entries[-1]
            FollowerCursor.objects.filter(pk=name).update(transaction=last.transaction, entry=last.pk, moved_at=Now())
    return len(entries), None if entries else (cursor.transaction, cursor.entry)


def _is_ready(name: str, follower: Follower, may_leave_out: bool) -> bool:
    try:
        follower.prepare()
    except LeftOut as reason:
        if not may_leave_out:
            raise
        logger.info("Without %s: %s", name, reason)
        return False
    return True


def _batch(follower: Follower) -> int:
    return getattr(follower, "batch", BATCH)


def _place(name: str) -> Place:
    return FollowerCursor.objects.values_list("transaction", "entry").get(pk=name)


def _next_entries(transaction: int, entry: int) -> QuerySet[Entry]:
    """Those that no transaction which is still open can come before."""
    return entries_after(transaction, entry).filter(transaction__lt=first_open_transaction())


def _lag(cursor: FollowerCursor) -> Lag:
    return _lag_of(cursor.name, entries_after(cursor.transaction, cursor.entry))


def _lag_of(name: str, waiting: QuerySet[Entry]) -> Lag:
    since = waiting.values_list("at", flat=True).first()
    return Lag(name, waiting[:MAX_COUNTED].count(), _seconds_since(since))


def _seconds_since(instant: datetime | None) -> int:
    return max(0, int((timezone.now() - instant).total_seconds())) if instant else 0
