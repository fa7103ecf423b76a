"""JSON has types: "yes" is no boolean, 5 is no text. DRF converts, as forms need it; JSON is taken at its word."""

import re
from itertools import islice
from typing import Any

from rest_framework import serializers

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
MAX_FAULTS = 10  # of one list that are named; somebody may send a million
TIME_WANTED = "Give an RFC 3339 time with its offset, such as 2026-01-28T14:05:00Z."


def wrong_type(field: Any, value: Any) -> Any:
    """What is wrong with a value as JSON, in DRF's nested form; None if nothing is, or if the field itself tells."""
    if value is None or value is serializers.empty:
        return None
    if isinstance(field, serializers.ListField):
        return _wrong_list(field, value)
    says = _wanted(field, value)
    return [serializers.ErrorDetail(str(says), code="invalid")] if says else None


def _wrong_list(field: Any, values: Any) -> Any:
    if not isinstance(values, list):
        says = field.error_messages["not_a_list"].format(input_type=type(values).__name__)
        return [serializers.ErrorDetail(says, code="not_a_list")]
    faults = ((index, fault) for index, value in enumerate(values) if (fault := wrong_type(field.child, value)))
    return dict(islice(faults, MAX_FAULTS)) or None


def _wanted(field: Any, value: Any) -> Any:
    """What the field wants instead of the value; empty if the value will do."""
    if isinstance(field, serializers.BooleanField):
        return "" if isinstance(value, bool) else field.error_messages["invalid"]
    if isinstance(field, serializers.IntegerField):
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return "" if is_whole and not isinstance(value, bool) else field.error_messages["invalid"]
    if isinstance(field, serializers.DateTimeField):
        return "" if isinstance(value, str) and TIME.fullmatch(value) else TIME_WANTED
    if isinstance(field, serializers.DateField):
        return "" if isinstance(value, str) and DAY.fullmatch(value) else "Give a day as YYYY-MM-DD."
    if isinstance(field, serializers.CharField):
        return "" if isinstance(value, str) else field.error_messages["invalid"]
    return ""
