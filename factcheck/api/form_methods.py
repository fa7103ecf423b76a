"""What HTML forms lack: the methods PUT, PATCH and DELETE, and a redirect after the write."""

from typing import Any

from django.http import HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from rest_framework import status
from rest_framework.request import Request

from factcheck.api.conditional import is_form
from factcheck.api.problems import wants_page

METHODS = {"PUT", "PATCH", "DELETE"}


def form_method(request: Request) -> str | None:
    """The method that an HTML form names in `_method`, since it can only POST."""
    if request.method != "POST" or not wants_page(request) or not is_form(request):
        return None
    method = str(request.POST.get("_method", "")).upper()
    return method if method in METHODS else None


def wants_parts(request: Any) -> bool:
    """Whether a page that is open asks, by htmx, for what has changed on it."""
    return wants_page(request) and bool(request.htmx)


def redirect_form(request: Request, address: str, row_id: int | None = None) -> HttpResponseRedirect | None:
    """To the form's `next` if that is a page of this service, otherwise to `address`. None for an API client.

    None also for a form that htmx sends: the answer is the parts of its page that have changed.

    `{id}` in `next` stands for the row's id, which a form cannot know before the row is created.
    """
    if not (wants_page(request) and (is_form(request) or request.method == "POST")) or wants_parts(request):
        return None
    target = str(request.data.get("next", "")).replace("{id}", str(row_id)) if isinstance(request.data, dict) else ""
    return HttpResponseRedirect(own_address(target) or address, status=status.HTTP_303_SEE_OTHER)


def own_address(target: str) -> str:
    """Empty if it is not one of this service."""
    return target if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None) else ""
