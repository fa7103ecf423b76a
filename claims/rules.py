"""The rules that the database holds for articles, statements and disputes, in words."""

from http import HTTPStatus

from factcheck.errors import FieldError

RULES = {
    "article_url_unique": (
        HTTPStatus.CONFLICT,
        FieldError("#/url", "unique", "Another article has this address."),
    ),
    "dispute_open_once": (
        HTTPStatus.CONFLICT,
        FieldError(
            "#/raised_by", "open_already", "This source's dispute of this statement is open already. Resolve that one."
        ),
    ),
    "dispute_not_with_itself": (
        HTTPStatus.BAD_REQUEST,
        FieldError("#/counter_statement", "self_dispute", "A statement does not dispute itself."),
    ),
    "statement_source_unless_narration": (
        HTTPStatus.BAD_REQUEST,
        FieldError("#/source", "required", "Only narration has no source."),
    ),
}
