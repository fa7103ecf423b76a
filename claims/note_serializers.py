from rest_framework import serializers

from claims.models import Article, Dispute, Note, Statement
from claims.serializers import ROW
from factcheck.api.fields import OptionalReasonField, RecordedSerializer, StrictSerializer
from factcheck.api.references import RowId
from factcheck.journal.serializers import UserSerializer


class NoteSerializer(RecordedSerializer, serializers.ModelSerializer[Note]):
    article = RowId(
        Article.objects.only("pk"), required=False,
        help_text="The id of the article that it is on, or that the statement or the dispute is in.",
    )  # fmt: skip
    statement = RowId(
        Statement.objects.only("pk", "article"), required=False, allow_null=True, default=None,
        help_text="The id of the statement that it is on.",
    )  # fmt: skip
    dispute = RowId(
        Dispute.objects.only("pk", "statement__article").select_related("statement"), required=False, allow_null=True,
        default=None, help_text="The id of the dispute that it is on.",
    )  # fmt: skip
    text = serializers.CharField(max_length=5000, style={"base_template": "textarea.html", "rows": 3})
    author = UserSerializer(read_only=True)
    resolved = serializers.BooleanField(read_only=True)
    resolved_by = UserSerializer(read_only=True, allow_null=True)

    action_fields = {"resolved": "Use POST to the note's resolve/ or reopen/."}

    class Meta:
        model = Note
        fields = [
            *ROW, "article", "statement", "dispute", "text", "author", "resolved", "resolved_by", "resolved_at",
            "reason",
        ]  # fmt: skip
        read_only_fields = [*ROW, "resolved_at"]


class OptionalReasonSerializer(StrictSerializer):
    reason = OptionalReasonField()
