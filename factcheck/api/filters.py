"""List filters: django-filter, but strict, and without a query to show a form."""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import django_filters
from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.functional import lazy
from django.utils.translation import gettext
from django_filters.fields import BaseCSVField
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request

from factcheck.api.json_types import parse_instant
from factcheck.api.named_references import exact_matches, is_number
from factcheck.api.problems import wants_page
from factcheck.api.references import MAX_ID
from factcheck.api.roles import is_anonymous
from factcheck.errors import FieldError, InvalidInput

LIST_PARAMETERS = {"cursor", "page_size", "ordering", "format"}
# Only HTML pages read these: which form to show, which part of a long page, and which day and acts of the journal.
HTML_PARAMETERS = {"form", "cards", "at", "mark", "print", "picture", "before", "day", "act", "next"}
MAY_BE_EMPTY = {"q", "after"}  # a search for nothing, and a feed from its beginning
MAX_VALUES = 500  # of a filter that takes several
CARD_PARAMETERS = {"tag", "source", "disputed", "check"}  # of an article's page: which cards it shows


class IdField(forms.IntegerField):
    def to_python(self, value: Any) -> int | None:
        if value and not re.fullmatch(r"[0-9]+", value):  # Django also takes 1.0 and the digits of any script
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MAX_ID})
class IdFilter(django_filters.NumberFilter):
    """A reference by id. A ModelChoiceFilter would render every row of the table as an option."""

    field_class = IdField

    def __init__(self, *args: Any, of: Any = None, **kwargs: Any):
        """`of` is the model, or its label. HTML pages need it: an editor chooses a row by name there."""
        self.of = of
        super().__init__(*args, min_value=1, max_value=MAX_ID, **kwargs)

    def rows(self, request: Any) -> Any:
        """The rows whose names the caller may see."""
        model = apps.get_model(self.of) if isinstance(self.of, str) else self.of
        rows = model._default_manager.all()
        return rows.public() if is_anonymous(request) else rows

    def get_max_validator(self) -> None:
        """Adds no validator: the maximum that django-filter sets is far below that of a bigint."""


def invalid_choice_message(choices: Iterable[str]) -> dict[str, Any]:
    return {"invalid_choice": _invalid_choice_lazy(", ".join(choices))}


def _invalid_choice(choices: str) -> str:
    """With the place for the value, which Django's form fields fill."""
    return gettext("“%(value)s” is not one of %(choices)s.") % {"value": "%(value)s", "choices": choices}


_invalid_choice_lazy = lazy(_invalid_choice, str)


class ChoiceFilter(django_filters.ChoiceFilter):
    """A choice whose error message lists the choices."""

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any):
        messages = invalid_choice_message(key for key, _ in choices)
        super().__init__(*args, choices=choices, error_messages=messages, **kwargs)


class ListField(BaseCSVField):
    """Values separated by commas."""

    def clean(self, value: Any) -> Any:
        if value and len(value) > MAX_VALUES:
            detail = gettext("Give at most %(limit)s values.") % {"limit": MAX_VALUES}
            raise ValidationError(detail, code="too_many")
        if value and "" in value:
            raise ValidationError(gettext("Separate the values by single commas, such as 1,2,3."), code="invalid")
        return super().clean(value)


class ListFilter(django_filters.BaseInFilter):
    base_field_class = ListField


class IdsFilter(ListFilter, IdFilter):
    """The rows with these ids; those that are not there are left out."""


class ChoicesFilter(ListFilter, ChoiceFilter):
    """One of these choices."""


class InstantField(forms.Field):
    def to_python(self, value: Any) -> datetime | None:
        try:
            return parse_instant(value) if value else None
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from None


class InstantFilter(django_filters.IsoDateTimeFilter):
    field_class = InstantField


class RecordedFilter(django_filters.FilterSet):
    """The filters of every list of recorded rows."""

    ids = IdsFilter(field_name="pk", label=f"Only the rows with these ids, at most {MAX_VALUES}.")
    updated_since = InstantFilter(
        field_name="updated_at",
        lookup_expr="gte",
        label="Only rows that were changed at this time (RFC 3339) or later.",
    )


class UserFilter(IdFilter):
    """There are few users, so an HTML page lists them all."""


class FlagField(forms.TypedChoiceField):
    def __init__(self, **kwargs: Any):
        choices = [("", "either"), ("true", "yes"), ("false", "no")]
        messages = invalid_choice_message(["true", "false"])
        super().__init__(
            choices=choices, coerce=lambda text: text == "true", empty_value=None, error_messages=messages, **kwargs
        )

    def to_python(self, value: Any) -> str:
        return super().to_python(value).lower()


class FlagFilter(django_filters.BooleanFilter):
    """true or false. Django's own field would ignore any other value, and so the filter."""

    field_class = FlagField


class StrictFilterBackend(DjangoFilterBackend):
    """Refuses unknown parameters. If a mistyped filter were ignored, a wrong list would look right."""

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
        if not wants_page(request):  # the form of an HTML page also sends its empty fields
            refuse_empty(request, filterset.filters)
        if not filterset.is_valid():
            raise InvalidInput(
                gettext("A filter is not valid."),
                [
                    FieldError(f"?{name}", error.code or "invalid", str(error.messages[0]))
                    for name, errors in filterset.errors.as_data().items()
                    for error in errors
                ],
            )
        return filterset.qs


def resolve_names(view: Any, request: Any, parameters: Any) -> dict[str, str]:
    """Replaces the names that the form of an HTML page may send by the ids of their rows."""
    filterset = view.filterset_class
    filters = filterset.base_filters if filterset else {}
    return {name: _resolve_name(filters.get(name), request, text) for name, text in parameters.items()}


def only_filtered_by(view: Any, request: Request, names: Collection[str]) -> QuerySet[Any] | None:
    """All rows of the table that pass these filters; None if one of them is more than a condition on a column."""
    if any(view.filterset_class.base_filters[name].method for name in names):
        return None
    data = {name: request.query_params[name] for name in names}
    if wants_page(request):
        data = resolve_names(view, request, data)
    return view.filterset_class(data, queryset=view.queryset.model._base_manager.all(), request=request).qs


def api_query(view: Any, request: Request, without: Collection[str] = ()) -> str:
    """The query of an HTML page as an API client sends it: without empty or page parameters, with ids for names."""
    known = _api_parameters(view, request) - {"format", *without}
    parameters = {name: text for name, text in request.query_params.items() if text and name in known}
    return urlencode(resolve_names(view, request, parameters))


def _resolve_name(row_filter: Any, request: Any, text: str) -> str:
    """The id of the row of that name; the text itself if there is not exactly one."""
    if not getattr(row_filter, "of", None) or is_number(text):
        return text
    rows = exact_matches(row_filter.rows(request), text.strip())
    return str(rows[0].pk) if len(rows) == 1 else text


def refuse_unknown(request: Request, known: set[str]) -> None:
    errors = [
        FieldError(
            f"?{name}",
            "unknown",
            gettext("There is no such filter here. Known: %(choices)s.") % {"choices": ", ".join(sorted(known))},
        )
        for name in request.query_params
        if name not in known
    ]
    errors += [
        FieldError(f"?{name}", "null_characters_not_allowed", gettext("Null characters are not allowed."))
        for name, values in request.query_params.lists()
        if any("\x00" in value for value in values)
    ]
    errors += [
        FieldError(f"?{name}", "repeated", gettext("Give it only once."))
        for name, values in request.query_params.lists()
        if len(values) > 1
    ]
    _raise_errors(errors)


def refuse_empty(request: Request, filters: Any) -> None:
    """An empty variable in a client would read all rows by mistake."""
    _raise_errors(
        [
            FieldError(f"?{name}", "empty", gettext("Give a value, or leave the filter out."))
            for name in filters
            if request.query_params.get(name) == "" and name not in MAY_BE_EMPTY
        ]
    )


def _raise_errors(errors: list[FieldError]) -> None:
    if errors:
        raise InvalidInput(f"{errors[0].pointer.removeprefix('?')}: {errors[0].detail}", errors)


def known_parameters(view: Any, request: Request) -> set[str]:
    known = _api_parameters(view, request)
    if wants_page(request):
        known |= HTML_PARAMETERS | (CARD_PARAMETERS if view.detail else set())
        if request.query_params.get("form") == "new" and view.serializer_class:  # initial values of the form's fields
            known |= set(view.get_serializer().fields)
    return known


def _api_parameters(view: Any, request: Request) -> set[str]:
    filterset = view.filterset_class
    known = {"format"} if has_no_filters(view) else LIST_PARAMETERS | set(filterset.base_filters if filterset else ())
    known |= view.other_parameters
    if request.method == "DELETE":
        known.add("reason")
    if view.takes_as_of():
        known.add("as_of")
    if view.takes_include():
        known.add("include")
    return known


def has_no_filters(view: Any) -> bool:
    """Whether the action is about one row. One that lists what belongs to a row sets `filterset_class=None`."""
    return bool(view.detail) and (view.filterset_class is not None or view.pagination_class is None)
