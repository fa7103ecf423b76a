"""Serializer parts that every resource shares."""

import re
from collections.abc import Iterable
from functools import cached_property
from itertools import islice
from typing import Any, NoReturn
from urllib.parse import urlsplit

from django.db.models import Model
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers
from rest_framework.utils.html import is_html_input

from factcheck.api.json_types import wrong_type
from factcheck.api.named_references import FormText, exact_matches, form_texts, is_answer, is_number, unresolved_error

MAX_ID = 2**63 - 1
REASON_LENGTH = 2000
MAX_STRANGE = 10  # members of one object that are named as faults; somebody may send a million

# Fields that an act sets, never a plain write: ignoring them would look like success.
ACT_FIELDS = {
    "tag": "Tags are given by POST to the statement's tag/, with a reason.",
    "tag_reason": "Tags are given by POST to the statement's tag/, with a reason.",
    "anchor": "The anchor follows from the article's text. Send start and end, or text, to pin the statement anew.",
    "status": "Use POST to the article's publish/ or withdraw/, with a reason.",
    "state": "Use POST to the dispute's resolve/ or reopen/, with a reason.",
    "resolution": "Use POST to the dispute's resolve/, with a reason.",
}


# What a page's form says besides its fields: the method it stands for, where to go afterwards, which of the places.
PAGE_FIELDS = {"_method", "next", "span"}


# A comment, since a docstring would be inherited as the description of every component in the schema:
# refuses fields that it does not know, values of another JSON type, and fields that only an act may change. Sending
# back what was read is fine: an act's field that is unchanged is no error.
class StrictSerializer(serializers.Serializer):
    form_fields = {"csrfmiddlewaretoken", "version"}

    @cached_property
    def _writable_fields(self) -> list[Any]:
        """DRF goes through all fields anew for each row of many."""
        return list(super()._writable_fields)

    @cached_property
    def _never_at_fault(self) -> set[str]:
        """Names that need no second look, in each row of many."""
        return {name for name, field in self.fields.items() if not field.read_only or name not in ACT_FIELDS}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            names = [name for name in data if name not in self._never_at_fault]
            if is_html_input(data):
                names = [name for name in names if name not in PAGE_FIELDS and not is_answer(name)]
            faults = ((name, [fault]) for name in names if (fault := self._fault(name, data[name])))
            errors = dict(islice(faults, MAX_STRANGE))
            if not is_html_input(data):
                written = (field for field in self._writable_fields if field.field_name in data)
                mistyped = {f.field_name: fault for f in written if (fault := wrong_type(f, data[f.field_name]))}
                errors = {**mistyped, **errors}
            if errors:
                raise serializers.ValidationError(errors)
        return super().to_internal_value(data)

    def _fault(self, name: str, value: Any) -> serializers.ErrorDetail | None:
        field = self.fields.get(name)
        if field is None and name not in self.form_fields:
            return serializers.ErrorDetail("There is no such field here.", code="unknown_field")
        if field is not None and field.read_only and name in ACT_FIELDS and value != getattr(self.instance, name, None):
            return serializers.ErrorDetail(ACT_FIELDS[name], code="act_required")
        return None


def plausible_ids(values: Iterable[Any]) -> list[int]:
    """Those that can be ids at all; the fields refuse the others in their own words."""
    texts = (str(value) for value in values if isinstance(value, (int, str)) and not isinstance(value, bool))
    return sorted({int(text) for text in texts if re.fullmatch(r"[0-9]{1,18}", text)})


class Reference(serializers.IntegerField):
    """Written as an id, read as a nested object: `nested` names the serializer that shows it."""

    default_error_messages = {"does_not_exist": "There is no {name} with the id {id}."}

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
        found = form_texts(dictionary, self.field_name, self.queryset, multiple=False)
        return found[0] if found else None if self.allow_null else FormText()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool):
            self.fail("invalid")
        if isinstance(data, FormText) and not is_number(data):
            return self.find_called(data)
        row_id = super().to_internal_value(data)
        self.run_own_validators(row_id)
        return self.find(row_id)

    def run_own_validators(self, row_id: int) -> None:
        """Range first: the validators of IntegerField run after to_internal_value, on the row."""
        if not 1 <= row_id <= MAX_ID:
            self.fail("does_not_exist", name=self.queryset.model._meta.verbose_name, id=row_id)

    def run_validators(self, value: Any) -> None:
        """Done in to_internal_value; the value is a row by now."""

    def find(self, row_id: int) -> Model:
        found = self.rows([row_id])
        if row_id not in found:
            self.fail("does_not_exist", name=self.queryset.model._meta.verbose_name, id=row_id)
        return found[row_id]

    def find_called(self, text: FormText) -> Model:
        if not text:
            self.fail("required")
        rows = exact_matches(self.queryset, text)
        if len(rows) != 1:
            raise serializers.ValidationError(
                [unresolved_error(self.queryset, text, new=self.style["noun"] == "source")]
            )
        return rows[0]

    def rows(self, ids: list[int]) -> dict[int, Any]:
        """By id; from the context's `found` where a bulk serializer has looked them all up at once."""
        known = self.context.get("found", {}).get(self.queryset.model)
        return self.queryset.in_bulk(ids) if known is None else known

    def to_representation(self, value: Any) -> Any:
        return self.nested(value, context=self.context).data


class RowId(Reference):
    """A reference that is read as an id, too."""

    def __init__(self, queryset: Any, **kwargs: Any):
        super().__init__(queryset, nested=serializers.Serializer, **kwargs)

    def get_attribute(self, instance: Any) -> Any:
        return getattr(instance, f"{self.source}_id")

    def to_representation(self, value: Any) -> Any:
        return value


class ReferenceList(serializers.ListField):
    """An ordered list of references, looked up in one query. Reads the rows that `source` yields."""

    child: Reference
    default_error_messages = {"duplicate": "{id} stands twice in the list."}

    def get_value(self, dictionary: Any) -> Any:
        """Of a page's form: one input with all of them, or one input for each."""
        if is_html_input(dictionary) and self.field_name in dictionary:
            return form_texts(dictionary, self.field_name, self.child.queryset, multiple=True)
        return super().get_value(dictionary)

    def to_internal_value(self, data: Any) -> list[Model]:
        if isinstance(data, list) and len(data) > (self.max_length or 0):  # DRF counts after judging every item
            self.fail("max_length", max_length=self.max_length)
        ids = self._ids(self._numbers(data))
        for row_id in ids:
            if ids.count(row_id) > 1:
                self.fail("duplicate", id=row_id)
        found = self.child.rows(ids)
        missing: Any = {
            index: [serializers.ErrorDetail(f"There is no source with the id {row_id}.", code="does_not_exist")]
            for index, row_id in enumerate(ids)
            if row_id not in found
        }
        if missing:
            raise serializers.ValidationError(missing)
        return [found[row_id] for row_id in ids]

    def _numbers(self, data: Any) -> Any:
        """With the ids of what a page's form calls by name."""
        if not isinstance(data, list) or not any(isinstance(item, FormText) and not is_number(item) for item in data):
            return data
        numbers: list[Any] = []
        errors: Any = {}
        for index, item in enumerate(data):
            try:
                numbers.append(item if is_number(item) else self.child.find_called(item).pk)
            except serializers.ValidationError as error:
                errors[index] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return numbers

    def _ids(self, data: Any) -> list[int]:
        return self._plain.run_validation(data)

    @cached_property
    def _plain(self) -> serializers.ListField:
        child = serializers.IntegerField(min_value=1, max_value=MAX_ID)
        return serializers.ListField(child=child, max_length=self.max_length)

    def to_representation(self, data: Any) -> list[Any]:
        return [self.child.to_representation(row) for row in data]


class ReferenceSchema(OpenApiSerializerFieldExtension):
    """An id in requests, the nested object in answers."""

    target_class = Reference
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Any:
        if direction == "request" or isinstance(self.target, RowId):
            return {"type": "integer", "format": "int64", "minimum": 1, "maximum": MAX_ID}
        return auto_schema.resolve_serializer(self.target.nested, direction).ref


class ChoiceField(serializers.ChoiceField):
    """One that says what there is to choose from."""

    default_error_messages = {"invalid_choice": "“{input}” is not one of {choices}."}

    def fail(self, key: str, **kwargs: Any) -> NoReturn:
        super().fail(key, choices=", ".join(map(str, self.choices)), **kwargs)


class WebAddressField(serializers.URLField):
    """An http or https address; anything else could run as script where a page links to it."""

    LONGEST = 2000  # bytes: addresses are looked up by index, which takes no more than some 2,700
    default_error_messages = {
        "scheme": "Give an address that begins with http:// or https://.",
        "long": "This is longer than 2,000 bytes. Leave out what the page does not need.",
    }

    def to_internal_value(self, data: Any) -> str:
        address = super().to_internal_value(data)
        try:
            scheme = urlsplit(address).scheme
        except ValueError:
            self.fail("invalid")
        if address and scheme not in ("http", "https"):
            self.fail("scheme")
        if len(address.encode()) > self.LONGEST:
            self.fail("long")
        return address


class OptionalWebAddressField(WebAddressField):
    """Null when not given, so that uniqueness holds only among those that are."""

    def __init__(self, **kwargs: Any):
        super().__init__(allow_null=True, allow_blank=True, required=False, default=None, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(None if data == "" else data)


class ReasonField(serializers.CharField):
    """Why: 1 to 2,000 code points, not only white space."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("help_text", "Why. It stands in the journal for good.")
        kwargs.setdefault("style", {"base_template": "textarea.html", "rows": 2})
        super().__init__(max_length=REASON_LENGTH, **kwargs)


class ReasonSerializer(StrictSerializer):
    reason = ReasonField()


class OptionalReasonField(ReasonField):
    """For plain writes, which need no reason but may have one."""

    def __init__(self, **kwargs: Any):
        super().__init__(required=False, allow_blank=True, write_only=True, **kwargs)


# A public read leaves out the `private_fields`: who in the newsroom did what.
class RecordedSerializer(StrictSerializer):
    private_fields: tuple[str, ...] = ()
    serializer_choice_field: Any = ChoiceField

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        hidden = self.private_fields if self.context.get("is_public") else ()
        return {name: field for name, field in fields.items() if name not in hidden}

    reason = OptionalReasonField()


class LinesField(serializers.ListField):
    """A list; in a page's form one item a line."""

    def __init__(self, **kwargs: Any):
        super().__init__(style={"base_template": "lines.html", "rows": 3}, **kwargs)

    def get_value(self, dictionary: Any) -> Any:
        if is_html_input(dictionary) and self.field_name in dictionary:
            return [line.strip() for line in dictionary[self.field_name].splitlines() if line.strip()]
        return super().get_value(dictionary)
