"""The schema of an annotation document, as serializers and as JSON Schema."""

import json
import re
from typing import Any

from django.utils.translation import gettext, gettext_lazy
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from claims.annotations.export import FORMAT
from claims.fields import AddressesField, CueTimesField, LanguageField, SaidOnField, VerbatimField
from claims.models import Article, Dispute, Evidence, Statement
from claims.models.article import MAX_TEXT
from claims.models.evidence import NEEDS_TITLE
from factcheck.api.fields import (
    REASON_LENGTH,
    ChoiceField,
    OptionalChoiceField,
    OptionalWebAddressField,
    StrictSerializer,
    WebAddressField,
)
from sources.addresses import ADDRESS
from sources.models import Source

MAX_ROWS = 5000
FORMATS = [(FORMAT, FORMAT)]


class KeyField(serializers.RegexField):
    """Names a row within the document, and permanently within its article."""

    def __init__(self, **kwargs: Any):
        super().__init__(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=60, **kwargs)


class OptionalText(serializers.CharField):
    def __init__(self, **kwargs: Any):
        super().__init__(required=False, allow_blank=True, default="", **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """A document has thousands of rows, and most leave the field out: that case comes first."""
        return "" if data is serializers.empty else super().run_validation(data)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "pattern": f"^{ADDRESS.pattern}$"},
            {"type": "integer", "minimum": 1, "maximum": 10**18 - 1},
        ]
    }
)
class SourceAddressField(serializers.Field):
    default_error_messages = {
        "invalid": gettext_lazy("Give the address as an export writes it, or the number of a source.")
    }

    def to_internal_value(self, data: Any) -> str:
        text = str(data) if isinstance(data, int) else data
        if not isinstance(text, str) or not ADDRESS.fullmatch(text):
            self.fail("invalid")
        return text


class ArticleDocumentSerializer(StrictSerializer):
    title = serializers.CharField(max_length=500)
    url = OptionalWebAddressField(max_length=2000)
    addresses = AddressesField()
    publisher = KeyField(required=False, allow_null=True, default=None)
    byline = OptionalText(max_length=500)
    language = LanguageField()
    published_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    status = ChoiceField(
        Article.Status.choices,
        required=False,
        help_text="Publishes or withdraws the article if it has another status. Left out: the status stays.",
    )
    media_url = OptionalWebAddressField(max_length=2000, help_text="The recording that the text is a transcript of.")
    text = VerbatimField(max_length=MAX_TEXT, allow_blank=True)
    cue_times = CueTimesField(required=False)


class SourceDocumentSerializer(StrictSerializer):
    key = KeyField()
    id = SourceAddressField(
        required=False,
        allow_null=True,
        default=None,
        help_text="The address of the source. On the service that recorded it, the item is this very source.",
    )
    name = serializers.CharField(max_length=300)
    kind = ChoiceField(Source.Kind.choices)
    part_of = KeyField(required=False, allow_null=True, default=None)
    anonymous = serializers.BooleanField(required=False, default=False)
    description = OptionalText(max_length=10_000)
    aliases = serializers.ListField(
        child=serializers.CharField(max_length=300), required=False, default=list, max_length=100
    )
    same_as = serializers.ListField(
        child=WebAddressField(max_length=2000), required=False, default=list, max_length=100
    )


class EvidenceDocumentSerializer(StrictSerializer):
    key = KeyField()
    stance = ChoiceField(Evidence.Stance.choices)
    url = OptionalWebAddressField(max_length=2000)
    title = OptionalText(max_length=500, help_text="What it is. Required if it has no address.")
    excerpt = OptionalText(max_length=10_000)
    archived_url = OptionalWebAddressField(max_length=2000)
    obtained_on = serializers.DateField(required=False, allow_null=True, default=None)
    obtained_how = OptionalChoiceField(Evidence.ObtainedHow.choices)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["url"] and not attrs["title"]:
            raise serializers.ValidationError({"title": NEEDS_TITLE}, code="required")
        return attrs


class StatementDocumentSerializer(StrictSerializer):
    key = KeyField()
    text = VerbatimField(max_length=MAX_TEXT)
    start = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=MAX_TEXT,
        help_text="In code points. Tells identical passages apart.",
    )
    prefix = OptionalText(max_length=500, trim_whitespace=False)
    suffix = OptionalText(max_length=500, trim_whitespace=False)
    paraphrase = OptionalText(max_length=5000)
    quote_type = ChoiceField(Statement.QuoteType.choices, required=False, default="indirect")
    source = KeyField(required=False, allow_null=True, default=None)  # type: ignore[assignment]
    via = serializers.ListField(child=KeyField(), required=False, default=list, max_length=20)
    said_on = SaidOnField()
    tag = ChoiceField(Statement.Tag.choices, required=False, default="unverified")
    tag_reason = OptionalText(max_length=REASON_LENGTH)
    evidence = EvidenceDocumentSerializer(many=True, required=False, default=list)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["tag"] != "unverified" and not attrs["tag_reason"]:
            raise serializers.ValidationError({"tag_reason": gettext("A tag needs a reason.")}, code="required")
        _refuse_duplicates("evidence", attrs["evidence"])
        via = attrs["via"]
        duplicates: Any = {
            index: [gettext("This source is listed twice.")] for index, key in enumerate(via) if key in via[:index]
        }
        if duplicates:
            raise serializers.ValidationError({"via": duplicates}, code="duplicate")
        return attrs


class DisputeDocumentSerializer(StrictSerializer):
    key = KeyField()
    statement = KeyField()
    raised_by = KeyField()
    counter_statement = KeyField(
        required=False,
        allow_null=True,
        default=None,
        help_text="The key of a statement of this document, or of counter_article.",
    )
    counter_article = OptionalWebAddressField(
        max_length=2000, help_text="The address of the article with counter_statement, if it is another article."
    )
    kind = ChoiceField(Dispute.Kind.choices)
    scope = ChoiceField(Dispute.Scope.choices, required=False, default="whole")
    note = OptionalText(max_length=5000)
    state = ChoiceField(Dispute.State.choices, required=False, default="open")
    resolution = OptionalText(max_length=REASON_LENGTH)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["state"] == "open") == bool(attrs["resolution"]):
            detail = gettext("A resolved dispute has a resolution, an open one has none.")
            raise serializers.ValidationError({"resolution": detail}, code="resolution")
        return attrs


class AnnotationDocumentSerializer(StrictSerializer):
    format = ChoiceField(FORMATS)
    version = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text="Changes with anything in the document. An import ignores it; If-Match compares it.",
    )
    article = ArticleDocumentSerializer()
    sources = SourceDocumentSerializer(many=True, max_length=MAX_ROWS)  # type: ignore[call-arg]
    statements = StatementDocumentSerializer(many=True, max_length=MAX_ROWS)  # type: ignore[call-arg]
    disputes = DisputeDocumentSerializer(many=True, max_length=MAX_ROWS)  # type: ignore[call-arg]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in ("sources", "statements", "disputes"):
            _refuse_duplicates(name, attrs[name])
        return attrs


def _refuse_duplicates(name: str, items: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for index, item in enumerate(items):
        if item["key"] in seen:
            error: Any = {index: {"key": [gettext("This key is used twice.")]}}
            raise serializers.ValidationError({name: error}, code="duplicate")
        seen.add(item["key"])


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of what an import takes, made from the serializers that validate it."""
    components = SchemaGenerator().get_schema(public=True)["components"]["schemas"]
    definitions: dict[str, Any] = {}
    pending = ["AnnotationDocumentRequest"]
    while pending:
        name = pending.pop()
        if name not in definitions:
            definitions[name] = components[name]
            pending += re.findall(r"#/components/schemas/([^\"]+)", json.dumps(components[name]))
            if "properties" in definitions[name]:
                definitions[name] = {**definitions[name], "additionalProperties": False}
    text = json.dumps(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Factcheck annotation document",
            "$ref": "#/$defs/AnnotationDocumentRequest",
            "$defs": dict(sorted(definitions.items())),
        }
    )
    return json.loads(text.replace("#/components/schemas/", "#/$defs/"))
