from typing import Any

from django.contrib.auth.models import User
from rest_framework import serializers

from factcheck.journal.models import Entry


class UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "username"]
        read_only_fields = fields


class EntrySerializer(serializers.ModelSerializer[Entry]):
    actor = UserSerializer(read_only=True)

    class Meta:
        model = Entry
        fields = [
            "id",
            "at",
            "actor",
            "action",
            "resource",
            "resource_id",
            "version",
            "article",
            "reason",
            "data",
        ]
        read_only_fields = fields


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
