from typing import Any

from rest_framework import serializers

from factcheck.api.fields import LinesField, ReasonSerializer, RecordedSerializer, WebAddressField
from factcheck.api.references import Reference
from sources.models import Source


class SourceSummarySerializer(serializers.ModelSerializer[Source]):
    """A source where something else refers to it."""

    class Meta:
        model = Source
        fields = ["id", "name", "kind", "anonymous"]
        read_only_fields = fields


def source_reference(**kwargs: Any) -> Reference:
    return Reference(queryset=Source.objects.all(), nested=SourceSummarySerializer, **kwargs)


class MergeSerializer(ReasonSerializer):
    into = source_reference(help_text="The source that stays.", style={"label": "The record that stays"})


class SourceSerializer(RecordedSerializer, serializers.ModelSerializer[Source]):
    part_of = source_reference(required=False, allow_null=True, default=None)

    description = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=10_000,
        style={"base_template": "textarea.html", "rows": 3},
    )  # fmt: skip
    anonymous = serializers.BooleanField(required=False, default=False)
    aliases = LinesField(child=serializers.CharField(max_length=300), required=False, default=list, max_length=100)
    same_as = LinesField(child=WebAddressField(max_length=2000), required=False, default=list, max_length=100)

    class Meta:
        model = Source
        fields = [
            "id", "version", "name", "kind", "part_of", "anonymous", "description", "aliases", "same_as",
            "created_at", "updated_at", "reason",
        ]  # fmt: skip
        read_only_fields = ["id", "version", "created_at", "updated_at"]
