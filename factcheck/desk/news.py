"""What others did, told once for many rows: "bob tagged 7 statements in A report"."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Case, When
from django.db.models.fields.json import KT
from django.utils.text import Truncator
from django.utils.translation import gettext

from factcheck.desk.addresses import address_of
from factcheck.desk.cards import articles_by_id
from factcheck.desk.sentences import PROPOSED, Piece, act_sentence, pieces
from factcheck.desk.words import counted, row_name
from factcheck.journal.mark import Mark
from factcheck.journal.models import Entry

# Of the data, which may be long, only this: the tag that a note proposes, and the statement that a note is on.
ENTRIES = Entry.objects.annotate(
    proposed=Case(When(action="note.created", then=KT("data__tag"))),
    of_statement=Case(When(action="note.created", then=KT("data__statement"))),
)
FIELDS = ("transaction", "actor_id", "actor_name", "action", "resource", "resource_id", "article", "at")


@dataclass
class News:
    actor_name: str
    sentence: list[Piece]
    rows: str  # such as "7 statements" or "statement 12"
    address: str
    tag: str | None  # that was proposed
    article: Any  # the row, without its text; None if it is gone, or if the news is of no article
    at: datetime

    @property
    def shown_title(self) -> str:
        return Truncator(self.article.title or gettext("Untitled")).chars(80)


class Others(NamedTuple):
    entries: list[Any]  # their FIELDS, newest first
    is_cut: bool  # whether there may be more


def entries_of_others(user_id: int, entries: Any, mark: Mark | None, limit: int) -> Others:
    """Of the newest `limit` entries those that others wrote, since the mark if there is one.

    Own ones are left out here, not in the query: it would have to read all entries of a large import of one's own.
    """
    columns = entries.exclude(resource="user").values_list(*FIELDS, *entries.query.annotations, named=True)
    newest = list(columns.order_by("-id")[:limit])
    since = [entry for entry in newest if mark is None or mark.is_before(entry)]
    return Others([entry for entry in since if entry.actor_id != user_id], len(since) == limit)


def news_of(entries: Iterable[Any], limit: int) -> list[News]:
    """The entries are of ENTRIES."""
    groups: dict[Any, list[Any]] = defaultdict(list)
    for entry in entries:
        groups[entry.actor_id, entry.actor_name, entry.action, entry.article, entry.proposed].append(entry)
    shown = list(groups.values())[:limit]
    articles = articles_by_id(entries[0].article for entries in shown if entries[0].article)
    return [_news(found, articles.get(found[0].article or 0)) for found in shown]


def _news(entries: Sequence[Any], article: Any) -> News:
    newest = entries[0]
    resource, row_id = _row(newest)
    count = len({_row(entry) for entry in entries})
    rows = counted(resource, count) if count > 1 else row_name(resource, row_id)
    is_article = resource == "article" and count == 1
    return News(
        newest.actor_name,
        pieces(PROPOSED) if newest.proposed else act_sentence(newest.action),
        "" if is_article and article else rows,
        _address(newest, count),
        newest.proposed,
        article,
        newest.at,
    )


def _row(entry: Any) -> tuple[str, int]:
    """A tag is proposed for the statement that the note is on."""
    return ("statement", int(entry.of_statement)) if entry.proposed else (entry.resource, entry.resource_id)


def _address(newest: Any, count: int) -> str:
    if count == 1 and not newest.action.endswith(".deleted"):
        return address_of(*_row(newest))
    known = {"resource": newest.resource, "article": newest.article, "actor": newest.actor_id}
    return f"/api/v1/journal/?{urlencode({name: value for name, value in known.items() if value})}"
