"""A list's filters and ordering as a form."""

import dataclasses
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_filters import BooleanFilter, ChoiceFilter, DateFilter

from claims.filters import DeskFilter
from factcheck.api.filters import IdFilter, UserFilter
from factcheck.api.named_references import unresolved_error
from factcheck.api.roles import is_anonymous
from factcheck.desk.chooser import Chooser, chooser_of
from factcheck.desk.labels import field_label
from factcheck.desk.words import word

MAIN_FIELDS = ("q", "tag", "state", "status", "ordering")  # in this order; the others are folded away
HIDDEN_FILTERS = {"after", "ids", "updated_since"}  # of API clients
EDITOR_FILTERS = {"status", "anchor", "desk"}  # all public rows have the same, or do not tell it
KINDS = {
    ChoiceFilter: "select",
    BooleanFilter: "select",
    UserFilter: "select",
    DeskFilter: "select",
    DateFilter: "date",
    IdFilter: "chooser",
}
FILTER_LABELS = {
    "q": _("Search"),
    "article": _("Article"),
    "code": _("Kind of check"),
    "desk": _("Who has it"),
    "disputed": _("Open dispute"),
    "published_after": _("Published on or after"),
    "published_before": _("Published on or before"),
    "said_after": _("Said on or after"),
    "said_before": _("Said on or before"),
    "involving": _("Said or relayed by"),
    "anchor": _("Place in the text"),
    "actor": _("Editor"),
    "raised_by": _("Raised by"),
    "part_of": _("Belongs to"),
    "resource": _("Kind of record"),
}
# By field: ascending, descending.
ORDERING_LABELS = {
    "id": (_("oldest first"), _("newest first")),
    "start": (_("place in the text: first to last"), _("place in the text: last to first")),
    "name": (_("name, A to Z"), _("name, Z to A")),
    "said_on": (_("said: oldest first"), _("said: newest first")),
    "published_at": (_("published: oldest first"), _("published: newest first")),
    "created_at": (_("recorded: oldest first"), _("recorded: newest first")),
    "updated_at": (_("changed: oldest first"), _("changed: newest first")),
}


@dataclasses.dataclass
class FilterField:
    name: str
    label: str
    value: str
    kind: str  # "select", "chooser", or the type of an <input>
    choices: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    errors: list[str] = dataclasses.field(default_factory=list)
    noun: str = ""  # of a chooser: what is chosen, such as "source"
    chooser: Chooser | None = None

    @property
    def list_url(self) -> str:
        return f"/api/v1/{self.noun}s/" if self.noun else ""


@dataclasses.dataclass
class FilterForm:
    main: list[FilterField]
    more: list[FilterField]

    @property
    def more_in_use(self) -> bool:
        return any(field.value or field.errors for field in self.more)


def filter_form(view: Any, request: Any, data: Any, filterset: Any = None) -> FilterForm:
    fields = _fields(view, request, data, filterset or view.filterset_class)
    fields.sort(key=lambda field: MAIN_FIELDS.index(field.name) if field.name in MAIN_FIELDS else 0)
    if len(fields) <= len(MAIN_FIELDS):
        return FilterForm(fields, [])
    main = [field for field in fields if field.name in MAIN_FIELDS]
    return FilterForm(main, [field for field in fields if field not in main])


def _fields(view: Any, request: Any, data: Any, filterset: Any) -> list[FilterField]:
    filters = filterset.base_filters if filterset else {}
    hidden = HIDDEN_FILTERS | (EDITOR_FILTERS if is_anonymous(request) else set())
    fields = [_field(name, found, request) for name, found in filters.items() if name not in hidden]
    if len(view.ordering_fields) > 1:
        fields.append(_ordering(view, request))
    errors = data.get("errors", []) if isinstance(data, dict) else []
    for field in fields:
        field.errors = [error["detail"] for error in errors if error["pointer"] == f"?{field.name}"]
        if field.chooser and field.chooser.unresolved:
            field.errors = [str(unresolved_error(filters[field.name].rows(request), field.value))]
    return fields


def _field(name: str, found: Any, request: Any) -> FilterField:
    value = request.query_params.get(name, "")
    label = str(FILTER_LABELS.get(name) or field_label(name).partition(" (")[0])
    kind = next((kind for base, kind in KINDS.items() if isinstance(found, base)), "search")
    if kind == "date" and len(value) not in (0, len("2021-03-05")):
        kind = "search"  # a month or a year: the browser would leave it out
    field = FilterField(name, label, value, kind)
    if kind == "chooser":
        rows = found.rows(request)
        field.noun = rows.model._meta.model_name
        field.chooser = chooser_of(rows, [value])
    elif kind == "select":
        field.choices = _choices(found)
    return field


def _choices(found: Any) -> list[tuple[str, str]]:
    if isinstance(found, BooleanFilter):
        return [("true", gettext("yes")), ("false", gettext("no"))]
    if isinstance(found, (UserFilter, DeskFilter)):
        rows = get_user_model().objects.order_by("username").values_list("pk", "username")
        users = [(str(key), name) for key, name in rows]
        return users if isinstance(found, UserFilter) else [("me", gettext("me")), ("none", gettext("nobody")), *users]
    return [(str(key), word(key)) for key, _label in found.extra["choices"]]


def _ordering(view: Any, request: Any) -> FilterField:
    value = request.query_params.get("ordering") or view.get_default_ordering()
    choices = [
        (sign + name, str(label))
        for name in view.ordering_fields
        for sign, label in zip(("", "-"), ORDERING_LABELS[name], strict=True)
    ]
    return FilterField("ordering", gettext("Order"), value, "select", choices)
