from typing import Any

from django.db.models import F, Func, OuterRef, TextField, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext, gettext_lazy
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.utils.html import is_html_input

from claims.fields import (
    AddressesField,
    ArticleTextField,
    CueTimesField,
    LanguageField,
    SaidOnField,
    SecondsField,
    UserReference,
    VerbatimField,
)
from claims.form_input import PassageForm
from claims.models import Article, ArticleRevision, Dispute, Evidence, Statement, StatementVia
from claims.models.article import MAX_TEXT
from claims.partial_dates import LENGTHS
from claims.suggesting.transcripts import NoCaptions, read_transcript
from factcheck.api.fields import (
    ChoiceField,
    OptionalChoiceField,
    OptionalWebAddressField,
    ReasonField,
    ReasonSerializer,
    RecordedSerializer,
)
from factcheck.api.references import ReferenceList, RowId, rows_by_id, valid_ids
from factcheck.api.row_json import JSONList, JSONObject, json_object
from factcheck.journal.models import Entry
from factcheck.journal.serializers import UserSerializer, actor_of
from sources.models import Source
from sources.serializers import SOURCES, SourceSummarySerializer, source_reference

PROPOSAL_LENGTH = 1800  # code points: the journal puts the author's name before it, and the whole is a reason too
MAX_VIA = 20  # sources
MAX_CAPTIONS = 5 * MAX_TEXT  # code points, with the times and the markup
ROW = ["id", "version", "created_at", "updated_at"]


class TagCountsSerializer(serializers.Serializer[Any]):
    asserted = serializers.IntegerField(min_value=0)
    denied = serializers.IntegerField(min_value=0)
    unverified = serializers.IntegerField(min_value=0)


class ArticleRowSerializer(RecordedSerializer, serializers.ModelSerializer[Article]):
    """An article in a list, without its text."""

    url = OptionalWebAddressField(
        max_length=2000, help_text=gettext_lazy("Where it was published. No two articles share one.")
    )
    addresses = AddressesField(
        help_text=gettext_lazy("Where else it stands, such as its AMP and its mobile page."),
        style={"label": gettext_lazy("Other addresses")},
    )
    publisher = source_reference(required=False, allow_null=True, default=None)
    byline = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)
    language = LanguageField()
    published_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    media_url = OptionalWebAddressField(
        max_length=2000, help_text=gettext_lazy("The recording that the text is a transcript of.")
    )
    desk = UserReference(
        required=False, allow_null=True, default=None, help_text=gettext_lazy("Who has it: the id of a user, or null."),
        style={"label": gettext_lazy("Who has it")},
    )  # fmt: skip
    tags = TagCountsSerializer(read_only=True)
    open_disputes = serializers.IntegerField(read_only=True)
    open_notes = serializers.IntegerField(
        read_only=True, help_text="Unresolved notes on it, its statements and its disputes."
    )
    action_fields = {"status": gettext_lazy("Use POST to the article's publish/ or withdraw/, with a reason.")}

    class Meta:
        model = Article
        fields = [
            *ROW, "title", "url", "addresses", "publisher", "byline", "language", "published_at", "media_url",
            "revision", "sha256", "status", "desk", "tags", "open_disputes", "open_notes", "reason",
        ]  # fmt: skip
        read_only_fields = [*ROW, "revision", "sha256", "status"]

    def validate_url(self, url: str | None) -> str | None:
        if url and url != getattr(self.instance, "url", None):
            self._refuse_of_others([url])
        return url

    def validate_addresses(self, addresses: list[str] | None) -> list[str] | None:
        known = getattr(self.instance, "addresses", None) or []
        self._refuse_of_others([address for address in addresses or [] if address not in known])
        return addresses

    def _refuse_of_others(self, addresses: list[str]) -> None:
        others = Article.objects.exclude(pk=self.instance.pk if isinstance(self.instance, Article) else 0)
        if other := others.at_address(*addresses).only("pk").first():
            detail = gettext("Article %(article)s has this address.") % {"article": other.pk}
            raise serializers.ValidationError(detail, code="unique")

    def json_sql_overrides(self) -> dict[str, Any]:
        return {
            "addresses": Coalesce("addresses", Value([], output_field=Article._meta.get_field("addresses"))),
            "tags": JSONObject({name: F(name) for name in Statement.Tag.values}),
        }


class ArticleSerializer(ArticleRowSerializer):
    text = ArticleTextField(required=False, max_length=MAX_TEXT, allow_blank=True)
    captions = VerbatimField(
        required=False, allow_blank=True, write_only=True, max_length=MAX_CAPTIONS,
        help_text=gettext_lazy(
            "An SRT or WebVTT file; either this or `text` is required. Its words become the text, and the times of its "
            "cues those of the statements in it."
        ),
    )  # fmt: skip

    class Meta(ArticleRowSerializer.Meta):
        fields = [*ArticleRowSerializer.Meta.fields, "text", "captions"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        captions = attrs.pop("captions", "")
        if not captions and "text" not in attrs and not self.partial:
            raise serializers.ValidationError({"text": gettext("Give the text, or captions.")}, code="required")
        if captions and attrs.get("text") not in (None, "", getattr(self.instance, "text", None)):
            raise serializers.ValidationError({"captions": gettext("Send either text or captions.")}, code="text_too")
        return {**attrs, **_transcribed(captions)} if captions else attrs


def _transcribed(captions: str) -> dict[str, Any]:
    try:
        transcript = read_transcript(captions)
    except NoCaptions as error:
        detail = gettext(error.text) % error.values
        raise serializers.ValidationError({"captions": detail}, code="invalid") from None
    if len(transcript.text) > MAX_TEXT:
        detail = gettext("Its words have more than %(max_text)s code points. Make two articles of it.") % {
            "max_text": MAX_TEXT
        }
        raise serializers.ValidationError({"captions": detail}, code="max_length")
    return {"text": transcript.text, "cues": transcript.cues}


class MatchedArticleSerializer(serializers.ModelSerializer[Article]):
    url = OptionalWebAddressField()

    class Meta:
        model = Article
        fields = ["id", "title", "url", "status", "published_at"]
        read_only_fields = fields


class CandidateSerializer(serializers.Serializer[Any]):
    """Where the statement may be in the article's present text. An editor decides."""

    revision = serializers.IntegerField()
    start = serializers.IntegerField()
    end = serializers.IntegerField(help_text="Exclusive.")
    text = serializers.CharField()
    score = serializers.FloatField(help_text="How similar the words are, 0 to 1.")


@extend_schema_serializer(component_name="StatementAnchor")  # an API client's class Anchor would collide with its field
class AnchorSerializer(serializers.ModelSerializer[Statement]):
    """Where a statement is after the article's text changed."""

    statement = serializers.IntegerField(source="id")
    candidate = CandidateSerializer(allow_null=True)

    class Meta:
        model = Statement
        fields = ["statement", "version", "anchor", "start", "end", "revision", "candidate"]
        read_only_fields = fields


class ArticleWithAnchorsSerializer(ArticleSerializer):
    """An article after a change, with the present place of each of its statements."""

    anchors = AnchorSerializer(many=True, read_only=True)

    class Meta(ArticleSerializer.Meta):
        fields = [*ArticleSerializer.Meta.fields, "anchors"]


class RevisionRowSerializer(serializers.ModelSerializer[ArticleRevision]):
    class Meta:
        model = ArticleRevision
        fields = ["number", "sha256", "created_at"]
        read_only_fields = fields


# A comment, since a docstring would be inherited as the description of its subclasses in the schema:
# a passage is given by start and end, or by text with prefix and suffix.
class PassageSerializer(PassageForm, RecordedSerializer):
    text = VerbatimField(required=False, max_length=MAX_TEXT, help_text=gettext_lazy("The exact passage."))
    start = serializers.IntegerField(
        required=False, min_value=0, max_value=MAX_TEXT, help_text=gettext_lazy("In code points.")
    )
    end = serializers.IntegerField(required=False, min_value=0, max_value=MAX_TEXT, help_text="Exclusive.")
    prefix = serializers.CharField(required=False, allow_blank=True, max_length=500, trim_whitespace=False)
    suffix = serializers.CharField(required=False, allow_blank=True, max_length=500, trim_whitespace=False)


class StatementSerializer(PassageSerializer, serializers.ModelSerializer[Statement]):
    article = RowId(Article.objects.only("pk"), help_text=gettext_lazy("The article's id."))
    paraphrase = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=5000,
        style={"base_template": "textarea.html", "rows": 2, "label": gettext_lazy("In plain words")},
    )  # fmt: skip
    quote_type = ChoiceField(Statement.QuoteType.choices, required=False, default="indirect")
    source = source_reference(  # type: ignore[assignment]
        required=False, allow_null=True, default=None, style={"label": gettext_lazy("Who is said to have said it")}
    )
    via = ReferenceList(
        child=source_reference(style={"label": gettext_lazy("Through whom, nearest to the speaker first")}),
        required=False, default=list, max_length=MAX_VIA,
    )  # fmt: skip
    said_on = SaidOnField()
    media_start = SecondsField(
        read_only=True, allow_null=True, help_text="Of the article's recording. From the cues of its captions."
    )
    media_end = SecondsField(read_only=True, allow_null=True)
    candidate = CandidateSerializer(read_only=True, allow_null=True)
    tagged_by = UserSerializer(read_only=True, allow_null=True)
    open_disputes = serializers.IntegerField(read_only=True)
    dissent = serializers.IntegerField(
        read_only=True, help_text="How many editors' own latest tag differs from the statement's."
    )

    action_fields = {
        "tag": gettext_lazy("Tags are given by POST to the statement's tag/, with a reason."),
        "tag_reason": gettext_lazy("Tags are given by POST to the statement's tag/, with a reason."),
        "anchor": gettext_lazy(
            "The anchor follows from the article's text. Send start and end, or text, to pin the statement again."
        ),
    }

    class Meta:
        model = Statement
        validators: list[Any] = []  # the service makes the key, so no query for its uniqueness
        fields = [
            *ROW, "article", "key", "text", "start", "end", "prefix", "suffix", "revision", "anchor", "candidate",
            "paraphrase", "quote_type", "source", "via", "said_on", "media_start", "media_end", "tag", "tag_reason",
            "tagged_by", "tagged_at", "open_disputes", "dissent", "reason",
        ]  # fmt: skip
        read_only_fields = [*ROW, "key", "revision", "anchor", "tag", "tag_reason", "tagged_at"]

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and not is_html_input(data) and "prefetched" not in self.context:
            via = data["via"] if isinstance(data.get("via"), list) else []
            rows = rows_by_id(SOURCES, valid_ids([data.get("source"), *via[:MAX_VIA]]))
            self._context = {**self.context, "prefetched": {Source: rows}}
        return super().to_internal_value(data)

    def json_sql_overrides(self) -> dict[str, Any]:
        chain = StatementVia.objects.filter(statement=OuterRef("pk")).order_by("position")
        lengths = " ".join(f"WHEN '{precision}' THEN {length}" for precision, length in LENGTHS.items() if precision)
        return {
            "via": JSONList(chain.values_list(json_object(SourceSummarySerializer(), "source__"))),
            "said_on": Func(
                Func("said_on", template="to_char(%(expressions)s, 'YYYY-MM-DD')"),
                Func("said_on_precision", template=f"CASE %(expressions)s {lengths} ELSE {LENGTHS[None]} END"),
                function="left",
                output_field=TextField(),
            ),
        }


# Of the form that marks a passage, which may tag the statement too, or propose a tag. An API client does it by another
# request, for one or for many.
class MarkSerializer(StatementSerializer):
    tag = OptionalChoiceField(Statement.Tag.choices)
    tag_reason = ReasonField(required=False, allow_blank=True, default="", max_length=PROPOSAL_LENGTH)
    action_fields = {"anchor": StatementSerializer.action_fields["anchor"]}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["tag"] and not attrs["tag_reason"]:
            raise serializers.ValidationError(
                {"tag_reason": gettext("Say why: a tag needs a reason.")}, code="required"
            )
        if attrs["tag_reason"] and not attrs["tag"]:
            raise serializers.ValidationError(
                {"tag": gettext("Choose the tag that this is the reason for.")}, code="required"
            )
        return attrs


class RevisionSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(source="revision.number", read_only=True)
    sha256 = serializers.CharField(source="revision.sha256", read_only=True)
    created_at = serializers.DateTimeField(source="revision.created_at", read_only=True)
    text = serializers.CharField(source="revision.text", read_only=True)
    cue_times = CueTimesField(source="revision.cue_times", read_only=True)
    statements = StatementSerializer(many=True, read_only=True)


class ReanchorSerializer(PassageSerializer):
    """Without a passage: confirms the place that was found. A passage is given by offsets, or by text and context."""


class TagSerializer(ReasonSerializer):
    tag = ChoiceField(Statement.Tag.choices)


class PositionSerializer(serializers.ModelSerializer[Entry]):
    """An editor's own latest tag of a statement, and why."""

    editor = serializers.SerializerMethodField(help_text="By the name of that time.")
    tag = ChoiceField(Statement.Tag.choices, source="data.tag")
    dissents = serializers.BooleanField(help_text="Whether it differs from the statement's present tag.")

    class Meta:
        model = Entry
        fields = ["editor", "tag", "reason", "at", "version", "dissents"]
        read_only_fields = fields

    @extend_schema_field(UserSerializer)
    def get_editor(self, entry: Entry) -> dict[str, Any] | None:
        return actor_of(entry)


class EvidenceSerializer(RecordedSerializer, serializers.ModelSerializer[Evidence]):
    statement = RowId(Statement.objects.only("pk"), help_text=gettext_lazy("The statement's id."))
    url = OptionalWebAddressField(max_length=2000)
    title = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=500,
        help_text=gettext_lazy("What it is. Required if it has no address."),
    )  # fmt: skip
    excerpt = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=10_000,
        style={"base_template": "textarea.html", "rows": 3},
    )  # fmt: skip
    archived_url = OptionalWebAddressField(max_length=2000)
    obtained_on = serializers.DateField(required=False, allow_null=True, default=None)
    obtained_how = OptionalChoiceField(Evidence.ObtainedHow.choices)

    class Meta:
        model = Evidence
        validators: list[Any] = []
        fields = [
            *ROW, "statement", "key", "stance", "url", "title", "excerpt", "archived_url", "obtained_on",
            "obtained_how", "reason",
        ]  # fmt: skip
        read_only_fields = [*ROW, "key"]


class DisputeSerializer(RecordedSerializer, serializers.ModelSerializer[Dispute]):
    statement = RowId(Statement.objects.only("pk"), help_text=gettext_lazy("The statement's id."))
    raised_by = source_reference()
    counter_statement = RowId(
        Statement.objects.only("pk"), required=False, allow_null=True, default=None,
        help_text=gettext_lazy("The statement in which the dispute was raised."),
        style={"label": gettext_lazy("Raised in the statement")},
    )  # fmt: skip
    scope = ChoiceField(Dispute.Scope.choices, required=False, default="whole")
    note = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=5000,
        style={"base_template": "textarea.html", "rows": 2},
    )  # fmt: skip
    opened_by = UserSerializer(read_only=True)
    resolved_by = UserSerializer(read_only=True, allow_null=True)

    action_fields = {
        "state": gettext_lazy("Use POST to the dispute's resolve/ or reopen/, with a reason."),
        "resolution": gettext_lazy("Use POST to the dispute's resolve/, with a reason."),
    }

    class Meta:
        model = Dispute
        validators: list[Any] = []
        fields = [
            *ROW, "statement", "key", "raised_by", "counter_statement", "kind", "scope", "note", "state",
            "resolution", "opened_by", "opened_at", "resolved_by", "resolved_at", "reason",
        ]  # fmt: skip
        read_only_fields = [*ROW, "key", "state", "resolution", "opened_at", "resolved_at"]


class ResolveSerializer(ReasonSerializer):
    state = ChoiceField(Dispute.Resolution.choices)
    tag = ChoiceField(
        Statement.Tag.choices, required=False, help_text=gettext_lazy("Also gives the statement this tag.")
    )
