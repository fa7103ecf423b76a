"""What a form says of an error, in the newsroom's words. The API's own details name fields and headers to programs."""

import re
from functools import cache
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from factcheck.desk.words import word

FILL_IN = _("Fill this in.")
TOO_MANY = _("Choose at most %(limit)s.")
TOO_LONG = _("This is too long: at most %(limit)s characters.")
AT_MOST, AT_LEAST = _("Give at most %(limit)s."), _("Give at least %(limit)s.")
A_NUMBER = _("Give a number.")
A_DAY = _("Give a day, such as 2021-03-05.")
# By the whole of what the framework or the API says, as it stands in the code.
WORDS = {
    "This field is required.": FILL_IN,
    "This field may not be blank.": FILL_IN,
    "This field may not be null.": FILL_IN,
    "This list may not be empty.": _("Choose at least one."),
    "Ensure this field has no more than {max_length} elements.": TOO_MANY,
    "Ensure this field has no more than {max_length} characters.": TOO_LONG,
    "Ensure this value is less than or equal to {max_value}.": AT_MOST,
    "Ensure this value is less than or equal to %(limit_value)s.": AT_MOST,
    "Ensure this value is greater than or equal to {min_value}.": AT_LEAST,
    "Ensure this value is greater than or equal to %(limit_value)s.": AT_LEAST,
    "A valid integer is required.": A_NUMBER,
    "A valid number is required.": A_NUMBER,
    "Enter a whole number.": A_NUMBER,
    "Must be a valid boolean.": _("Choose yes or no."),
    "Datetime has wrong format. Use one of these formats instead: {format}.": _(
        "Give a day and a time, such as 2021-03-05T14:30."
    ),
    "Date has wrong format. Use one of these formats instead: {format}.": A_DAY,
    "Enter a valid date.": A_DAY,
    "Null characters are not allowed.": _("This holds a character that no text can have (NUL). Paste it without it."),
    "Give the passage: start and end, or text.": _("Select a passage in the text, or paste its words here."),
    "Send If-Match with the ETag of your last GET, so that you do not overwrite a change that you have not seen.": _(
        "The form did not say which version it is about. Load the page again."
    ),
    "There is no such field here.": _("The form is not the one of this page. Load the page again."),
}
NOT_CHOSEN = "“{input}” is not one of {choices}."
PLACEHOLDER = re.compile(r"\\\{\w+\\\}|%\\\(\w+\\\)s")  # in a text whose signs are escaped


def in_words(detail: str) -> str:
    known, not_chosen = _patterns(get_language())
    if match := not_chosen.fullmatch(str(detail)):
        return gettext("Choose one of %(choices)s.") % {"choices": ", ".join(map(word, match[1].split(", ")))}
    for pattern, words in known:
        if match := pattern.fullmatch(str(detail)):
            return str(words) % {"limit": match[pattern.groups]}
    return str(detail)


@cache
def _patterns(language: str | None) -> tuple[list[tuple[re.Pattern[str], Any]], re.Pattern[str]]:
    """What is said in this language, which must be the active one; last, what is said where nothing was chosen."""
    known = [(_pattern(gettext(said)), words) for said, words in WORDS.items()]
    return known, _pattern(gettext(NOT_CHOSEN).replace("{input}", ""))


def _pattern(said: str) -> re.Pattern[str]:
    return re.compile(PLACEHOLDER.sub("(.+)", re.escape(said)))


def problem_in_words(problem: dict[str, Any]) -> dict[str, Any]:
    errors = [{**error, "detail": in_words(error["detail"])} for error in problem.get("errors", [])]
    return {**problem, "detail": in_words(problem["detail"]), **({"errors": errors} if errors else {})}
