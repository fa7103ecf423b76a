"""What is written to many rows by one request, all or none."""

from typing import Any, NoReturn

from django.utils.translation import gettext, gettext_lazy
from rest_framework import serializers
from rest_framework.utils.html import is_html_input

from claims.models import Article
from claims.serializers import StatementSerializer, TagSerializer
from factcheck.api.fields import StrictSerializer
from factcheck.api.named_references import is_number
from factcheck.api.references import MAX_ID, valid_ids
from factcheck.errors import PreconditionRequired
from sources.models import Source

MAX_BULK = 500


class StatementListSerializer(serializers.ListSerializer[Any]):
    """Looks up what many statements refer to in one query for each table."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, list):
            rows = [row for row in data if isinstance(row, dict)]
            self._context = {**self.context, "prefetched": self.prefetched(rows)}
        return super().to_internal_value(data)

    def prefetched(self, rows: list[dict[str, Any]]) -> dict[Any, dict[int, Any]]:
        return {
            Article: Article.objects.only("pk").in_bulk(valid_ids(row.get("article") for row in rows)),
            Source: Source.objects.in_bulk(valid_ids(self.source_ids(rows))),
        }

    @staticmethod
    def source_ids(rows: list[dict[str, Any]]) -> list[Any]:
        """Whatever stands in the places of ids."""
        chains = [row["via"] for row in rows if isinstance(row.get("via"), list)]
        return [row.get("source") for row in rows] + [source for chain in chains for source in chain]


class BulkStatementSerializer(StatementSerializer):
    class Meta(StatementSerializer.Meta):
        list_serializer_class = StatementListSerializer


class DistinctListSerializer(serializers.ListSerializer[Any]):
    """No two rows have the same value in the field `distinct`."""

    distinct = "id"

    def to_internal_value(self, data: Any) -> Any:
        rows = super().to_internal_value(data)
        values = [row[self.distinct] for row in rows]
        twice = serializers.ErrorDetail(
            gettext("This %(distinct)s is in the list twice.") % {"distinct": self.distinct}, code="duplicate"
        )
        errors = [{self.distinct: [twice]} if value in values[:n] else {} for n, value in enumerate(values)]
        if any(errors):
            raise serializers.ValidationError(errors)
        return rows


class SeenVersionField(serializers.IntegerField):
    """The version of a row as the caller read it, where If-Match cannot name that of each."""

    def fail(self, key: str, **kwargs: Any) -> NoReturn:
        if key == "required":
            raise PreconditionRequired(
                gettext(
                    "Send the version of each as you read it, so that you do not overwrite a change that you have not "
                    "seen."
                )
            )
        super().fail(key, **kwargs)


class SeenListSerializer(DistinctListSerializer):
    """An HTML form sends ID-VERSION for each, since it has a checkbox for each."""

    def get_value(self, dictionary: Any) -> Any:
        if not is_html_input(dictionary):
            return super().get_value(dictionary)
        pairs = (text.partition("-") for text in dictionary.getlist(self.field_name))
        return [{"id": _number(row_id), "version": _number(version)} for row_id, _, version in pairs]


def _number(text: str) -> int | str:
    """Any other text is left to the field, which refuses it."""
    return int(text) if is_number(text) else text


class SeenStatementSerializer(StrictSerializer):
    id = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    version = SeenVersionField(min_value=1, help_text=gettext_lazy("As you read it."))

    class Meta:
        list_serializer_class = SeenListSerializer


class BulkTagSerializer(TagSerializer):
    statements = SeenStatementSerializer(many=True, allow_empty=False, max_length=MAX_BULK)  # type: ignore[call-arg]
