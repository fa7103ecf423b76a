from django.utils.translation import gettext_lazy
from rest_framework import serializers

from claims.models import Article, Dispute, Note, Statement
from claims.serializers import PROPOSAL_LENGTH, ROW
from factcheck.api.fields import ChoiceField, OptionalReasonField, ReasonField, RecordedSerializer, StrictSerializer
from factcheck.api.references import MAX_ID, RowId
from factcheck.journal.serializers import UserSerializer


class NoteSerializer(RecordedSerializer, serializers.ModelSerializer[Note]):
    article = RowId(
        Article.objects.only("pk"), required=False,
        help_text=gettext_lazy("The id of the article that it is on, or that the statement or the dispute is in."),
    )  # fmt: skip
    statement = RowId(
        Statement.objects.only("pk", "article"), required=False, allow_null=True, default=None,
        help_text=gettext_lazy("The id of the statement that it is on."),
    )  # fmt: skip
    dispute = RowId(
        Dispute.objects.only("pk", "statement__article").select_related("statement"), required=False, allow_null=True,
        default=None, help_text=gettext_lazy("The id of the dispute that it is on."),
    )  # fmt: skip
    text = serializers.CharField(max_length=5000, style={"base_template": "textarea.html", "rows": 3})
    author = UserSerializer(read_only=True)
    resolved = serializers.BooleanField(read_only=True)
    resolved_by = UserSerializer(read_only=True, allow_null=True)
    tag = serializers.ChoiceField(
        Statement.Tag.choices, read_only=True, allow_null=True,
        help_text="Of a proposal: the tag that it proposes for the statement. Null if it is a plain note.",
    )  # fmt: skip
    statement_version = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Of a proposal: the version of the statement that it is about."
    )
    outcome = serializers.ChoiceField(
        Note.Outcome.choices, read_only=True, allow_null=True, help_text="How a proposal ended. Null if it waits."
    )

    action_fields = {
        "resolved": gettext_lazy("Use POST to the note's resolve/ or reopen/."),
        "tag": gettext_lazy("Use POST to the statement's propose/."),
    }

    class Meta:
        model = Note
        fields = [
            *ROW, "article", "statement", "dispute", "text", "author", "resolved", "resolved_by", "resolved_at",
            "tag", "statement_version", "outcome", "reason",
        ]  # fmt: skip
        read_only_fields = [*ROW, "resolved_at"]


class ProposalSerializer(StrictSerializer):
    tag = ChoiceField(Statement.Tag.choices)
    reason = ReasonField(max_length=PROPOSAL_LENGTH)


class TakeSerializer(StrictSerializer):
    proposal = serializers.IntegerField(
        min_value=1, max_value=MAX_ID, help_text=gettext_lazy("The id of the proposal, a note.")
    )


class OptionalReasonSerializer(StrictSerializer):
    reason = OptionalReasonField()
