"""List filters: django-filter, made strict and cheap to show."""

import re
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import urlencode

import django_filters
from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request

from factcheck.api.json_types import DAY
from factcheck.api.named_references import exact_matches, is_number
from factcheck.api.problems import wants_page
from factcheck.api.roles import is_public_read
from factcheck.errors import FieldError, InvalidInput

PAGING = {"cursor", "page_size", "ordering", "format"}
# Read by pages alone: which form to show, and which part of a long page.
PAGE_PARAMETERS = {"form", "cards", "at", "print", "before", "next"}
MAX_ID = 2**63 - 1


class IdField(forms.IntegerField):
    def to_python(self, value: Any) -> int | None:
        if value and not re.fullmatch(r"[0-9]+", value):  # Django takes 1.0 and digits of any script, too
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


@extend_schema_field({"type": "integer", "format": "int64", "minimum": 1, "maximum": MAX_ID})
class IdFilter(django_filters.NumberFilter):
    """A reference by id. Not a ModelChoiceFilter: that renders every row of the table as an option."""

    field_class = IdField

    def __init__(self, *args: Any, of: Any = None, **kwargs: Any):
        """`of`: the model or its label, for pages, where an editor chooses the row by name."""
        self.of = of
        super().__init__(*args, min_value=1, max_value=MAX_ID, **kwargs)

    def rows(self, request: Any) -> Any:
        """Those that the caller may be shown by name."""
        model = apps.get_model(self.of) if isinstance(self.of, str) else self.of
        rows = model._default_manager.all()
        return rows.public() if is_public_read(request) else rows

    def get_max_validator(self) -> None:
        """django-filter's own cap is far below a bigint."""


def not_among(choices: Iterable[str]) -> dict[str, str]:
    return {"invalid_choice": f"“%(value)s” is not one of {', '.join(choices)}."}


class ChoiceFilter(django_filters.ChoiceFilter):
    """One that says what there is to choose from."""

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any):
        messages = not_among(key for key, _ in choices)
        super().__init__(*args, choices=choices, error_messages=messages, **kwargs)


class UserFilter(IdFilter):
    """Users are few: a page offers them all."""


class FlagField(forms.TypedChoiceField):
    def __init__(self, **kwargs: Any):
        choices = [("", "either"), ("true", "yes"), ("false", "no")]
        messages = not_among(["true", "false"])
        super().__init__(
            choices=choices, coerce=lambda text: text == "true", empty_value=None, error_messages=messages, **kwargs
        )

    def to_python(self, value: Any) -> str:
        return super().to_python(value).lower()


class FlagFilter(django_filters.BooleanFilter):
    """true or false. What Django's own field does not understand it takes for no filter at all."""

    field_class = FlagField


class DayField(forms.DateField):
    def to_python(self, value: Any) -> Any:
        if value and not DAY.fullmatch(value):  # Django takes 10/25/2006, too
            raise ValidationError("Give a day as YYYY-MM-DD.", code="invalid")
        return super().to_python(value)


class DayFilter(django_filters.DateFilter):
    field_class = DayField


class StrictFilterBackend(DjangoFilterBackend):
    """Refuses what it does not know: a mistyped filter that is ignored shows the wrong list as if it were right."""

    def get_filterset_kwargs(self, request: Request, queryset: QuerySet[Any], view: Any) -> dict[str, Any]:
        kwargs = super().get_filterset_kwargs(request, queryset, view)
        if wants_page(request):
            kwargs["data"] = resolve_names(view, request, kwargs["data"])
        return kwargs

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        refuse_unknown(request, known_parameters(view, request))
        if has_no_filters(view):
            return queryset
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        if not wants_page(request):  # a page's form sends its empty fields, too
            refuse_empty(request, filterset.filters)
        if not filterset.is_valid():
            raise InvalidInput(
                "A filter is not valid.",
                [
                    FieldError(f"?{name}", fault.code or "invalid", str(fault.messages[0]))
                    for name, faults in filterset.errors.as_data().items()
                    for fault in faults
                ],
            )
        return filterset.qs


def resolve_names(view: Any, request: Any, parameters: Any) -> dict[str, str]:
    """With ids for the names that a page's form may send."""
    filterset = view.filterset_class
    filters = filterset.base_filters if filterset else {}
    return {name: _resolve_name(filters.get(name), request, text) for name, text in parameters.items()}


def only_filtered_by(view: Any, request: Request, names: Collection[str]) -> QuerySet[Any] | None:
    """All rows of the table that pass these filters; None where one of them is more than a condition on a column."""
    if any(view.filterset_class.base_filters[name].method for name in names):
        return None
    given = {name: request.query_params[name] for name in names}
    data = resolve_names(view, request, given) if wants_page(request) else given
    return view.filterset_class(data, queryset=view.queryset.model._base_manager.all(), request=request).qs


def api_query(view: Any, request: Request, without: Collection[str] = ()) -> str:
    """A page's query as a program may send it: nothing that is for pages, nothing left empty, and ids for names."""
    known = _api_parameters(view, request) - {"format", *without}
    given = {name: text for name, text in request.query_params.items() if text and name in known}
    return urlencode(resolve_names(view, request, given))


def _resolve_name(known: Any, request: Any, text: str) -> str:
    """The id of the one row of that name; a page's form may send names."""
    rows = [] if not getattr(known, "of", None) or is_number(text) else exact_matches(known.rows(request), text.strip())
    return str(rows[0].pk) if len(rows) == 1 else text


def refuse_unknown(request: Request, known: set[str]) -> None:
    errors = [
        FieldError(f"?{name}", "unknown", f"There is no such filter here. Known: {', '.join(sorted(known))}.")
        for name in request.query_params
        if name not in known
    ]
    errors += [
        FieldError(f"?{name}", "null_characters_not_allowed", "Null characters are not allowed.")
        for name, values in request.query_params.lists()
        if any("\x00" in value for value in values)
    ]
    errors += [
        FieldError(f"?{name}", "repeated", "Give it once: of several only one would count.")
        for name, values in request.query_params.lists()
        if len(values) > 1
    ]
    _raise(errors)


def refuse_empty(request: Request, filters: Any) -> None:
    """A program's variable that is empty by mistake would read the whole list. No words to look for is fine."""
    _raise(
        [
            FieldError(f"?{name}", "empty", "Give a value, or leave the filter out.")
            for name, known in filters.items()
            if request.query_params.get(name) == "" and not isinstance(known, django_filters.CharFilter)
        ]
    )


def _raise(errors: list[FieldError]) -> None:
    if errors:
        raise InvalidInput(f"{errors[0].pointer.removeprefix('?')}: {errors[0].detail}", errors)


def known_parameters(view: Any, request: Request) -> set[str]:
    known = _api_parameters(view, request)
    if wants_page(request):
        known |= PAGE_PARAMETERS
        if request.query_params.get("form") == "new":  # what its fields hold at first
            known |= set(view.serializer_class().fields) if view.serializer_class else set()
    return known


def _api_parameters(view: Any, request: Request) -> set[str]:
    filterset = view.filterset_class
    known = {"format"} if has_no_filters(view) else PAGING | set(filterset.base_filters if filterset else ())
    known |= view.other_parameters
    if request.method == "DELETE":
        known.add("reason")
    if view.takes_as_of():
        known.add("as_of")
    return known


def has_no_filters(view: Any) -> bool:
    """Whether there is nothing to filter: an action below a row that lists something has no filters of the view."""
    return bool(view.detail) and view.filterset_class is not None
