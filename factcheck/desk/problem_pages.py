"""Problems as pages: what happened, and what to do."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from factcheck.api.middleware import ProblemMiddleware
from factcheck.api.problems import wants_page

NOT_YOUR_FAULT = "It is not your fault."
# By status: the heading, and what to do. The problem's own detail says what exactly is wrong.
PROBLEM_TEXTS = {
    400: ("This was not understood", "Check the address, or go back and correct what you sent."),
    401: ("These credentials are not valid", "The Authorization header must hold a valid token, or be left out."),
    403: ("This was refused", "If you need it for your work, ask an admin of this service."),
    404: ("Nothing is here", "The address may be mistyped, or what was here is gone. Search for it, or use the lists."),
    405: ("This address only accepts forms", "Go back to the page that has the form, and send it from there."),
    406: ("This is not available in that format", "Remove the format from the address to read it here."),
    409: ("This cannot be done now", "Go back, read what is there now, and decide again."),
    410: ("This is gone for good", "Search for what took its place, or use the lists."),
    413: ("This is too large", "Go back, and send it in smaller parts."),
    415: ("This kind of file is not accepted", "Go back, and send a form or JSON."),
    429: ("Too many requests", "Wait, then load the page again."),
    500: ("Something broke here", f"{NOT_YOUR_FAULT} Try again later. If it does not get better, tell an admin."),
    503: ("The database cannot do this now", f"{NOT_YOUR_FAULT} Wait a moment, then load the page again."),
}


@dataclass
class AssumedUser:
    """Whoever has a session cookie. The user is not looked up, since the database may be what failed."""

    is_authenticated: bool


def problem_context(request: Any, problem: dict[str, Any], wait: str | None = None) -> dict[str, Any]:
    """`wait`: the seconds in the header Retry-After."""
    heading, advice = PROBLEM_TEXTS.get(problem["status"], (problem["title"], ""))
    user = AssumedUser(settings.SESSION_COOKIE_NAME in request.COOKIES)
    if problem["status"] in (404, 410) and not (user.is_authenticated or settings.PUBLIC_READ):
        advice = "The address may be mistyped. If you work here, log in first."
    if wait and problem["status"] == 429:
        advice = f"Wait {wait} second{'' if wait == '1' else 's'}, then load the page again."
    return {"problem": problem, "heading": heading, "advice": advice, "user": user}


class ProblemPageMiddleware(ProblemMiddleware):
    """Answers a browser with a page."""

    def render(self, request: HttpRequest, problem: dict[str, Any], original: HttpResponseBase) -> HttpResponse:
        if not wants_page(request):
            return super().render(request, problem, original)
        context = problem_context(request, problem, original.headers.get("Retry-After"))
        return render(request, "desk/pages/problem.html", context, status=original.status_code)
