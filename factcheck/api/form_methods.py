"""What an HTML form cannot say by itself: PUT, PATCH and DELETE, and where to go after the write."""

from django.http import HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from rest_framework import status
from rest_framework.request import Request

from factcheck.api.conditional import is_form
from factcheck.api.problems import wants_page

METHODS = {"PUT", "PATCH", "DELETE"}


def form_method(request: Request) -> str | None:
    """A page's form POSTs, and names another method in `_method`."""
    if request.method != "POST" or not wants_page(request) or not is_form(request):
        return None
    method = str(request.POST.get("_method", "")).upper()
    return method if method in METHODS else None


def redirect_form(request: Request, address: str, row_id: int | None = None) -> HttpResponseRedirect | None:
    """To the form's own `next` where that is a page of ours, else to the address; None for a program's request.

    `{id}` in `next` stands for the row, whose id no form knows before it is made.
    """
    if not (wants_page(request) and (is_form(request) or request.method == "POST")):
        return None
    wanted = str(request.data.get("next", "")).replace("{id}", str(row_id)) if isinstance(request.data, dict) else ""
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return HttpResponseRedirect(wanted if ours else address, status=status.HTTP_303_SEE_OTHER)
