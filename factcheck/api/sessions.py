"""Django's session middleware, left out for requests that carry no session.

A program sends a token; what looks for a session, its user and its messages would be in vain.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest

from factcheck.api.problems import wants_page


def is_stateless(request: HttpRequest) -> bool:
    """Not so for pages: they hold forms."""
    return (
        settings.SESSION_COOKIE_NAME not in request.COOKIES
        and request.path_info.startswith("/api/")
        and not wants_page(request)
    )


class WithSession:
    """Of those that follow each other in MIDDLEWARE, the first decides for all of them."""

    past_all: Any

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)  # type: ignore[call-arg]
        following = getattr(get_response, "__wrapped__", None)
        self.past_all = following.past_all if isinstance(following, WithSession) else get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self.past_all(request) if is_stateless(request) else super().__call__(request)  # type: ignore[misc]


class Session(WithSession, SessionMiddleware):
    pass


class Authentication(WithSession, AuthenticationMiddleware):
    pass


class Messages(WithSession, MessageMiddleware):
    pass
