"""A row that a form names instead of numbering it.

A queryset takes part by two methods: `with_exact_name(text)`, the rows of exactly that name, and `similar_to(text)`,
those that may be meant. API clients send ids; their strings are never taken for names.
"""

import re
from dataclasses import dataclass
from typing import Any

from rest_framework.exceptions import ErrorDetail

NUMBERS = re.compile(r"[0-9,\s]*")
LONGEST = 300  # a name that is looked for
MOST = 20  # names that are looked for in one field


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
    """One for each row that is meant; a text that an editor was asked about is what was answered by then."""
    given = [text for value in form.getlist(name) if (text := str(value).strip())]
    if len(given) > MOST:
        return [FormText(text) for text in given]
    parts = [part for text in given for part in split_names(text, queryset)] if multiple else given[-1:]
    answers = _answers(form, name)
    return [FormText(answers.get(part, part)) for part in parts]


def split_names(text: str, queryset: Any) -> list[str]:
    """Of a chain that was typed with commas; a name may hold a comma, too."""
    if NUMBERS.fullmatch(text):
        return text.replace(",", " ").split()
    if "," not in text or exact_matches(queryset, text):
        return [text]
    return [part.strip() for part in text.split(",") if part.strip()]


def is_answer(name: str) -> bool:
    return name.startswith("named-")


def _answers(form: Any, name: str | None) -> dict[str, str]:
    """By the text asked about, the number of the row that was chosen for it."""
    values = [str(form[key]).partition(":") for key in form if key.startswith(f"named-{name}-")]
    return {text: number for number, _, text in values if is_number(number)}


def exact_matches(queryset: Any, text: str) -> list[Any]:
    """None, the one, or more than one."""
    return list(queryset.with_exact_name(text)[:2]) if hasattr(queryset, "with_exact_name") and _is_name(text) else []


def _is_name(text: str) -> bool:
    return len(text) <= LONGEST and "\x00" not in text


def unresolved_error(queryset: Any, text: str, new: bool = False) -> ErrorDetail:
    """What to do about it; `new`: where a row of that name may be made."""
    name = queryset.model._meta.verbose_name
    if exact_matches(queryset, text):
        return ErrorDetail(f"Several {name}s are called “{text}”. Choose the one that is meant.", code="ambiguous")
    wanted = "Choose one of those that are listed" if similar_rows(queryset, text) else ""
    if new:
        wanted = f"{wanted}, or make it a new {name}" if wanted else f"Make it a new {name}, or correct the name"
    return ErrorDetail(
        f"No {name} is called “{text}”. {wanted or 'Correct the name, or give its number'}.", code="does_not_exist"
    )


def similar_rows(queryset: Any, text: str) -> list[Choice]:
    rows = queryset.similar_to(text) if hasattr(queryset, "similar_to") and _is_name(text) else []
    return [Choice(row.pk, str(row), row.details) for row in rows]
