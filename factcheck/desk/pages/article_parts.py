"""The parts of an article's page that an act changed, for a page that is open: htmx puts them in their places.

The page sends `Shown-Cards`: the id and the version of each statement whose card it has, in their order. So the answer
has only those cards that are new or that have changed, also by others, and says which are gone.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims.models import Article
from factcheck.api.conditional import form_version
from factcheck.api.references import valid_ids
from factcheck.desk.cards import Card
from factcheck.desk.page import Page, query_of
from factcheck.desk.pages.notes import notes_on_row
from factcheck.desk.pages.undo import focused_after, may_undo_now, reason_to_undo, statement_of
from factcheck.desk.shown_article import UNANCHORED_CARDS, ShownArticle
from factcheck.desk.words import word
from factcheck.journal.models import Entry
from factcheck.postgres.prepared import prepared

PARTS = "desk/articles/article_parts.html"
MESSAGES = {
    "statement.deleted": _("The statement is deleted."),
    "note.created": _("The note is added."),
    "note.resolved": _("The note is resolved."),
    "note.reopened": _("The note is open again."),
    "note.taken": _("The proposal is taken."),
    "note.withdrawn": _("The proposal is withdrawn."),
    "note.set_aside": _("The proposal is set aside."),
    "article.published": _("The article is published."),
    "article.withdrawn": _("The article is withdrawn."),
}
# About a statement that is marked in the text, and about another.
STATEMENT_MESSAGES = {
    "statement.created": (_("Passage %(number)s is recorded."), _("The statement is recorded.")),
    "statement.updated": (_("Passage %(number)s is changed."), _("The statement is changed.")),
    "statement.tagged": (_("Passage %(number)s is tagged %(tag)s."), _("The statement is tagged %(tag)s.")),
    "statement.reanchored": (
        _("Passage %(number)s is pinned to its passage."),
        _("The statement is pinned to its passage."),
    ),
    "evidence.created": (
        _("The evidence on passage %(number)s is recorded."),
        _("The evidence on the statement is recorded."),
    ),
    "dispute.opened": (_("The dispute of passage %(number)s is open."), _("The dispute of the statement is open.")),
}
MARKED_AND_TAGGED = (
    _("Passage %(number)s is recorded and tagged %(tag)s."),
    _("The statement is recorded and tagged %(tag)s."),
)


@dataclass
class CardPart:
    card: Card
    place: str  # where htmx puts it: over the card that is there, or behind another


def seen_cards(request: Any) -> dict[int, int]:
    """The versions of the statements whose cards the page has, by id."""
    pairs = re.findall(r"(?<!\S)([0-9]{1,18})-([0-9]{1,9})(?!\S)", request.headers.get("Shown-Cards", ""))
    return {int(pk): int(version) for pk, version in pairs}


def shown_beside(request: Any, article: Any, viewer: Any, card: int | None) -> ShownArticle:
    """The article with the cards that the page has, whether its filter still lets them through or not."""
    seen = seen_cards(request)
    query: Any = query_of(request.headers.get("HX-Current-URL", ""))
    return ShownArticle(article, viewer, {**query.dict(), "at": str(card or next(iter(seen), ""))}, keep=seen)


def parts_context(
    shown: ShownArticle, seen: Mapping[int, int], touched: frozenset[int] = frozenset()
) -> dict[str, Any]:
    """`touched`: statements whose cards changed although their versions may not have."""
    unanchored = dict(shown.unanchored[:UNANCHORED_CARDS])
    versions = {**unanchored, **{row.id: row.version for row in shown.page}}
    changed = [pk for pk, version in versions.items() if seen.get(pk) != version or pk in touched]
    moved = set(changed) if _is_order_changed(seen, versions) else set()
    behind = dict(_places(list(unanchored), [row.id for row in shown.page]))
    cards = {card.statement.pk: card for card in shown.cards(changed)}
    return {
        **shown.context(),
        "gone": [pk for pk in seen if pk not in versions or pk in moved],
        "card_parts": [
            CardPart(cards[pk], "innerHTML" if pk in seen and pk not in moved else behind[pk])
            for pk in changed
            if pk in cards  # it was there when the article was read, a moment ago
        ],
        "kept": [(pk, shown.numbers.get(pk), shown.checks.get(pk)) for pk in versions if pk not in cards],
    }


def _is_order_changed(seen: Mapping[int, int], now: Mapping[int, int]) -> bool:
    return [pk for pk in seen if pk in now] != [pk for pk in now if pk in seen]


def _places(unanchored: list[int], anchored: list[int]) -> list[tuple[int, str]]:
    """Behind which element each card stands. The line about further unanchored statements divides the two kinds."""
    first = [(ids[0], place) for ids, place in ((unanchored, FIRST), (anchored, DIVIDER)) if ids]
    following = [*pairwise(unanchored), *pairwise(anchored)]
    return [*first, *((pk, f"afterend:#statement-{before}") for before, pk in following)]


FIRST, DIVIDER = "afterbegin:#cards", "afterend:#more-unanchored"


class ActPage(Page):
    """What an act on an article's page changed there. The act is the newest entry of the row that was written."""

    def __init__(self, view: Any, request: Any, response: Any, data: Any):
        super().__init__(view, request, response, data, PARTS)

    def context(self) -> dict[str, Any]:
        ids, seen = self._ids(), seen_cards(self.request)
        [entry] = prepared(_newest, _newest, str, int).objects(self.view.journal_resource, ids[0])
        article = next(iter(prepared(_article, _article, int).objects(entry.article)), None)
        if article is None:
            self.template = "desk/articles/gone.html"
            return {}
        own = statement_of(entry)
        left = [pk for pk in seen if pk == own or pk not in ids]
        card = _next_card(left, own) if entry.action == "statement.deleted" else own
        shown = shown_beside(self.request, article, self.viewer, card)
        touched = {own, entry.data.get("counter_statement")}
        act = {"action": entry.action, "focus": _focused(entry, card)}
        self.response["HX-Trigger-After-Swap"] = json.dumps({"acted": act})
        return {
            **parts_context(shown, seen, frozenset(filter(None, touched))),
            "entry": entry,
            "is_bulk": self.view.action == "bulk_tag",
            "is_proposed": self.view.action == "propose",
            "is_marked": self._is_marked(entry),
            **self._undo(entry, len(ids)),
            "message": self._message(entry, shown.numbers.get(own), len(ids)),
            **(notes_on_row(self.viewer, "article", article.pk) if entry.resource == "note" else {}),
        }

    def _ids(self) -> list[int]:
        """Of the rows that were written: all in one article, and by acts of one kind."""
        if "pk" in self.view.kwargs:
            return [self.view.kwargs["pk"]]
        written: Any = self.data
        rows = written if isinstance(written, list) else [written]
        return [json.loads(row.json)["id"] for row in rows] or self._ticked()

    def _ticked(self) -> list[int]:
        """Those of a bulk tag, even if they have been deleted since."""
        return valid_ids(text.partition("-")[0] for text in self.request.data.getlist("statements"))

    def _undo(self, entry: Any, count: int) -> dict[str, Any]:
        """For the message: how to take the act back at once. Several acts at once have theirs in the journal."""
        is_act = count == 1 and self.view.action != "propose"
        if is_act and may_undo_now(self.request.user, entry, form_version(self.request)):
            return {"undo_entry": entry, "undo_reason": reason_to_undo(entry)}
        return {}

    def _is_marked(self, entry: Any) -> bool:
        """Whether a statement was created, and perhaps tagged at once."""
        return entry.resource == "statement" and self.view.action == "create"

    def _message(self, entry: Any, number: int | None, count: int) -> str:
        if entry.action == "statement.deleted" and self.view.action == "bulk_tag":
            return gettext("They were tagged, and somebody has deleted them since.")
        words = {"number": number, "tag": word(entry.data.get("tag")), "count": count}
        if count > 1:
            return gettext("%(count)s statements are tagged %(tag)s.") % words
        if self.view.action == "propose":
            return gettext("Proposed: %(tag)s.") % {"tag": word(self.request.data.get("tag"))}
        if form_version(self.request) == entry.version:
            return gettext("Nothing has changed.")
        is_both = self._is_marked(entry) and entry.action == "statement.tagged"
        if sentences := MARKED_AND_TAGGED if is_both else STATEMENT_MESSAGES.get(entry.action):
            return str(sentences[0 if number else 1]) % words
        return str(MESSAGES.get(entry.action) or gettext("It is saved."))


def _newest(resource: str, row_id: int) -> Any:
    return Entry.objects.of(resource, row_id).with_before().order_by("-version")[:1]


def _article(row_id: int) -> Any:
    return Article.objects.for_reading().filter(pk=row_id)


def _next_card(seen: list[int], deleted: int) -> int | None:
    """The one after it, or the one before it if it was the last."""
    at = seen.index(deleted) if deleted in seen else len(seen)
    return next(iter([*seen[at + 1 :], *seen[:at][::-1]]), None)


def _focused(entry: Any, card: int | None) -> str:
    """The id of the element on which a keyboard goes on."""
    if entry.action == "statement.deleted":
        return f"statement-{card}" if card else "statements"
    return focused_after(entry)
