"""One sentence after each act of a form, shown by the page that follows it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from factcheck.api.conditional import form_version
from factcheck.desk.pages.undo import last_act, may_undo_now, statement_of
from factcheck.desk.words import word

TAGGED = _("Statement %(statement)s was tagged %(tag)s.")
# By the basename of the view and the name of its action.
SENTENCES = {
    "article.create": _("The article was recorded."),
    "article.update": _("The article was saved."),
    "article.destroy": _("The article was deleted."),
    "article.publish": _("The article was published."),
    "article.withdraw": _("The article was withdrawn."),
    "article.accept_suggestions": _("What was suggested was recorded."),
    "article.dismiss_suggestions": _("The suggestions were changed."),
    "statement.create": _("The statement was recorded."),
    "statement.update": _("The statement was saved."),
    "statement.destroy": _("The statement was deleted."),
    "statement.tag": TAGGED,
    "statement.take": TAGGED,
    "statement.propose": _("The tag was proposed."),
    "statement.bulk_tag": _("The statements were tagged."),
    "statement.reanchor": _("The statement was pinned to its passage."),
    "evidence.create": _("The evidence was recorded."),
    "evidence.update": _("The evidence was saved."),
    "evidence.destroy": _("The evidence was deleted."),
    "dispute.create": _("The dispute was recorded."),
    "dispute.update": _("The dispute was saved."),
    "dispute.destroy": _("The dispute was deleted."),
    "dispute.resolve": _("The dispute was resolved: %(state)s."),
    "dispute.reopen": _("The dispute was opened again."),
    "note.create": _("The note was recorded."),
    "note.update": _("The note was saved."),
    "note.destroy": _("The note was deleted."),
    "note.resolve": _("The note was resolved."),
    "note.reopen": _("The note was opened again."),
    "source.create": _("The source was recorded."),
    "source.update": _("The source was saved."),
    "source.destroy": _("The source was deleted."),
    "source.merge": _("The sources were merged."),
    "webhook.update": _("The webhook was saved."),
    "webhook.destroy": _("The webhook was deleted."),
    "webhook.ping": _("A ping is on its way. Its answer is below in a moment: open this page again."),
    "delivery.redeliver": _("It is sent again. Its answer is below in a moment: open this page again."),
    "token.create": _("The token was recorded."),
    "token.destroy": _("The token was deleted."),
}


class ActMessageMiddleware:
    """A form of the API that was accepted is answered 303 (see factcheck/api/form_methods.py)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.SEE_OTHER and request.resolver_match:
            view: Any = request.resolver_match.func
            action = getattr(view, "actions", {}).get(str(request.method).lower())  # as the form's `_method` set it
            key = f"{view.initkwargs['basename']}.{action.removeprefix('partial_')}" if action else ""
            if key in SENTENCES:
                messages.success(request, _sentence(request, view, key, response), fail_silently=True)
        return response


def _sentence(request: HttpRequest, view: Any, key: str, response: HttpResponseBase) -> str:
    """With the link to take the act back, which leads back to the page that shows it."""
    row_id = request.resolver_match.kwargs.get("pk", 0)  # type: ignore[union-attr]
    entry = last_act(view.initkwargs["basename"], row_id)
    sentence = _in_words(request, key, entry) if entry else str(SENTENCES[key])
    if not entry or not may_undo_now(request.user, entry, form_version(request)):
        return sentence
    query = urlencode({"next": response["Location"]})
    return format_html('{} <a class="undo" href="/undo/{}/?{}">{}</a>', sentence, entry.pk, query, gettext("Undo"))


def _in_words(request: HttpRequest, key: str, entry: Any) -> str:
    """A resolution may come with a tag."""
    known = {**entry.data, **request.POST.dict()}
    names = {"statement": statement_of(entry), "tag": word(known.get("tag")), "state": word(known.get("state"))}
    is_tagged = key == "dispute.resolve" and request.POST.get("tag")
    return " ".join(str(sentence % names) for sentence in [SENTENCES[key], *([TAGGED] if is_tagged else [])])
