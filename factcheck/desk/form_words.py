"""What a form says of an error, in the newsroom's words. The API's own details name fields and headers to programs."""

import re
from typing import Any

# By the whole of what the framework or the API says.
WORDS = {
    r"This field is required\.": "Fill this in.",
    r"This field may not be (blank|null)\.": "Fill this in.",
    r"This list may not be empty\.": "Choose at least one.",
    r"Ensure this field has no more than (?P<limit>\d+) elements\.": "Choose at most {limit}.",
    r"“” is not one of (?P<choices>.*)\.": "Choose one of {choices}.",
    r"Ensure this field has no more than (?P<limit>\d+) characters\.": "This is too long: at most {limit} characters.",
    r"Ensure this value is less than or equal to (?P<limit>\d+)\.": "Give at most {limit}.",
    r"Ensure this value is greater than or equal to (?P<limit>\d+)\.": "Give at least {limit}.",
    r"A valid (integer|number) is required\.|Enter a whole number\.": "Give a number.",
    r"Must be a valid boolean\.": "Choose yes or no.",
    r"Datetime has wrong format\..*": "Give a day and a time, such as 2021-03-05T14:30.",
    r"(Date has wrong format\..*|Enter a valid date\.)": "Give a day, such as 2021-03-05.",
    r"This value does not match the required pattern\.": "Give the code of a language, such as en or pt-BR.",
    r"Null characters are not allowed\.": "This holds a character that no text can have (NUL). Paste it without it.",
    r"Give the passage: start and end, or text\.": "Select a passage in the text, or paste its words here.",
    r"Send If-Match .*": "The form did not say which version it is about. Load the page again.",
    r"There is no such field here\.": "The form is not the one of this page. Load the page again.",
}


def in_words(detail: str) -> str:
    for pattern, words in WORDS.items():
        if match := re.fullmatch(pattern, str(detail)):
            return words.format(**match.groupdict())
    return str(detail)


def problem_in_words(problem: dict[str, Any]) -> dict[str, Any]:
    errors = [{**error, "detail": in_words(error["detail"])} for error in problem.get("errors", [])]
    return {**problem, "detail": in_words(problem["detail"]), **({"errors": errors} if errors else {})}
