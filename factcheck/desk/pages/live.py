"""What others did to an open page since it was read. static/desk/live.js asks for it and shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, Q, When
from django.db.models.fields.json import KT
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from claims.models import Dispute
from factcheck.api.conditional import entity_tag
from factcheck.api.references import valid_ids
from factcheck.desk.news import entries_of_others
from factcheck.desk.page_view import DeskView
from factcheck.desk.sentences import PROPOSED, Piece, act_sentence, pieces
from factcheck.desk.words import row_name
from factcheck.journal.mark import Mark
from factcheck.journal.models import Entry

MAX_ACTORS = 3  # who are named
MAX_ENTRIES = 200  # the newest of the article, among which those since the mark are looked for


@dataclass
class CardNews:
    """The newest change of a statement or of what belongs to it."""

    statement: int
    sentence: list[Piece]
    row: str
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
        entries = Entry.objects.annotate(
            of_statement=KT("data__statement"),
            of_dispute=KT("data__dispute"),
            proposed=Case(When(action="note.created", then=KT("data__tag"))),
        )
        found = [
            *entries_of_others(request.user.pk or 0, entries.filter(article=article), mark, MAX_ENTRIES).entries,
            *_from_elsewhere(request.user.pk or 0, entries, mark, article),
        ]
        found.sort(key=lambda entry: entry.at, reverse=True)
        about = set(request.GET.getlist("about"))
        return self._unless_known(request, [entry for entry in found if not about or about & _rows_of(entry)])

    def _unless_known(self, request: HttpRequest, entries: list[Any]) -> Any:
        context = {"count": len(entries), "actors": _actors(entries), "cards": _cards(entries)}
        content = render_to_string(self.template_name, context) if entries else ""
        tag = entity_tag(content.encode(), None)
        return get_conditional_response(request, etag=tag, response=HttpResponse(content, headers={"ETag": tag}))


def _from_elsewhere(user_id: int, entries: Any, mark: Mark, article: int) -> list[Any]:
    """What stands in other articles and is shown on cards of this one: the other side of a dispute across articles.

    Each entry is of the statement whose card shows it.
    """
    shown = {(resource, row_id): statement for resource, row_id, statement in _shown_from_elsewhere(article)}
    if not shown:
        return []
    rows = reduce(or_, (Q(resource=resource, resource_id=row_id) for resource, row_id in shown))
    found = entries_of_others(user_id, entries.filter(rows), mark, MAX_ENTRIES).entries
    return [entry._replace(of_statement=shown[entry.resource, entry.resource_id]) for entry in found]


def _shown_from_elsewhere(article: int) -> Iterator[tuple[str, int, int]]:
    """The resource and the id of each row, and the statement of this article on whose card it is."""
    disputes = Dispute.objects.order_by().values_list("id", "statement", "counter_statement")
    of_own = disputes.filter(statement__article=article).exclude(counter_statement__article=article)
    for _, statement, counter in of_own.filter(counter_statement__isnull=False):
        yield "statement", counter, statement
    raised_here = disputes.filter(counter_statement__article=article).exclude(statement__article=article)
    for dispute, statement, counter in raised_here:
        yield from (("statement", statement, counter), ("dispute", dispute, counter))


def _rows_of(entry: Any) -> set[str]:
    """The entry's own row, and what it is on."""
    on = {f"statement-{entry.of_statement}", f"dispute-{entry.of_dispute}"}
    return {f"{entry.resource}-{entry.resource_id}", *on}


def _actors(entries: list[Any]) -> SafeString:
    names = list(dict.fromkeys(entry.actor_name for entry in entries))
    shown = format_html_join(", ", "<bdi>{}</bdi>", ((name,) for name in names[:MAX_ACTORS]))
    return format_html(gettext("{names} and others"), names=shown) if len(names) > MAX_ACTORS else shown


def _cards(entries: list[Any]) -> list[CardNews]:
    cards: dict[int, CardNews] = {}
    for entry in entries:
        statement = int(entry.of_statement or (entry.resource_id if entry.resource == "statement" else 0))
        is_itself = bool(entry.proposed) or (entry.resource, entry.resource_id) == ("statement", statement)
        row = pgettext("the statement", "it") if is_itself else row_name(entry.resource, entry.resource_id)
        sentence = pieces(PROPOSED) if entry.proposed else act_sentence(entry.action)
        cards.setdefault(statement, CardNews(statement, sentence, row, entry))
    return [card for statement, card in cards.items() if statement]
