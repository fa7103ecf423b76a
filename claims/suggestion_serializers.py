"""Suggestions, and what is sent to accept or dismiss them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from claims.bulk_serializers import DistinctListSerializer, StatementListSerializer
from claims.fields import SaidOnField
from claims.matches_of_many import RowMatch
from claims.models import Dispute, Statement
from claims.serializers import (
    DisputeSerializer,
    MatchedArticleSerializer,
    StatementSerializer,
)
from claims.suggesting.cards import KEY_LENGTH, Card
from claims.suggesting.suggestions import Speaker
from claims.suggestions import ArticleSuggestions, KnownSpeaker
from factcheck.api.fields import ChoiceField, StrictSerializer
from factcheck.api.json_types import json_type_error
from factcheck.api.references import RowId, valid_ids
from factcheck.journal.serializers import UserSerializer
from sources.models import Source
from sources.serializers import SourceSerializer, SourceSummarySerializer, source_reference


class MentionSerializer(serializers.Serializer[Any]):
    """Words of the article."""

    text = serializers.CharField()
    start = serializers.IntegerField(help_text="In code points.")
    end = serializers.IntegerField(help_text="Exclusive.")


class SuggestedSourceSerializer(serializers.ModelSerializer[Source]):
    """The source that accepting the suggestion would make."""

    class Meta:
        model = Source
        fields = ["name", "kind", "anonymous"]
        read_only_fields = fields


class SuggestedSpeakerSerializer(MentionSerializer):
    """A speaker or a relay, as the article has it."""

    name = serializers.CharField(
        allow_null=True, help_text="The fuller name that the article has for a pronoun or a surname, if it is clear."
    )
    source = SourceSummarySerializer(  # type: ignore[assignment]
        allow_null=True, help_text="The source that is called so, by its name or an alias."
    )
    candidates = SourceSummarySerializer(many=True, help_text="Sources that may be meant, the article's own first.")
    new_source = SuggestedSourceSerializer(
        allow_null=True,
        help_text="What accepting makes if nobody else may be meant. Null if there is a source, or no name.",
    )


class DismissalSerializer(serializers.Serializer[Any]):
    by = UserSerializer(source="dismissed_by")
    at = serializers.DateTimeField(source="dismissed_at")


class MatchedStatementSerializer(serializers.ModelSerializer[Statement]):
    source = SourceSummarySerializer(allow_null=True)  # type: ignore[assignment]
    said_on = SaidOnField(read_only=True)
    open_disputes = serializers.IntegerField()

    class Meta:
        model = Statement
        fields = ["id", "text", "tag", "source", "said_on", "open_disputes"]
        read_only_fields = fields


class SuggestionMatchSerializer(serializers.Serializer[Any]):
    """A statement of another article, and how it is like the passage."""

    score = serializers.FloatField(help_text="As in `/statements/matches/`.")
    likely = serializers.BooleanField(help_text="Whether it is worth a look: it may say the same.")
    statement = MatchedStatementSerializer()
    article = MatchedArticleSerializer(source="statement.article")


class NestedSuggestionSerializer(MentionSerializer):
    """A passage within another one that makes a statement of its own."""

    key = serializers.CharField(help_text="The same in every revision that has the passage.")
    quote_type = ChoiceField(Statement.QuoteType.choices)
    speaker = SuggestedSpeakerSerializer(allow_null=True)
    via = SuggestedSpeakerSerializer(many=True, help_text="Through whom, nearest to the speaker first.")
    cue = MentionSerializer(allow_null=True, help_text="The words that attribute the passage, such as “said”.")
    hearsay = serializers.BooleanField(help_text="Whether the speaker is only said to have said it.")
    denial = serializers.BooleanField(help_text="Whether it denies something: it may open a dispute.")
    said_on = serializers.CharField(allow_null=True, help_text="The day or month that the text says.")
    matches = SuggestionMatchSerializer(
        many=True, help_text="Up to three statements of other articles that are like the passage, the best first."
    )
    dismissed = DismissalSerializer(allow_null=True)


class SuggestionSerializer(NestedSuggestionSerializer):
    """A passage that attributes words to a speaker, and is not recorded yet."""

    nested = NestedSuggestionSerializer(many=True, help_text="Those within the passage, in the order of the text.")


def suggestions_data(suggestions: ArticleSuggestions, cards: Sequence[Card]) -> Any:
    """These cards as the API answers them."""
    walked = [inner for card in cards for inner in card.walk()]
    found = _Found(suggestions, suggestions.known_speakers(walked), suggestions.matches(walked))
    return SuggestionSerializer([found.shown(card) for card in cards], many=True).data


@dataclass(frozen=True)
class _Found:
    """What was looked up for the cards of a page."""

    suggestions: ArticleSuggestions
    known: Mapping[Speaker, KnownSpeaker]
    matches: Mapping[str, list[RowMatch]]

    def shown(self, card: Card) -> dict[str, Any]:
        own, *nested = map(self._shown_alone, card.walk())
        return {**own, "nested": nested}

    def _shown_alone(self, card: Card) -> dict[str, Any]:
        found = card.suggestion
        return {
            **vars(found),
            "key": card.key,
            "speaker": vars(found.speaker) | vars(self.known[found.speaker]) if found.speaker else None,
            "via": [vars(each) | vars(self.known[each]) for each in found.via],
            "matches": self.matches[card.key],
            "dismissed": self.suggestions.dismissals.get(card.key),
        }


@extend_schema_serializer(many=False)
class SuggestionsSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True, help_text="The next page; null on the last one.")
    previous = serializers.URLField(allow_null=True, help_text="Always null: suggestions can only be read forwards.")
    results = SuggestionSerializer(many=True)


class NewSourceSerializer(SourceSerializer):
    """A source that is made in the same transaction."""

    validate_name: Any = None  # which asks before a form makes what may be there already

    class Meta(SourceSerializer.Meta):
        fields = ["name", "kind", "part_of", "anonymous", "description", "aliases", "same_as"]
        read_only_fields: list[str] = []


class SourceOrNewField(serializers.Field[Any, Any, Any, Any]):
    """The id of a source, or the fields of a new one."""

    def to_internal_value(self, data: Any) -> Any:
        field: Any = NewSourceSerializer() if isinstance(data, dict) else source_reference()
        field.bind("source", self)
        if error := json_type_error(field, data):
            raise serializers.ValidationError(error)
        return field.run_validation(data)


class SourceOrNewSchema(OpenApiSerializerFieldExtension):
    target_class = SourceOrNewField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Any:
        new_source = auto_schema.resolve_serializer(NewSourceSerializer, direction).ref
        return {"oneOf": [auto_schema._map_serializer_field(source_reference(), direction), new_source]}


class RaisedDisputeSerializer(StrictSerializer):
    """The dispute that the accepted statement raises."""

    statement = RowId(Statement.objects.only("pk"), help_text="The id of the disputed statement.")
    raised_by = source_reference(required=False, help_text="Default: the source of the accepted statement.")
    kind = ChoiceField(Dispute.Kind.choices, required=False, default=Dispute.Kind.DENIAL)
    scope = ChoiceField(Dispute.Scope.choices, required=False, default=Dispute.Scope.WHOLE)
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=5000)


class KeyedListSerializer(DistinctListSerializer):
    distinct = "key"


class AcceptedListSerializer(KeyedListSerializer, StatementListSerializer):
    def prefetched(self, rows: list[dict[str, Any]]) -> dict[Any, dict[int, Any]]:
        disputes = [row["dispute"] for row in rows if isinstance(row.get("dispute"), dict)]
        sources = self.source_ids(rows)
        new_sources = [each for each in sources if isinstance(each, dict)]
        ids = [*sources, *(each.get("part_of") for each in new_sources), *(each.get("raised_by") for each in disputes)]
        return {
            Statement: Statement.objects.only("pk").in_bulk(valid_ids(each.get("statement") for each in disputes)),
            Source: Source.objects.in_bulk(valid_ids(ids)),
        }


class AcceptedSuggestionSerializer(StatementSerializer):
    """A suggestion's key, and what its statement has other than was suggested."""

    key = serializers.CharField(max_length=KEY_LENGTH)
    quote_type = ChoiceField(Statement.QuoteType.choices, required=False)
    source = SourceOrNewField(required=False, allow_null=True)  # type: ignore[assignment]
    via = serializers.ListField(child=SourceOrNewField(), required=False, max_length=20)  # type: ignore[assignment]
    said_on = SaidOnField(default=serializers.empty)
    dispute = RaisedDisputeSerializer(required=False)

    class Meta(StatementSerializer.Meta):
        fields = [
            "key", "text", "start", "end", "prefix", "suffix", "paraphrase", "quote_type", "source", "via", "said_on",
            "dispute", "reason",
        ]  # fmt: skip
        read_only_fields: list[str] = []
        list_serializer_class = AcceptedListSerializer


class AcceptedSerializer(serializers.Serializer[Any]):
    """What was recorded, in the order of the keys."""

    statements = StatementSerializer(many=True)
    disputes = DisputeSerializer(many=True)


class DismissSerializer(StrictSerializer):
    key = serializers.CharField(max_length=KEY_LENGTH)
    dismissed = serializers.BooleanField(required=False, default=True, help_text="False: suggest it again.")

    class Meta:
        list_serializer_class = KeyedListSerializer


class DismissedSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    dismissed = DismissalSerializer(allow_null=True)
