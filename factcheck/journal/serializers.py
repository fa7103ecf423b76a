from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from factcheck.journal.models import Entry


class UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "username"]
        read_only_fields = fields


def actor_of(entry: Entry) -> dict[str, Any] | None:
    """A User by the name of that time, or None."""
    return None if entry.actor_id is None else {"id": entry.actor_id, "username": entry.actor_name}


class EntrySerializer(serializers.ModelSerializer[Entry]):
    actor = serializers.SerializerMethodField(
        help_text="By the name of that time. Null for what was done with the rights of the database, as by a command."
    )
    actor_name = serializers.CharField(
        read_only=True, help_text="The actor's name at that time; without an actor, the database role."
    )
    salt = serializers.UUIDField(
        read_only=True,
        allow_null=True,
        help_text="A random part of what is sealed: the hash of an entry lets nobody guess it. Null in older entries.",
    )

    class Meta:
        model = Entry
        fields = [
            "id",
            "at",
            "actor",
            "actor_name",
            "action",
            "resource",
            "resource_id",
            "version",
            "article",
            "reason",
            "data",
            "salt",
        ]
        read_only_fields = fields

    @extend_schema_field(UserSerializer(allow_null=True))
    def get_actor(self, entry: Entry) -> dict[str, Any] | None:
        return actor_of(entry)


class HistoryEntrySerializer(EntrySerializer):
    """An entry with what it changed: each field's value before and after."""

    changes = serializers.SerializerMethodField()

    class Meta(EntrySerializer.Meta):
        fields = [*EntrySerializer.Meta.fields, "changes"]
        read_only_fields = fields

    def get_changes(self, entry: Any) -> dict[str, dict[str, Any]]:
        before = entry.before or {}
        ignored = {"version", "updated_at"}
        return {
            name: {"before": before.get(name), "after": value}
            for name, value in entry.data.items()
            if name not in ignored and before.get(name) != value
        }
