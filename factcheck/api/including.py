"""`?include=`: with each row of a list, or with one row, what belongs to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.expressions import Combinable
from django.utils.translation import gettext

from factcheck.api.row_json import JSONList, json_object
from factcheck.errors import InvalidInput

MAX_INCLUDED = 100  # rows of one kind; their own list has all


@dataclass(frozen=True)
class Included:
    """Rows that are included as `field`: all whose path `of` leads to the row, or the one that the row's `to` names."""

    field: str
    serializer: type[Any]
    rows: Any  # a queryset
    of: str = ""
    to: str = ""

    def json(self, is_public: bool) -> Combinable:
        rows = self.rows.public() if is_public else self.rows
        shape = json_object(self.serializer(context={"is_public": is_public}))
        if self.to:
            return Subquery(rows.filter(pk=OuterRef(self.to)).values_list(shape))
        return JSONList(rows.filter(**{self.of: OuterRef("pk")}).order_by("pk").values_list(shape)[:MAX_INCLUDED])


def included(request: Any, known: Mapping[str, Included]) -> tuple[Included, ...]:
    """What the request asks for. Raises InvalidInput."""
    given = request.query_params.get("include")
    names = given.split(",") if given is not None else []
    for name in names:
        if name not in known:
            detail = gettext("“%(value)s” is not one of %(choices)s.") % {
                "value": name[:80],
                "choices": ", ".join(known),
            }
            raise InvalidInput.parameter("include", "invalid_choice", detail)
    return tuple(known[name] for name in known if name in names)
