"""Journal entries in words: who did what to which row, which fields it changed, and why."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Left

from claims.models import Article, Statement
from factcheck.desk.addresses import address_of
from factcheck.desk.labels import short_field_label
from sources.models import Source

Names = dict[str, dict[int, str]]

# Fields that hold ids, and what they are ids of.
REFERENCES = {
    "source": "source",
    "via": "source",
    "raised_by": "source",
    "publisher": "source",
    "part_of": "source",
    "statement": "statement",
    "counter_statement": "statement",
    "article": "article",
}
# What the sentence itself says, or what follows from another field.
HIDDEN_FIELDS = {
    "id", "version", "created_at", "updated_at", "key", "sha256", "prefix", "suffix", "candidate",
    "tagged_by", "tagged_at", "tag_reason", "opened_by", "opened_at", "resolved_by", "resolved_at", "resolution",
}  # fmt: skip
# What the verb says already.
IMPLIED_FIELDS = {
    "article.published": {"status"},
    "article.withdrawn": {"status"},
    "dispute.resolved": {"state"},
    "dispute.reopened": {"state"},
}
VERBS = {
    "statement.tagged": "tagged",
    "statement.created": "marked",
    "statement.reanchored": "re-anchored",
    "article.published": "published",
    "article.withdrawn": "withdrew",
    "dispute.opened": "opened",
    "dispute.resolved": "resolved",
    "dispute.reopened": "reopened",
}
# By resource: ids → names, in one query.
LOOKUPS: dict[str, Callable[[Iterable[int]], dict[int, str]]] = {
    "source": lambda ids: dict(Source.objects.filter(pk__in=ids).values_list("pk", "name")),
    "statement": lambda ids: dict(Statement.objects.filter(pk__in=ids).values_list("pk", Left("text", 200))),
    "article": lambda ids: dict(Article.objects.filter(pk__in=ids).values_list("pk", "title")),
}


@dataclass
class Change:
    field: str
    before: str
    after: str


@dataclass
class TimelineItem:
    entry: Any
    verb: str
    outcome: str  # the tag given or the state reached, where that is the news
    subject: str  # what the row is called
    address: str  # empty once the row is deleted
    changes: list[Change]


def timeline(entries: Iterable[Any]) -> list[TimelineItem]:
    """Lines for entries read by `with_before`; one query for each kind of row that they refer to."""
    entries = list(entries)
    names = _names_in(entries)
    return [_item(entry, names) for entry in entries]


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
    verb = VERBS.get(entry.action, entry.action.partition(".")[2])
    outcome = {"statement.tagged": "tag", "dispute.resolved": "state"}.get(entry.action, "")
    deleted = entry.action.endswith(".deleted")
    address = address_of(entry.resource, entry.resource_id)
    return TimelineItem(
        entry=entry,
        verb=verb,
        outcome=str(entry.data.get(outcome, "")) if outcome else "",
        subject=subject_of(entry, names),
        address="" if deleted else address,
        changes=[] if deleted or not entry.before else changes_of(entry, names),
    )


def subject_of(entry: Any, names: Names) -> str:
    data = entry.data
    if entry.resource == "dispute":
        return names.get("statement", {}).get(data.get("statement"), "")
    return str(data.get("name") or data.get("title") or data.get("text") or data.get("url") or "")


def changes_of(entry: Any, names: Names) -> list[Change]:
    before = entry.before or {}
    told = IMPLIED_FIELDS.get(entry.action, set())
    return [
        Change(short_field_label(field), in_words(field, before.get(field), names), in_words(field, value, names))
        for field, value in entry.data.items()
        if before.get(field) != value and field not in HIDDEN_FIELDS and field not in told
    ]


def in_words(field: str, value: Any, names: Names) -> str:
    if value in (None, "", []):
        return "nothing"
    if field in REFERENCES:
        known = names.get(REFERENCES[field], {})
        return ", then ".join(known.get(row_id) or f"number {row_id}" for row_id in _ids(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value).replace("_", " ") if field == "anchor" else str(value)
