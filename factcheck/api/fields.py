"""The base serializers and the fields that every resource uses."""

from collections.abc import Mapping
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar, NoReturn

from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.utils.formatting import lazy_format
from rest_framework.utils.html import is_html_input
from rest_framework.utils.serializer_helpers import BindingDict

from factcheck.api.json_types import json_type_error
from factcheck.api.named_references import is_chosen_row
from factcheck.errors import Text
from factcheck.web_addresses import NotAWebAddress, web_address

REASON_LENGTH = 2000
MAX_NAME_ERRORS = 10  # listed for one object, which may have a million unknown members
# What an HTML form sends besides the fields: the method it stands for, the page to show next, the chosen passage, and
# whether its sender has seen what speaks against it.
HTML_FORM_FIELDS = {"_method", "next", "span", "confirmed"}


# Refuses unknown fields, values of another JSON type, and changes of fields that only an action may change. A client
# may send back what it read, so such a field with its current value is no error.
# This is a comment because the OpenAPI schema would show a docstring as the description of every subclass.
class StrictSerializer(serializers.Serializer):
    form_fields = {"csrfmiddlewaretoken", "version"}
    # Fields that only an action sets → what to do instead. To ignore them in a plain write would look like success.
    action_fields: ClassVar[dict[str, Text]] = {}

    def get_fields(self) -> dict[str, Any]:
        """As DRF makes and names them, once for each class: anew, they took a fourth of the Python of a write."""
        kind = type(self)
        if kind not in _fields_of:
            made = super().get_fields()
            for name, field in made.items():
                field.bind(name, None)  # type: ignore[arg-type]
                _say_in_any_language(field)
            _fields_of[kind] = made
        return {name: _without_parent(field) for name, field in _fields_of[kind].items()}

    @cached_property
    def fields(self) -> BindingDict:
        found = BindingDict(self)
        found.fields = self.get_fields()
        for field in found.fields.values():
            field.parent = self
        return found

    @cached_property
    def _writable_fields(self) -> list[Any]:
        """Cached: DRF goes through all fields again for each of many rows."""
        return list(super()._writable_fields)

    @cached_property
    def _accepted_names(self) -> set[str]:
        """The names that need no closer check, cached for many rows."""
        return {name for name, field in self.fields.items() if not field.read_only or name not in self.action_fields}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            names = [name for name in data if name not in self._accepted_names]
            if is_html_input(data):
                names = [name for name in names if name not in HTML_FORM_FIELDS and not is_chosen_row(name)]
            name_errors = ((name, [error]) for name in names if (error := self._name_error(name, data[name])))
            errors = dict(islice(name_errors, MAX_NAME_ERRORS))
            if not is_html_input(data):
                sent = (field for field in self._writable_fields if field.field_name in data)
                type_errors = {f.field_name: error for f in sent if (error := json_type_error(f, data[f.field_name]))}
                errors = {**type_errors, **errors}
            if errors:
                raise serializers.ValidationError(errors)
        return super().to_internal_value(data)

    def _name_error(self, name: str, value: Any) -> serializers.ErrorDetail | None:
        field = self.fields.get(name)
        if field is None and name not in self.form_fields:
            return serializers.ErrorDetail(gettext("There is no such field here."), code="unknown_field")
        if field is None or not field.read_only or name not in self.action_fields:
            return None
        if value != getattr(self.instance, name, None):
            return serializers.ErrorDetail(str(self.action_fields[name]), code="act_required")
        return None


_fields_of: dict[type, dict[str, Any]] = {}


def _say_in_any_language(field: Any) -> None:
    """DRF keeps the message of a validator as it was first read, but each reader has a language."""
    for validator in vars(field).get("_validators", ()):
        message = getattr(validator, "message", None)
        if isinstance(message, lazy_format):
            validator.message = format_lazy(message.format_string, *message.args, **message.kwargs)  # type: ignore[arg-type]
    if hasattr(field, "child"):
        _say_in_any_language(field.child)


def _without_parent(field: Any) -> Any:
    """A copy for another serializer. What `__init__` and `bind` made is shared: nobody changes it."""
    made = object.__new__(type(field))  # copy() takes three times as long
    vars(made).update(vars(field))
    if hasattr(made, "child"):
        made.child = _without_parent(made.child)
        made.child.parent = made
    return made


class ChoiceField(serializers.ChoiceField):
    """A choice whose error message lists the choices."""

    default_error_messages = {"invalid_choice": gettext_lazy("“{input}” is not one of {choices}.")}

    def fail(self, key: str, **kwargs: Any) -> NoReturn:
        super().fail(key, choices=", ".join(map(str, self.choices)), **kwargs)


class OptionalChoiceField(ChoiceField):
    """Null when it is missing or empty."""

    def __init__(self, choices: Any, **kwargs: Any):
        super().__init__(choices, allow_null=True, allow_blank=True, required=False, default=None, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(data) or None


# The same in requests and in answers.
@extend_schema_field({"type": "string", "format": "uri", "minLength": 1, "maxLength": 2000})
class WebAddressField(serializers.URLField):
    """An http or https URL, with its scheme and host as factcheck/web_addresses.py writes them."""

    takes_bare_names = False  # as hosts
    MAX_BYTES = 2000  # URLs are looked up by an index, whose entries can have about 2,700 bytes
    default_error_messages = {
        "scheme": gettext_lazy("Give an address that begins with http:// or https://."),
        "user": gettext_lazy("Leave out the user name and the password before the @."),
        "character": gettext_lazy("Leave out the character {character}, or write it as {encoded}."),
        "host": gettext_lazy("“{host}” is no name of a server. Give one such as news.example."),
        "port": gettext_lazy("There is no port {port}. Leave it out, or give one from 1 to 65535."),
        "long": gettext_lazy("This is longer than 2,000 bytes. Leave out what the page does not need."),
    }

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.validators.pop()  # Django's, which knows no underscore in a host and lets quotation marks pass

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            size = len(text.encode())
            address = web_address(text, takes_bare_names=self.takes_bare_names) if text else ""
        except NotAWebAddress as error:
            code = "scheme" if error.why == "scheme" else "invalid"
            raise serializers.ValidationError(self.error_messages[error.why].format(**error.values), code) from None
        except UnicodeError:  # a lone surrogate, which UTF-8 cannot hold
            self.fail("invalid")
        if size > self.MAX_BYTES:
            self.fail("long")
        return address


class OptionalWebAddressField(WebAddressField):
    """Null when it is missing or empty, because nulls do not break a unique constraint."""

    def __init__(self, **kwargs: Any):
        super().__init__(allow_null=True, allow_blank=True, required=False, default=None, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(data) or None


class ReasonField(serializers.CharField):
    """The reason for a change: 1 to 2,000 code points, not only white space."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("help_text", gettext_lazy("Why. The journal keeps it permanently."))
        kwargs.setdefault("style", {"base_template": "textarea.html", "rows": 2})
        super().__init__(**{"max_length": REASON_LENGTH, **kwargs})


class ReasonSerializer(StrictSerializer):
    reason = ReasonField()


class OptionalReasonField(ReasonField):
    """For plain writes, which may have a reason but need none."""

    def __init__(self, **kwargs: Any):
        super().__init__(required=False, allow_blank=True, write_only=True, **kwargs)


# For a public read, it leaves out what its model declares in `private_fields` and `public_values`.
class RecordedSerializer(StrictSerializer):
    Meta: Any
    serializer_choice_field: Any = ChoiceField

    @property
    def is_public(self) -> bool:
        return bool(self.context.get("is_public")) and hasattr(self, "Meta")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        hidden = self.Meta.model.private_fields if self.is_public else ()
        return {name: field for name, field in super().get_fields().items() if name not in hidden}

    def to_representation(self, instance: Any) -> Any:
        if self.is_public:
            instance.withhold_private()
        return super().to_representation(instance)

    def public_values(self) -> Mapping[str, str]:
        return self.Meta.model.public_values if self.is_public else {}

    reason = OptionalReasonField()


class LinesField(serializers.ListField):
    """A list. An HTML form sends one item on each line."""

    def __init__(self, **kwargs: Any):
        style = {"base_template": "lines.html", "rows": 3, **kwargs.pop("style", {})}
        super().__init__(style=style, **kwargs)

    def get_value(self, dictionary: Any) -> Any:
        if is_html_input(dictionary) and self.field_name in dictionary:
            return [line.strip() for line in dictionary[self.field_name].splitlines() if line.strip()]
        return super().get_value(dictionary)
