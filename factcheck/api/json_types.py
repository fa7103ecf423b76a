"""Refuses values of the wrong JSON type. DRF would convert them ("yes" to true, 5 to "5"), as HTML forms need it."""

import re
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.utils.translation import gettext, gettext_lazy
from rest_framework import serializers

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
MAX_LIST_ERRORS = 10  # listed for one list, which may have a million items
TIME_ERROR = gettext_lazy("Give an RFC 3339 time with its offset, such as 2026-01-28T14:05:00Z.")


def parse_instant(text: str) -> datetime:
    """A moment in UTC. Raises ValueError with TIME_ERROR."""
    text = re.sub(r" ([0-9]{2}:[0-9]{2})$", r"+\1", text)  # a plus sign that is not escaped in a query is a space
    try:
        if not TIME.fullmatch(text):
            raise ValueError
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(TIME_ERROR) from None


def json_type_error(field: Any, value: Any) -> Any:
    """The error in DRF's nested form; None if the type is right, or if the field itself refuses the value."""
    if value is None or value is serializers.empty:
        return None
    if isinstance(field, serializers.ListField):
        return _list_error(field, value)
    message = _message(field, value)
    return [serializers.ErrorDetail(str(message), code="invalid")] if message else None


def _list_error(field: Any, values: Any) -> Any:
    if not isinstance(values, list):
        message = field.error_messages["not_a_list"].format(input_type=type(values).__name__)
        return [serializers.ErrorDetail(message, code="not_a_list")]
    errors = ((index, error) for index, value in enumerate(values) if (error := json_type_error(field.child, value)))
    return dict(islice(errors, MAX_LIST_ERRORS)) or None


def _message(field: Any, value: Any) -> Any:
    """The error message; empty if the type is right."""
    if isinstance(field, serializers.BooleanField):
        return "" if isinstance(value, bool) else field.error_messages["invalid"]
    if isinstance(field, serializers.IntegerField):
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return "" if is_whole and not isinstance(value, bool) else field.error_messages["invalid"]
    if isinstance(field, serializers.DateTimeField):
        return "" if isinstance(value, str) and TIME.fullmatch(value) else TIME_ERROR
    if isinstance(field, serializers.DateField):
        return "" if isinstance(value, str) and DAY.fullmatch(value) else gettext("Give a day as YYYY-MM-DD.")
    if isinstance(field, serializers.CharField):
        return "" if isinstance(value, str) else field.error_messages["invalid"]
    return ""
