"""Django's session, authentication and message middleware, skipped for requests that use no session.

An API client sends a token. Looking for a session, its user and its messages costs time and finds nothing.
"""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from factcheck.api.factors import PROVED, must_have_factor
from factcheck.api.problems import wants_page


def is_stateless(request: HttpRequest) -> bool:
    """A page is never stateless: its forms need a CSRF token."""
    return (
        settings.SESSION_COOKIE_NAME not in request.COOKIES
        and request.path_info.startswith("/api/")
        and not wants_page(request)
    )


class StatefulOnly:
    """Where several follow each other in MIDDLEWARE, the first one decides for all of them."""

    after_all: Any

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)  # type: ignore[call-arg]
        following = getattr(get_response, "__wrapped__", None)
        self.after_all = following.after_all if isinstance(following, StatefulOnly) else get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self.after_all(request) if is_stateless(request) else super().__call__(request)  # type: ignore[misc]


class SessionMiddleware(StatefulOnly, sessions.SessionMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Also of a page that is the same for all, no cache keeps the answer that gives or takes somebody's cookie."""
        answer = super().process_response(request, response)
        if settings.SESSION_COOKIE_NAME in answer.cookies and "Surrogate-Key" in answer.headers:
            answer.headers["Cache-Control"] = "private, no-cache"
            del answer.headers["Surrogate-Key"]
        return answer


class AuthenticationMiddleware(StatefulOnly, auth.AuthenticationMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(partial(_user_of, request))  # type: ignore[assignment]


def _user_of(request: HttpRequest) -> Any:
    """A session without the second step that its user must have, now, is none: they log in again."""
    user = auth.get_user(request)
    if must_have_factor(user) and not request.session.get(PROVED):
        request._cached_user = AnonymousUser()  # type: ignore[attr-defined]  # which the log reads too
    return auth.get_user(request)


class MessageMiddleware(StatefulOnly, messages.MessageMiddleware):
    pass
