"""API serializers as HTML forms, by DRF's own renderer and the templates in `api/fields/`."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.renderers import HTMLFormRenderer
from rest_framework.utils.html import is_html_input

from factcheck.api.fields import Reference, ReferenceList, plausible_ids

FORM_STYLE = {"template_pack": "api/fields"}


class FieldRenderer(HTMLFormRenderer):
    template_pack = FORM_STYLE["template_pack"]

    def render_field(self, field: Any, parent_style: Mapping[str, Any]) -> str:
        inner = field._field
        reference = inner.child if isinstance(inner, ReferenceList) else inner
        if isinstance(reference, Reference):
            inner.style = {"multiple": inner is not reference, **reference.style, "chosen": _chosen(reference, field)}
        try:
            return super().render_field(field, parent_style)
        except ValueError:  # DRF stops at a time it cannot read: it stays in its field as it was typed
            inner.style = {**inner.style, "input_type": "text"}
            return super().render_field(field, parent_style)


def _chosen(reference: Reference, field: Any) -> list[dict[str, Any]]:
    """The rows that a field refers to, by id and in words; an id that there is not, without words."""
    values = field.value if isinstance(field.value, list) else [field.value]
    if all(isinstance(value, dict) for value in values):
        return [{"id": value["id"], "label": value.get("name", "")} for value in values]
    values = " ".join(str(value) for value in values if value is not None).replace(",", " ").split()
    known = reference.queryset.in_bulk(plausible_ids(values))
    return [{"id": value, "label": str(known.get(_number(value)) or "")} for value in values]


def _number(value: Any) -> int:
    return next(iter(plausible_ids([value])), 0)


def refused_form(view: Any, typed: Any, errors: list[dict[str, Any]]) -> Any:
    """The form as it was typed, with the errors of the refusal at its fields: a service's as well as its own."""
    form = new_form(view, _typed_values(view.get_serializer(), typed))
    form._errors = {}
    for error in errors:
        form._errors.setdefault(_field_of(error["pointer"]), []).append(error["detail"])
    return form


def elsewhere(form: Any, errors: list[dict[str, Any]]) -> list[str]:
    """Errors of no field of the form."""
    return [error["detail"] for error in errors if form is None or _field_of(error["pointer"]) not in form.fields]


def _field_of(pointer: str) -> str:
    return pointer.lstrip("#?/").split("/")[0]


def _typed_values(form: Any, typed: Any) -> dict[str, Any]:
    """As they were sent: not as a field would read them."""
    return {
        name: typed.getlist(name) if isinstance(field, ReferenceList) else typed[name]
        for name, field in form.fields.items()
        if name in typed
    }


def new_form(view: Any, initial: dict[str, Any]) -> Any:
    form = view.get_serializer()
    for name, value in initial.items():
        if name in form.fields and not form.fields[name].read_only:
            form.fields[name].initial = value
    return form


class LinesField(serializers.ListField):
    """A list; in a page's form one item a line."""

    def __init__(self, **kwargs: Any):
        super().__init__(style={"base_template": "lines.html", "rows": 3}, **kwargs)

    def get_value(self, dictionary: Any) -> Any:
        if is_html_input(dictionary) and self.field_name in dictionary:
            return [line.strip() for line in dictionary[self.field_name].splitlines() if line.strip()]
        return super().get_value(dictionary)
