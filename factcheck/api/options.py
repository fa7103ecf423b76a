"""OPTIONS: which methods an address takes."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from factcheck.api.middleware import GetResponse


class OptionsMiddleware:
    """Answers before a session, a token or the database is asked: the methods are the same for everybody.

    A CORS preflight never comes here; the middleware before this one answers it.
    """

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method == "OPTIONS" and (methods := methods_at(request.path_info)):
            answer = HttpResponse(status=204, headers={"Allow": ", ".join(methods)})
            del answer["Content-Type"]  # there is nothing that it could be about
            return answer
        return self.get_response(request)


def methods_at(path: str) -> list[str]:
    """Empty where there is nothing, and for a function, such as the admin's pages, which judges the method itself."""
    try:
        view: Any = resolve(path).func
    except Resolver404:
        return []
    kind = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if kind is None:
        return []
    actions = getattr(view, "actions", None)  # of a viewset at this address, by method
    found = {name for name in kind.http_method_names if name in actions} if actions else set()
    found = found or {name for name in kind.http_method_names if hasattr(kind, name)}
    found |= {"options"} | ({"head"} if "get" in found else set())
    return [name.upper() for name in kind.http_method_names if name in found]
