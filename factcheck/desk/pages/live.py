"""What others did to an open page since it was read. static/desk/live.js asks for it and shows it."""

from dataclasses import dataclass
from typing import Any

from django.db.models.fields.json import KT
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response

from factcheck.api.conditional import entity_tag
from factcheck.api.references import valid_ids
from factcheck.desk.news import entries_of_others, verb_of
from factcheck.desk.page_view import DeskView
from factcheck.journal.mark import Mark
from factcheck.journal.models import Entry

MAX_ENTRIES = 200  # the newest of the article, among which those since the mark are looked for


@dataclass
class CardNews:
    """The newest change of a statement or of what belongs to it."""

    statement: int
    verb: str
    what: str
    entry: Any


class LivePage(DeskView):
    """`?article=` and `?since=`, the mark of the page, give what is new in the article.

    With `?about=statement-7` only what is new of that row, and of the notes, disputes and evidence on it. Answers 304
    to If-None-Match while the answer is the same.
    """

    template_name = "desk/live.html"
    raise_exception = True  # a script has no use for the page to log in

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            mark = Mark.read(request.GET.get("since", ""))
            (article,) = valid_ids(request.GET.getlist("article"))
        except ValueError:
            return HttpResponseBadRequest()
        entries = Entry.objects.filter(article=article).annotate(
            of_statement=KT("data__statement"), of_dispute=KT("data__dispute")
        )
        found = entries_of_others(request.user.pk or 0, entries, mark, MAX_ENTRIES).entries
        about = set(request.GET.getlist("about"))
        return self._unless_known(request, [entry for entry in found if not about or about & _rows_of(entry)])

    def _unless_known(self, request: HttpRequest, entries: list[Any]) -> Any:
        actors = list(dict.fromkeys(entry.actor_name for entry in entries))
        context = {"count": len(entries), "actors": actors, "cards": _cards(entries)}
        content = render_to_string(self.template_name, context) if entries else ""
        tag = entity_tag(content.encode(), None)
        return get_conditional_response(request, etag=tag, response=HttpResponse(content, headers={"ETag": tag}))


def _rows_of(entry: Any) -> set[str]:
    """The entry's own row, and what it is on."""
    on = {f"statement-{entry.of_statement}", f"dispute-{entry.of_dispute}"}
    return {f"{entry.resource}-{entry.resource_id}", *on}


def _cards(entries: list[Any]) -> list[CardNews]:
    cards: dict[int, CardNews] = {}
    for entry in entries:
        statement = entry.resource_id if entry.resource == "statement" else int(entry.of_statement or 0)
        what = "it" if entry.resource == "statement" else f"{entry.resource} {entry.resource_id}"
        cards.setdefault(statement, CardNews(statement, verb_of(entry), what, entry))
    return [card for statement, card in cards.items() if statement]
