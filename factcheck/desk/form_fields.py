"""API serializers as HTML forms, by DRF's own renderer and the templates in `desk/fields/`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.template.loader import render_to_string
from rest_framework.renderers import HTMLFormRenderer

from claims.fields import UserReference
from claims.serializers import MarkSerializer
from factcheck.api.named_references import Choice, form_texts
from factcheck.api.references import Reference, ReferenceList, RowId
from factcheck.desk.chooser import Chooser, chooser_of
from factcheck.desk.labels import field_label
from sources.models import Source

TEMPLATE_PACK = "desk/fields"
ARTICLE = "\ue000"  # a private character, which no template has


class FieldRenderer(HTMLFormRenderer):
    template_pack = TEMPLATE_PACK

    def render_field(self, field: Any, parent_style: Mapping[str, Any]) -> str:
        inner = field._field
        reference = inner.child if isinstance(inner, ReferenceList) else inner
        if isinstance(inner, UserReference):
            chosen = field.value["id"] if isinstance(field.value, dict) else field.value
            inner.style = {**inner.style, "users": inner.queryset.order_by("username"), "chosen": chosen}
        elif isinstance(reference, Reference):
            multiple, article = inner is not reference, parent_style.get("article")
            shown_help = "" if isinstance(reference, RowId) else field.help_text  # it explains an id
            chooser = {"help": shown_help, "chooser": _chooser(reference, field, article), "article": article}
            inner.style = {"multiple": multiple, **reference.style, **chooser, "may": parent_style.get("may")}
        elif "asks_if_new" in inner.style and field.errors:
            inner.style = {**inner.style, "alike": Source.objects.nearly_called(str(field.value))}
        inner.style = {"label": field_label(field.name, str(field.label)), **inner.style}
        try:
            return super().render_field(field, parent_style)
        except ValueError:  # DRF cannot show a time that it cannot read: show the text as it was typed
            inner.style = {**inner.style, "input_type": "text"}
            return super().render_field(field, parent_style)


def form_style(may: dict[str, bool], article: int | str | None = None) -> dict[str, Any]:
    """The argument `style` of DRF's template tag `render_field`. `article`: whose sources a chooser offers first."""
    return {"template_pack": TEMPLATE_PACK, "renderer": FieldRenderer(), "may": may, "article": article}


def _chooser(reference: Reference, field: Any, article: int | None) -> Chooser:
    values = field.value if isinstance(field.value, list) else [field.value]
    if all(isinstance(value, dict) for value in values):
        return Chooser([Choice(value["id"], value.get("name", "")) for value in values])
    return chooser_of(reference.queryset, values, article)


@cache
def blank_mark_fields(language: str | None, *, may_tag: bool) -> str:
    """Of the form to mark a passage, in the language that is active. Kept: they took a tenth of an article's page.

    ARTICLE stands for the article's id.
    """
    style = form_style({}, ARTICLE)
    context = {"form": MarkSerializer(), "style": style, "may": {"tag": may_tag}, "notes_matches": True}
    return render_to_string("desk/statements/_statement_fields.html", context)


def new_form(view: Any, initial: dict[str, Any]) -> Any:
    return filled(view.get_serializer(), initial)


def filled(form: Any, initial: dict[str, Any]) -> Any:
    for name, value in initial.items():
        if name in form.fields and not form.fields[name].read_only:
            form.fields[name].initial = value
    return form


def refused_form(view: Any, form_data: Any, errors: list[dict[str, Any]], row: Any = None) -> Any:
    """The form as it was typed, with each error at its field, whether the serializer or a service found it.

    What was not sent is as it is in the row, if there is one.
    """
    fields = view.get_serializer().fields.items()
    typed = {name: _typed_value(field, form_data) for name, field in fields if name in form_data}
    form = new_form(view, {**(view.get_serializer(row).data if row else {}), **typed})
    form._errors = {}
    for error in errors:
        form._errors.setdefault(_field_of(error["pointer"]), []).append(error["detail"])
    return form


def non_field_errors(form: Any, errors: list[dict[str, Any]]) -> list[str]:
    """The errors that belong to no field of the form."""
    return [error["detail"] for error in errors if form is None or _field_of(error["pointer"]) not in form.fields]


def _field_of(pointer: str) -> str:
    return pointer.lstrip("#?/").split("/")[0]


def _typed_value(field: Any, form_data: Any) -> Any:
    """As it was sent, not as the field reads it."""
    if isinstance(field, ReferenceList):
        return form_texts(form_data, field.field_name, field.child.queryset, multiple=True)
    if isinstance(field, Reference):
        return next(iter(form_texts(form_data, field.field_name, field.queryset, multiple=False)), "")
    return form_data[field.field_name]
