"""References that an editor types into an HTML form as names instead of ids.

A queryset supports this by two methods: `with_exact_name(text)` finds the rows of exactly that name, `similar_to(text)`
suggests rows. API clients send ids; their strings are never read as names.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, pgettext
from rest_framework.exceptions import ErrorDetail

NUMBERS = re.compile(r"[0-9,\s]*")
MAX_NAME_LENGTH = 300  # longer texts are not looked up
MAX_NAMES = 20  # in one field; if there are more, none is looked up


class FormText(str):
    """What an editor typed into a field for a reference."""


@dataclass
class Choice:
    id: Any
    label: str = ""
    details: str = ""


def is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def form_texts(form: Any, name: str | None, queryset: Any, multiple: bool) -> list[FormText]:
    """One text for each reference. Where the editor was shown several rows for a name, the id of the chosen one."""
    texts = [text for value in form.getlist(name) if (text := str(value).strip())]
    if len(texts) > MAX_NAMES:
        return [FormText(text) for text in texts]
    parts = [part for text in texts for part in split_names(text, queryset)] if multiple else texts[-1:]
    chosen = _chosen_rows(form, name)
    return [FormText(chosen.get(part, part)) for part in parts]


def split_names(text: str, queryset: Any) -> list[str]:
    """Splits a chain of names at its commas, unless a row has the whole text as its name."""
    if NUMBERS.fullmatch(text):
        return text.replace(",", " ").split()
    if "," not in text or exact_matches(queryset, text):
        return [text]
    return [part.strip() for part in text.split(",") if part.strip()]


def is_chosen_row(name: str) -> bool:
    """Whether a form field of this name holds the row that an editor chose for an unresolved name."""
    return name.startswith("named-")


def _chosen_rows(form: Any, name: str | None) -> dict[str, str]:
    """Unresolved name → id of the row that the editor chose for it. The form sends them as `ID:NAME`."""
    values = [str(form[key]).partition(":") for key in form if key.startswith(f"named-{name}-")]
    return {text: row_id for row_id, _, text in values if is_number(row_id)}


def exact_matches(queryset: Any, text: str) -> list[Any]:
    """At most two rows: enough to know whether the name is ambiguous."""
    return list(queryset.with_exact_name(text)[:2]) if hasattr(queryset, "with_exact_name") and _is_name(text) else []


def _is_name(text: str) -> bool:
    return len(text) <= MAX_NAME_LENGTH and "\x00" not in text


def unresolved_error(queryset: Any, text: str, new: bool = False) -> ErrorDetail:
    """Says how to correct the name. `new`: whether the form offers to create a row of that name."""
    name = pgettext("code", str(queryset.model._meta.verbose_name))
    if exact_matches(queryset, text):
        return ErrorDetail(
            gettext("Several %(name)ss are called “%(text)s”. Choose the one you mean.") % {"name": name, "text": text},
            code="ambiguous",
        )
    if similar_rows(queryset, text):
        advice = (
            gettext("Choose one from the list, or make it a new %(name)s") % {"name": name}
            if new
            else gettext("Choose one from the list")
        )
    else:
        advice = (
            gettext("Make it a new %(name)s, or correct the name") % {"name": name}
            if new
            else gettext("Correct the name, or give its number")
        )
    return ErrorDetail(
        gettext("No %(name)s is called “%(text)s”. %(advice)s.") % {"name": name, "text": text, "advice": advice},
        code="does_not_exist",
    )


def similar_rows(queryset: Any, text: str, first: Collection[int] = ()) -> list[Choice]:
    """`first`: ids of rows that come before others as similar; only sources know that."""
    if not (hasattr(queryset, "similar_to") and _is_name(text)):
        return []
    rows = queryset.similar_to(text, first=first) if first else queryset.similar_to(text)
    return [Choice(row.pk, str(row), row.details) for row in rows]
