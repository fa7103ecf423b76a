"""A list's filters, ordering and page size as the controls of a form."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django_filters import BooleanFilter, ChoiceFilter, DateFilter

from factcheck.api.filters import IdFilter, UserFilter
from factcheck.api.named_references import unresolved_error
from factcheck.api.roles import is_public_read
from factcheck.desk.chooser import Chooser, chooser_of
from factcheck.desk.labels import field_label

PAGE_SIZES = (20, 50, 100, 200)


@dataclass
class Control:
    name: str
    label: str
    value: str
    kind: str  # a template of api/controls/
    choices: list[tuple[str, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    noun: str = ""
    chooser: Chooser | None = None

    @property
    def list(self) -> str:
        return f"/api/v1/{self.noun}s/" if self.noun else ""


@dataclass
class Controls:
    usual: list[Control]
    more: list[Control]

    @property
    def more_in_use(self) -> bool:
        return any(control.value or control.errors for control in self.more)


def controls_of(view: Any, request: Any, data: Any, filterset: Any = None) -> Controls:
    found = _all_controls(view, request, data, filterset or getattr(view, "filterset_class", None))
    few = len(found) <= len(USUAL)
    found.sort(key=lambda control: USUAL.index(control.name) if control.name in USUAL else 0 if few else len(USUAL))
    return Controls([c for c in found if few or c.name in USUAL], [c for c in found if not few and c.name not in USUAL])


def _all_controls(view: Any, request: Any, data: Any, filterset: Any) -> list[Control]:
    filters = filterset.base_filters if filterset else {}
    controls = [
        _control(name, found, request)
        for name, found in filters.items()
        if name not in UNSHOWN and not (is_public_read(request) and name in OF_THE_DESK)
    ]
    if len(getattr(view, "ordering_fields", ())) > 1:
        controls.append(_ordering(view, request))
    for control in controls:
        control.errors = [e["detail"] for e in _errors(data) if e["pointer"] == f"?{control.name}"]
        if control.chooser and control.chooser.unresolved:
            control.errors = [str(unresolved_error(filters[control.name].rows(request), control.value))]
    return controls


def _errors(data: Any) -> list[dict[str, Any]]:
    return data.get("errors", []) if isinstance(data, dict) else []


def _control(name: str, found: Any, request: Any) -> Control:
    value = request.query_params.get(name, "")
    label = CONTROLS.get(name) or field_label(name).partition(" (")[0]
    kinds = {
        ChoiceFilter: "select",
        BooleanFilter: "select",
        UserFilter: "select",
        DateFilter: "date",
        IdFilter: "chooser",
    }
    kind = next((kind for base, kind in kinds.items() if isinstance(found, base)), "search")
    control = Control(name, label, value, kind)
    if kind == "chooser":
        rows = found.rows(request)
        control.noun = rows.model._meta.model_name
        control.chooser = chooser_of(rows, [value])
    if isinstance(found, BooleanFilter):
        control.choices = [("true", "yes"), ("false", "no")]
    elif isinstance(found, UserFilter):
        users = get_user_model().objects.order_by("username").values_list("pk", "username")
        control.choices = [(str(key), name) for key, name in users]
    elif control.kind == "select":
        control.choices = [(str(key), str(text).lower()) for key, text in found.extra["choices"]]
    return control


def _ordering(view: Any, request: Any) -> Control:
    value = request.query_params.get("ordering") or view.get_default_ordering()
    choices = [
        (sign + name, words)
        for name in view.ordering_fields
        for sign, words in zip(("", "-"), _orders(name), strict=True)
    ]
    return Control("ordering", "Order", value, "select", choices)


USUAL = ("q", "tag", "state", "status", "ordering")
UNSHOWN = {"after"}  # a program's cursor
OF_THE_DESK = {"status", "anchor"}  # of what is published there is nothing to choose
CONTROLS = {
    "q": "Words",
    "article": "Article",
    "code": "Kind of check",
    "disputed": "Open dispute",
    "said_after": "Said on or after",
    "said_before": "Said on or before",
    "involving": "Said or relayed by",
    "anchor": "Place in the text",
    "actor": "Editor",
    "raised_by": "Raised by",
    "part_of": "Belongs to",
    "resource": "Kind of record",
}
# Upwards, and downwards.
ORDERS = {
    "id": ("oldest first", "newest first"),
    "start": ("as in the text", "from the end of the text"),
    "name": ("name", "name, from Z"),
    "said_on": ("first said first", "last said first"),
    "created_at": ("first recorded first", "last recorded first"),
    "updated_at": ("longest unchanged first", "last changed first"),
}


def _orders(name: str) -> tuple[str, str]:
    words = name.replace("_", " ")
    return ORDERS.get(name, (words, f"{words}, downwards"))
