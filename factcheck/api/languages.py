"""A page is in the language of its reader. Every other answer, and whatever is stored, is in English.

So a cache keeps one JSON answer for everybody, and a program can rely on its texts. No language is active until it is
known that the answer is a page; then texts are in that of LANGUAGE_CODE.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import trans_real

from factcheck.api.problems import wants_page


def activate_language(request: Any, chosen: str = "") -> None:
    """`chosen`, otherwise the one in the cookie, otherwise the best of Accept-Language."""
    language = chosen or translation.get_language_from_request(request)
    _keep_translations(language)
    translation.activate(language)
    getattr(request, "_request", request).LANGUAGE_CODE = language  # as Django's own middleware does


@cache
def _keep_translations(language: str) -> None:
    """For each text gettext asks one catalogue after the other, in English all in vain, and a page has 450 texts."""
    catalogues: Any = trans_real.translation(language)
    catalogues.gettext = cache(catalogues.gettext)
    catalogues.ngettext = lru_cache(2_000)(catalogues.ngettext)


def activate_language_of_problem(request: HttpRequest) -> None:
    """For a problem that no view of the API has made: it is a page, or JSON."""
    if wants_page(request):
        activate_language(request)
    else:
        translation.deactivate()


class LanguageMiddleware:
    """Outside of the API all answers are pages. In the API the view knows, after negotiation (BaseView.initial)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/api/"):
            activate_language(request)
        try:
            response = self.get_response(request)
            if response.get("Content-Type", "").startswith("text/html"):
                response.headers["Content-Language"] = translation.get_language() or ""
                patch_vary_headers(response, ["Accept-Language", "Cookie"])
            return response
        finally:
            if hasattr(request, "LANGUAGE_CODE"):  # a read of the API need not wait for it
                translation.deactivate()
