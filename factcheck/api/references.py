"""Serializer fields that refer to other rows by id."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext, gettext_lazy, pgettext
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers
from rest_framework.utils.html import is_html_input

from factcheck.api.named_references import FormText, exact_matches, form_texts, is_number, unresolved_error
from factcheck.postgres.prepared import any_of, prepared

MAX_ID = 2**53 - 1  # JavaScript holds no larger whole number exactly, and no sequence gets that far


def valid_ids(values: Iterable[Any]) -> list[int]:
    """The values that can be ids. The fields themselves refuse the others."""
    whole = (int(value) if isinstance(value, float) and value.is_integer() else value for value in values)  # 7.0
    texts = (str(value) for value in whole if isinstance(value, (int, str)) and not isinstance(value, bool))
    return sorted({int(text) for text in texts if re.fullmatch(r"[0-9]{1,18}", text)})


def rows_by_id(queryset: Any, ids: list[int]) -> dict[int, Any]:
    """By a prepared query, which is kept for the object `queryset`: let a module or a serializer keep that."""

    def build(placeholder: list[int]) -> Any:
        return queryset.filter(any_of("pk", placeholder))

    return {row.pk: row for row in prepared((rows_by_id, queryset), build, list).objects(ids)} if ids else {}


class Reference(serializers.IntegerField):
    """Written as an id, read as a nested object, which the serializer `nested` shows."""

    default_error_messages = {"does_not_exist": gettext_lazy("There is no {name} with the id {id}.")}

    def __init__(self, queryset: Any, nested: type[serializers.Serializer[Any]], **kwargs: Any):
        self.queryset = queryset
        self.nested = nested
        name = queryset.model._meta.model_name
        style = {"base_template": "chooser.html", "list": f"/api/v1/{name}s/", "noun": name}
        kwargs["style"] = {**style, **kwargs.get("style", {})}
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)

    def get_value(self, dictionary: Any) -> Any:
        if not is_html_input(dictionary) or self.field_name not in dictionary:
            return super().get_value(dictionary)
        texts = form_texts(dictionary, self.field_name, self.queryset, multiple=False)
        return texts[0] if texts else None if self.allow_null else FormText()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool):
            self.fail("invalid")
        if isinstance(data, FormText) and not is_number(data):
            return self.find_by_name(data)
        row_id = super().to_internal_value(data)
        rows = self.rows([row_id]) if 1 <= row_id <= MAX_ID else {}
        if row_id not in rows:
            self.fail("does_not_exist", name=pgettext("code", str(self.queryset.model._meta.verbose_name)), id=row_id)
        return rows[row_id]

    def run_validators(self, value: Any) -> None:
        """Runs no validators: those of IntegerField expect a number, and the value is a row here."""

    def find_by_name(self, text: FormText) -> Model:
        if not text:
            self.fail("required")
        rows = exact_matches(self.queryset, text)
        if len(rows) != 1:
            raise serializers.ValidationError(
                [unresolved_error(self.queryset, text, new=self.style["noun"] == "source")]
            )
        return rows[0]

    def rows(self, ids: list[int]) -> dict[int, Any]:
        """By id. A bulk serializer reads the rows of all its items at once and puts them into the context."""
        model = self.queryset.model
        prefetched = self.context.get("prefetched", {}).get(model)
        return rows_by_id(self.queryset, ids) if prefetched is None else prefetched

    def to_representation(self, value: Any) -> Any:
        return self.nested(value, context=self.context).data


class RowId(Reference):
    """A reference that is also read as an id."""

    def __init__(self, queryset: Any, **kwargs: Any):
        super().__init__(queryset, nested=serializers.Serializer, **kwargs)

    def get_attribute(self, instance: Any) -> Any:
        return getattr(instance, f"{self.source}_id")

    def to_representation(self, value: Any) -> Any:
        return value


class ReferenceList(serializers.ListField):
    """An ordered list of references, looked up in one query. It is read from the rows of `source`."""

    child: Reference
    default_error_messages = {"duplicate": gettext_lazy("{id} is in the list twice.")}

    def get_value(self, dictionary: Any) -> Any:
        """An HTML form has one input for all references, or one input for each."""
        if is_html_input(dictionary) and self.field_name in dictionary:
            return form_texts(dictionary, self.field_name, self.child.queryset, multiple=True)
        return super().get_value(dictionary)

    def to_internal_value(self, data: Any) -> list[Model]:
        if isinstance(data, list) and len(data) > (self.max_length or 0):  # DRF validates every item first
            self.fail("max_length", max_length=self.max_length)
        ids = self._id_list.run_validation(self._ids_for_names(data))
        for row_id in ids:
            if ids.count(row_id) > 1:
                self.fail("duplicate", id=row_id)
        rows = self.child.rows(ids)
        missing: Any = {
            index: [
                serializers.ErrorDetail(
                    gettext("There is no source with the id %(row_id)s.") % {"row_id": row_id}, code="does_not_exist"
                )
            ]
            for index, row_id in enumerate(ids)
            if row_id not in rows
        }
        if missing:
            raise serializers.ValidationError(missing)
        return [rows[row_id] for row_id in ids]

    def _ids_for_names(self, data: Any) -> Any:
        """Replaces the names that an HTML form may send by the ids of their rows."""
        if not isinstance(data, list) or not any(isinstance(item, FormText) and not is_number(item) for item in data):
            return data
        ids: list[Any] = []
        errors: Any = {}
        for index, item in enumerate(data):
            try:
                ids.append(item if is_number(item) else self.child.find_by_name(item).pk)
            except serializers.ValidationError as error:
                errors[index] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return ids

    @cached_property
    def _id_list(self) -> serializers.ListField:
        child = serializers.IntegerField(min_value=1, max_value=MAX_ID)
        return serializers.ListField(child=child, max_length=self.max_length)

    def to_representation(self, data: Any) -> list[Any]:
        return [self.child.to_representation(row) for row in data]


class ReferenceSchema(OpenApiSerializerFieldExtension):
    """An id in requests, the nested object in responses."""

    target_class = Reference
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Any:
        if direction == "request" or isinstance(self.target, RowId):
            return {"type": "integer", "minimum": 1, "maximum": MAX_ID}
        return auto_schema.resolve_serializer(self.target.nested, direction).ref
