"""Django's sessions in the database, in a table that says whose they are: a user sees and ends the own ones."""

from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from factcheck.api.models import Session
from factcheck.postgres.prepared import prepared

AGENT, SINCE = "agent", "since"


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    def _validate_session_key(self, key: str) -> bool:
        """A cookie may have any octets. PostgreSQL has no text with a NUL."""
        return super()._validate_session_key(key) and "\x00" not in key  # type: ignore[misc]

    def _get_session_from_db(self) -> Any:
        kept = prepared(_not_ended, _not_ended, str, datetime)
        found: Any = next(iter(kept.objects(self.session_key, timezone.now())), None)
        if found is None:
            self._session_key = None
        return found

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        since = data.get(SINCE)
        row.user_id, row.agent = data.get(SESSION_KEY), data.get(AGENT, "")
        row.since = since and datetime.fromisoformat(since)
        return row


def _not_ended(key: str, now: datetime) -> QuerySet[Any]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)


def describe_session(request: HttpRequest) -> None:
    """Notes when and with which browser somebody has logged in."""
    request.session[AGENT] = request.headers.get("User-Agent", "")[:200].replace("\x00", "")
    request.session[SINCE] = timezone.now().isoformat()
