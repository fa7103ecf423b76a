from typing import IO, Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from factcheck.errors import FieldError, InvalidInput

# Each item may be a fault of its own, and a fault costs up to 0.1 ms: 2.5 MB of `{}` would take a minute and a half.
MAX_ITEMS = 12_000  # items of all lists of a body together; a full bulk request has 10,500
MAX_MEMBERS = 1_000  # of one object; no object of ours has 50


class JSONParser(parsers.JSONParser):
    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply.") from None
        check_size(data)
        return data


def check_size(data: Any) -> None:
    """Judges the size before any serializer looks at what is in it."""
    items, waiting = 0, [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            items += len(value)
            waiting += value if items <= MAX_ITEMS else ()
        elif isinstance(value, dict):
            if len(value) > MAX_MEMBERS:
                raise _too_many(f"An object here has at most {MAX_MEMBERS} members.")
            waiting += value.values()
    if items > MAX_ITEMS:
        raise _too_many(f"The lists in a body have at most {MAX_ITEMS} items together. Send less at a time.")


def _too_many(detail: str) -> InvalidInput:
    return InvalidInput(detail, [FieldError("#", "too_many", detail)])
