"""Journal entries in plain words: who did what to which row, which fields changed, and why."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count
from django.db.models.functions import Left
from django.utils.translation import gettext

from claims.models import Article, Note, Statement
from factcheck.desk.addresses import address_of
from factcheck.desk.labels import short_field_label
from factcheck.desk.sentences import Piece, entry_sentence, is_proposal
from factcheck.desk.viewer import Viewer
from factcheck.desk.words import row_name, word
from factcheck.journal.models import Entry
from sources.models import Source

Names = dict[str, dict[int, str]]  # by resource and id

TIMELINE_LENGTH = 50
# Fields that hold ids, and the resource of those.
REFERENCES = {
    "source": "source",
    "via": "source",
    "raised_by": "source",
    "publisher": "source",
    "part_of": "source",
    "statement": "statement",
    "counter_statement": "statement",
    "article": "article",
    "desk": "user",
}
CODES = {
    "tag", "status", "state", "kind", "scope", "stance", "obtained_how", "quote_type", "said_on_precision", "anchor",
    "outcome", "factors",
}  # fmt: skip
# The sentence itself says these, or they follow from another field.
HIDDEN_FIELDS = {
    "id", "version", "created_at", "updated_at", "key", "sha256", "cue_times_sha256", "prefix", "suffix", "candidate",
    "media_start", "media_end",
    "tagged_by", "tagged_at", "tag_reason", "opened_by", "opened_at", "resolved_by", "resolved_at", "resolution",
}  # fmt: skip
# The verb says these.
IMPLIED_FIELDS = {
    "article.published": {"status"},
    "article.withdrawn": {"status"},
    "dispute.resolved": {"state"},
    "dispute.reopened": {"state"},
    "note.reopened": {"outcome", "statement_version"},
    **{f"note.{outcome}": {"outcome"} for outcome in Note.Outcome},
}
MAX_FOLDED = 100  # re-anchored statements that one page lists
# By resource: the names of ids, in one query.
LOOKUPS: dict[str, Callable[[Iterable[int]], dict[int, str]]] = {
    "source": lambda ids: dict(Source.objects.filter(pk__in=ids).values_list("pk", "name")),
    "statement": lambda ids: dict(Statement.objects.filter(pk__in=ids).values_list("pk", Left("text", 200))),
    "user": lambda ids: dict(User.objects.filter(pk__in=ids).values_list("pk", "username")),
    "article": lambda ids: dict(Article.objects.filter(pk__in=ids).values_list("pk", "title")),
}


@dataclasses.dataclass
class Change:
    field: str
    before: str
    after: str


@dataclasses.dataclass
class Place:
    """What a note is on, where the sentence does not say it, and the article."""

    row: str
    address: str
    passage: str
    article: int
    title: str


@dataclasses.dataclass
class TimelineItem:
    entry: Any
    sentence: list[Piece]
    row: str  # such as "statement 12"
    subject: str  # the name of the row
    address: str  # empty if the row was deleted
    changes: list[Change]
    place: "Place | None" = None  # of a note
    folded: list["TimelineItem"] = dataclasses.field(default_factory=list)  # statements that a correction re-anchored
    more_folded: int = 0

    @property
    def all_folded(self) -> int:
        return len(self.folded) + self.more_folded


def timeline(entries: Iterable[Any]) -> list[TimelineItem]:
    """The entries must be read by `with_before`. Takes one query for each kind of row that they refer to."""
    entries = list(entries)
    names = _names_in(entries)
    return [_item(entry, names) for entry in entries]


def with_corrections(items: list[TimelineItem]) -> list[TimelineItem]:
    """The same items. Folded under each change of a text are the statements that it re-anchored."""
    corrections = {(item.entry.transaction, item.entry.resource_id): item for item in items if _is_correction(item)}
    if not corrections:
        return items
    transactions = {transaction for transaction, _ in corrections}
    entries = Entry.objects.filter(transaction__in=transactions, action="statement.reanchored")
    for *key, number in entries.order_by().values_list("transaction", "article").annotate(Count("pk")):
        if correction := corrections.get(tuple(key)):
            correction.more_folded = number
    for item in timeline(entries.with_before().order_by("-transaction", "id")[:MAX_FOLDED]):
        if correction := corrections.get((item.entry.transaction, item.entry.article)):
            correction.folded.append(item)
            correction.more_folded -= 1
    return items


def _is_correction(item: TimelineItem) -> bool:
    entry = item.entry
    return entry.action == "article.updated" and (entry.before or {}).get("revision") != entry.data["revision"]


def row_timeline(viewer: Viewer, resource: str, row_id: int, limit: int = TIMELINE_LENGTH) -> dict[str, Any]:
    """For the context of the row's own page. Anonymous readers do not see the journal."""
    if viewer.is_anonymous:
        return {}
    return {"timeline": timeline(Entry.objects.of(resource, row_id).with_before().order_by("-id")[:limit])}


def _names_in(entries: list[Any]) -> Names:
    wanted: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        for data in (entry.data, entry.before or {}):
            for field, resource in REFERENCES.items():
                wanted[resource].update(_ids(data.get(field)))
    return {name: lookup(wanted[name]) if wanted[name] else {} for name, lookup in LOOKUPS.items()}


def _ids(value: Any) -> list[int]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, int)]


def _item(entry: Any, names: Names) -> TimelineItem:
    is_deleted = entry.action.endswith(".deleted")
    resource, row_id = _row(entry)
    return TimelineItem(
        entry=entry,
        sentence=entry_sentence(entry),
        row=gettext("proposal %(id)s") % {"id": row_id} if _is_of_proposal(entry) else row_name(resource, row_id),
        subject=_subject(entry, names),
        address="" if is_deleted else address_of(resource, row_id),
        place=_place(entry, names),
        changes=[] if is_deleted or not entry.before else _changes(entry, names),
    )


def _row(entry: Any) -> tuple[str, int]:
    """That the sentence is about."""
    return ("statement", entry.data["statement"]) if is_proposal(entry) else (entry.resource, entry.resource_id)


def _is_of_proposal(entry: Any) -> bool:
    return entry.resource == "note" and bool(entry.data.get("tag")) and not is_proposal(entry)


def _place(entry: Any, names: Names) -> Place | None:
    if entry.resource != "note":
        return None
    data = entry.data
    on = [] if is_proposal(entry) else [each for each in ("statement", "dispute") if data.get(each)]
    row, address = (row_name(on[0], data[on[0]]), address_of(on[0], data[on[0]])) if on else ("", "")
    passage = names.get("statement", {}).get(data["statement"], "") if on == ["statement"] else ""
    title = names.get("article", {}).get(data["article"], "")
    return Place(row, address, passage, data["article"], title or gettext("Untitled"))


def _subject(entry: Any, names: Names) -> str:
    data = entry.data
    if entry.resource == "dispute" or is_proposal(entry):
        return names.get("statement", {}).get(data.get("statement"), "")
    return str(
        data.get("name") or data.get("username") or data.get("title") or data.get("text") or data.get("url") or ""
    )


def _changes(entry: Any, names: Names) -> list[Change]:
    unshown = HIDDEN_FIELDS | IMPLIED_FIELDS.get(entry.action, set())
    return [
        Change(short_field_label(field), _display(field, entry.before.get(field), names), _display(field, value, names))
        for field, value in (dict.fromkeys(entry.before) | entry.data).items()
        if entry.before.get(field) != value and field not in unshown
    ]


def _display(field: str, value: Any, names: Names) -> str:
    if value in (None, "", []):
        return gettext("nothing")
    if field in REFERENCES:
        known = names.get(REFERENCES[field], {})
        return gettext(", then ").join(
            known.get(row_id) or gettext("number %(id)s") % {"id": row_id} for row_id in _ids(value)
        )
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(word(item) if field in CODES else str(item) for item in value)
    return word(value) if field in CODES else str(value)
