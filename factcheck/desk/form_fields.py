"""API serializers as HTML forms, by DRF's own renderer and the templates in `api/fields/`."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import HTMLFormRenderer

from factcheck.api.named_references import Choice, form_texts
from factcheck.api.references import Reference, ReferenceList
from factcheck.desk.chooser import Chooser, chooser_of
from factcheck.desk.labels import field_label

FORM_STYLE = {"template_pack": "desk/fields"}


class FieldRenderer(HTMLFormRenderer):
    template_pack = FORM_STYLE["template_pack"]

    def render_field(self, field: Any, parent_style: Mapping[str, Any]) -> str:
        inner = field._field
        reference = inner.child if isinstance(inner, ReferenceList) else inner
        if isinstance(reference, Reference):
            multiple = inner is not reference
            shown = {"chooser": _chooser(reference, field), "may": parent_style.get("may")}
            inner.style = {"multiple": multiple, **reference.style, **shown}
        inner.style = {"label": field_label(field.name, str(field.label)), **inner.style}
        try:
            return super().render_field(field, parent_style)
        except ValueError:  # DRF stops at a time it cannot read: it stays in its field as it was typed
            inner.style = {**inner.style, "input_type": "text"}
            return super().render_field(field, parent_style)


def _chooser(reference: Reference, field: Any) -> Chooser:
    """The rows that a field refers to, and what was typed and refers to none."""
    values = field.value if isinstance(field.value, list) else [field.value]
    if all(isinstance(value, dict) for value in values):
        return Chooser([Choice(value["id"], value.get("name", "")) for value in values])
    return chooser_of(reference.queryset, values)


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
    return {name: _typed_value(field, typed) for name, field in form.fields.items() if name in typed}


def _typed_value(field: Any, typed: Any) -> Any:
    if isinstance(field, ReferenceList):
        return form_texts(typed, field.field_name, field.child.queryset, multiple=True)
    if isinstance(field, Reference):
        return next(iter(form_texts(typed, field.field_name, field.queryset, multiple=False)), "")
    return typed[field.field_name]


def new_form(view: Any, initial: dict[str, Any]) -> Any:
    form = view.get_serializer()
    for name, value in initial.items():
        if name in form.fields and not form.fields[name].read_only:
            form.fields[name].initial = value
    return form
