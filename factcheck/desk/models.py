from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import InternalError, models, transaction
from django.utils import timezone
from psycopg.errors import ReadOnlySqlTransaction

from factcheck.journal.mark import Mark

LOOK_LASTS = timedelta(minutes=30)  # a page that is loaded again within it still tells the same news


class Look(models.Model):
    """A user's looks at the start page: until when the journal was read. A row, so that it outlives the session.

    `before` was read at the end of the look before this one, at `before_at`; both are empty at the first look.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+", db_column="user"
    )
    before = models.TextField(default="")
    before_at = models.DateTimeField(null=True)
    latest = models.TextField()
    latest_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Look"]]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.latest_at}"

    @classmethod
    def take(cls, user_id: int) -> "Look":
        """Looks now."""
        mark, now = str(Mark.now()), timezone.now()
        look = cls.objects.filter(pk=user_id).first() or cls(user_id=user_id, latest_at=now)
        if look.is_over(now):
            look.before, look.before_at = look.latest, look.latest_at
        look.latest, look.latest_at = mark, now
        look.keep()
        return look

    def keep(self) -> None:
        """Not in a database that only reads, as a standby's does: its pages can be read all the same."""
        fields = ["before", "before_at", "latest", "latest_at"]
        try:
            with transaction.atomic():
                Look.objects.bulk_create([self], update_conflicts=True, unique_fields=["user"], update_fields=fields)
        except InternalError as error:
            if not isinstance(error.__cause__, ReadOnlySqlTransaction):
                raise

    def is_over(self, now: datetime) -> bool:
        return now - self.latest_at > LOOK_LASTS

    @property
    def mark(self) -> Mark | None:
        return Mark.read(self.before) if self.before else None


class ChosenLanguage(models.Model):
    """The language in which a user wants the pages. Without a row the browser's counts."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+", db_column="user"
    )
    code = models.TextField()

    objects: ClassVar[models.Manager["ChosenLanguage"]]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.code}"
