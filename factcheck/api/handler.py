"""The WSGI application, with a request that reads no address by a charset that no text is in."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

from factcheck.charsets import is_of_text


class Request(WSGIRequest):
    """Such a charset counts as none, as one does that is not known.

    Django reads the address too by the charset of the Content-Type, before any middleware, and some of Python's codecs
    fail then, or take minutes.
    """

    @property
    def encoding(self) -> Any:
        return self._encoding  # type: ignore[attr-defined]

    @encoding.setter
    def encoding(self, charset: Any) -> None:
        known = charset if charset and is_of_text(charset) else None
        WSGIRequest.encoding.fset(self, known)  # type: ignore[attr-defined]


class Handler(WSGIHandler):
    request_class = Request
