"""The addresses of the public pages, which readers and search engines see.

`origin` is that of PUBLIC_URL, or else the request's own, such as `https://factcheck.example`. A path has the title in
it for people to read; the number alone finds the row, and the page redirects to the present path.
"""

from typing import Any
from unicodedata import normalize
from urllib.parse import quote

import regex
from django.conf import settings

MAX_SLUG = 60  # code points
# Django's `slugify` drops the vowels of Hindi and Thai, which are marks, and joins what a dash or a slash parts.
WORD = regex.compile(r"(?:\p{L}\p{M}*|\p{N})+")
APOSTROPHES = regex.compile(r"(?<=\p{L})['’](?=\p{L})")  # noqa: RUF001


def public_origin(request: Any) -> str | None:
    """None where there are no public pages."""
    if not settings.PUBLIC_READ:
        return None
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def article_address(origin: str, article_id: int, title: str) -> str:
    return f"{origin}{article_path(article_id, title)}"


def statement_address(origin: str, statement_id: int, text: str) -> str:
    return f"{origin}{statement_path(statement_id, text)}"


def source_address(origin: str, source_id: int, name: str) -> str:
    return f"{origin}{source_path(source_id, name)}"


def article_path(article_id: int, title: str) -> str:
    return _path("articles", article_id, title)


def statement_path(statement_id: int, text: str) -> str:
    """`text` is the passage."""
    return _path("statements", statement_id, text)


def source_path(source_id: int, name: str) -> str:
    return _path("sources", source_id, name)


def _path(plural: str, row_id: int, title: str) -> str:
    """Percent-encoded. A title without a letter or a digit leaves the number alone."""
    slug = slug_of(title)
    return f"/{plural}/{row_id}-{quote(slug)}/" if slug else f"/{plural}/{row_id}/"


def slug_of(title: str) -> str:
    """The first words, in lower case and with hyphens between them; of a script without spaces, the first signs."""
    words = WORD.findall(APOSTROPHES.sub("", normalize("NFKC", title[: 4 * MAX_SLUG])).lower())
    slug = "-".join(words)
    if len(slug) <= MAX_SLUG:
        return slug
    return slug[: MAX_SLUG + 1].rpartition("-")[0] or slug[:MAX_SLUG]
