from typing import Any

from django.utils.translation import gettext, gettext_lazy
from rest_framework import serializers
from rest_framework.utils.html import is_html_input

from factcheck.api.fields import LinesField, ReasonSerializer, RecordedSerializer, WebAddressField
from factcheck.api.references import Reference
from sources.models import Source

IS_ANOTHER = "is-another"  # the form field with the name of a source that is another than those called nearly so


class SourceSummarySerializer(serializers.ModelSerializer[Source]):
    """A source where something else refers to it."""

    class Meta:
        model = Source
        fields = ["id", "name", "kind", "anonymous"]
        read_only_fields = fields


SOURCES = Source.objects.all()  # one object, by which a reference knows its prepared query


def source_reference(**kwargs: Any) -> Reference:
    return Reference(queryset=SOURCES, nested=SourceSummarySerializer, **kwargs)


class MergeSerializer(ReasonSerializer):
    into = source_reference(
        help_text=gettext_lazy("The source that stays."), style={"label": gettext_lazy("The record that stays")}
    )


class SourceSerializer(RecordedSerializer, serializers.ModelSerializer[Source]):
    form_fields = RecordedSerializer.form_fields | {IS_ANOTHER}

    name = serializers.CharField(max_length=300, style={"base_template": "new_name.html", "asks_if_new": IS_ANOTHER})
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
        extra_kwargs = {"kind": {"style": {"is_asked": True}}}

    def validate_name(self, name: str) -> str:
        """A form asks before it makes a source that may be there already. A program is not asked."""
        if self.instance or not is_html_input(self.initial_data) or self.initial_data.get(IS_ANOTHER) == name:
            return name
        if alike := Source.objects.nearly_called(name):
            detail = gettext("There is “%(name)s” already. Take that one, or confirm that you mean another.") % {
                "name": alike[0]
            }
            raise serializers.ValidationError(detail, code="alike")
        return name
