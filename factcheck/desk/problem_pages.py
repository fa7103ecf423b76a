"""Problems as pages: what happened, and what to do."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from factcheck.api.middleware import ProblemMiddleware
from factcheck.api.problems import wants_page

# By status: the heading, and what to do. The problem's own detail says what exactly is wrong.
PROBLEM_TEXTS = {
    400: (_("This was not understood"), _("Check the address, or go back and correct what you sent.")),
    401: (_("These credentials are not valid"), _("The Authorization header must hold a valid token, or be left out.")),
    403: (_("This was refused"), _("If you need it for your work, ask an admin of this service.")),
    404: (
        _("Nothing is here"),
        _("The address may be mistyped, or what was here is gone. Search for it, or use the lists."),
    ),
    405: (_("This address only accepts forms"), _("Go back to the page that has the form, and send it from there.")),
    406: (_("This is not available in that format"), _("Remove the format from the address to read it here.")),
    409: (_("This cannot be done now"), _("Go back, read what is there now, and decide again.")),
    410: (_("This is gone for good"), _("Search for what took its place, or use the lists.")),
    413: (_("This is too large"), _("Go back, and send it in smaller parts.")),
    415: (_("This kind of file is not accepted"), _("Go back, and send a form or JSON.")),
    429: (_("Too many requests"), _("Wait, then load the page again.")),
    500: (
        _("Something broke here"),
        _("It is not your fault. Try again later. If it does not get better, tell an admin."),
    ),
    503: (_("The database cannot do this now"), _("It is not your fault. Wait a moment, then load the page again.")),
}


@dataclass
class AssumedUser:
    """Whoever has a session cookie. Where the service failed the user is not looked up: that may be what failed."""

    is_authenticated: bool


def problem_context(request: Any, problem: dict[str, Any], wait: str | None = None) -> dict[str, Any]:
    """`wait`: the seconds in the header Retry-After."""
    heading, advice = PROBLEM_TEXTS.get(problem["status"], (problem["title"], ""))
    known = getattr(request, "user", None) if problem["status"] < 500 else None
    user = known or AssumedUser(settings.SESSION_COOKIE_NAME in request.COOKIES)
    if problem["status"] in (404, 410) and not (user.is_authenticated or settings.PUBLIC_READ):
        advice = _("The address may be mistyped. If you work here, log in first.")
    if wait and problem["status"] == 429:
        words = ngettext(
            "Wait %(count)s second, then load the page again.",
            "Wait %(count)s seconds, then load the page again.",
            int(wait),
        )
        advice = words % {"count": wait}
    return {"problem": problem, "heading": heading, "advice": advice, "user": user}


class ProblemPageMiddleware(ProblemMiddleware):
    """Answers a browser with a page."""

    def render(self, request: HttpRequest, problem: dict[str, Any], original: HttpResponseBase) -> HttpResponse:
        if not wants_page(request):
            return super().render(request, problem, original)
        context = problem_context(request, problem, original.headers.get("Retry-After"))
        return render(request, "desk/pages/problem.html", context, status=original.status_code)
