"""One sentence after each act of a form, shown by the page that follows it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# By the name of the view's action.
SENTENCES = {
    "create": "The {noun} was recorded.",
    "update": "The {noun} was saved.",
    "partial_update": "The {noun} was saved.",
    "destroy": "The {noun} was deleted.",
    "tag": "The {noun} was tagged.",
    "bulk_tag": "The {noun}s were tagged.",
    "reanchor": "The {noun} was pinned to its passage.",
    "merge": "The {noun}s were merged.",
    "resolve": "The {noun} was resolved.",
    "reopen": "The {noun} was opened again.",
    "publish": "The {noun} was published.",
    "withdraw": "The {noun} was withdrawn.",
    "accept_suggestions": "What was suggested was recorded.",
    "dismiss_suggestions": "The suggestions were changed.",
}


class ActMessageMiddleware:
    """A form of the API that was accepted is answered 303 (see factcheck/api/form_methods.py)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.SEE_OTHER and request.resolver_match:
            view: Any = request.resolver_match.func
            action = getattr(view, "actions", {}).get(str(request.method).lower(), "")  # as the form's `_method` set it
            if action in SENTENCES:
                sentence = SENTENCES[action].format(noun=view.initkwargs["basename"])
                messages.success(request, sentence, fail_silently=True)
        return response
