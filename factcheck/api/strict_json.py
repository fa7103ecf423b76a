"""JSON in which no object has two members of one name, as I-JSON demands (RFC 7493, section 2.3).

Which of the two counts is left to each reader. What one program checked would be another thing than what we record.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.utils.translation import gettext_lazy
from rest_framework.utils import json

from factcheck.api.problems import MAX_ERRORS, escape, truncate
from factcheck.errors import FieldError, InvalidInput

DETAIL = gettext_lazy("This is given twice in the same object. Send it once.")


class _Doubled(dict[str, Any]):
    """An object as Python's parser would read it: of members with one name, the last."""

    members: list[tuple[str, Any]]


def loads(text: str) -> Any:
    """Raises ValueError when `text` is not JSON, and InvalidInput with the pointer of each name that is there twice."""
    doubled = []

    def read_object(members: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(members)
        if len(found) == len(members):
            return found
        doubled.append(_Doubled(found))
        doubled[-1].members = members
        return doubled[-1]

    data = json.loads(text, object_pairs_hook=read_object)
    if doubled:
        errors = [FieldError(pointer, "duplicate", DETAIL) for pointer in islice(_pointers(data), MAX_ERRORS)]
        raise InvalidInput(f"{errors[0].pointer.removeprefix('#/')}: {DETAIL}", errors)
    return data


def _pointers(data: Any) -> Iterator[str]:
    """Of the doubled names, in the order of the text. Not recursive: a body can be nested as deeply as Python reads."""
    open_values = [iter([("#", data)])]
    while open_values:
        pointer, value = next(open_values[-1], ("", None))
        if value is None:
            open_values.pop()
            continue
        if isinstance(value, _Doubled):
            counts = Counter(name for name, _ in value.members)
            yield from (_below(pointer, name) for name, count in counts.items() if count > 1)
        open_values.append(_inner_values(pointer, value))


def _inner_values(pointer: str, value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    pairs: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
    return ((_below(pointer, str(name)), inner) for name, inner in pairs if isinstance(inner, dict | list))


def _below(pointer: str, name: str) -> str:
    return truncate(f"{pointer}/{escape(name)}")
