"""The rules that the database holds for sources, in words."""

from http import HTTPStatus

from factcheck.errors import FieldError

RULES = {
    "source_part_of_acyclic": (
        HTTPStatus.BAD_REQUEST,
        FieldError("#/part_of", "cycle", "A source cannot be a part of itself, directly or through others."),
    ),
    "source_not_part_of_itself": (
        HTTPStatus.BAD_REQUEST,
        FieldError("#/part_of", "cycle", "A source cannot be a part of itself."),
    ),
}
