from typing import IO, Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from factcheck.api.strict_json import loads
from factcheck.encodings import decode
from factcheck.errors import FieldError, InvalidInput

# Each item may cause an error, which costs up to 0.1 ms: 2.5 MB of `{}` would take a minute and a half.
MAX_ITEMS = 12_000  # of all lists in a body together; a full bulk request has 10,500
MAX_MEMBERS = 1_000  # of one object; no valid one has 50


class JSONParser(parsers.JSONParser):
    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        encoding = parsers.get_encoding(parser_context or {})  # type: ignore[attr-defined]
        try:
            data = loads(decode(stream.read(), encoding))
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from None
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply.") from None
        check_size(data)
        return data


class MergePatchParser(JSONParser):
    """RFC 7396. What is null is set to null, and refused where the field is never null; a list is replaced as a whole.

    That is what PATCH does with `application/json`, too.
    """

    media_type = "application/merge-patch+json"


def check_size(data: Any) -> None:
    """Raises InvalidInput when there is too much for the serializers to validate in a short time."""
    items, stack = 0, [data]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            items += len(value)
            stack += value if items <= MAX_ITEMS else ()
        elif isinstance(value, dict):
            if len(value) > MAX_MEMBERS:
                raise _too_many(f"An object here has at most {MAX_MEMBERS} members.")
            stack += value.values()
    if items > MAX_ITEMS:
        raise _too_many(f"The lists in a body have at most {MAX_ITEMS} items together. Send less at a time.")


def _too_many(detail: str) -> InvalidInput:
    return InvalidInput(detail, [FieldError("#", "too_many", detail)])
