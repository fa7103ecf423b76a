"""Compares what clients were answered with the journal and the rows: nothing is lost, half-written or invented."""

import enum
import hashlib
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from factcheck.postgres import embedded


class Outcome(enum.Enum):
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"  # the answer said that nothing was written
    UNKNOWN = "unknown"  # no answer, or one that does not say


@dataclass
class Write:
    """One attempt, noted before it is sent: what its entry must contain if it was written."""

    mark: str
    user: str
    action: str
    data: dict[str, Any]
    also_tags: str | None
    text: str | None  # of an article
    row_id: int | None  # None: the row is made by this write
    version: int
    outcome: Outcome = Outcome.UNKNOWN
    answer: dict[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.action} {self.mark} on {self.row_id or 'a new row'} ({self.outcome.value})"


class Entry(NamedTuple):
    id: int
    transaction: int
    user: str
    action: str
    resource: str
    row_id: int
    version: int
    reason: str
    data: dict[str, Any]

    @property
    def mark(self) -> str:
        return self.data[MARKED_FIELDS[self.action]] if self.action in MARKED_FIELDS else self.reason

    def __str__(self) -> str:
        return f"{self.action} {self.row_id} v{self.version} ({self.mark})"


class Revision(NamedTuple):
    sha256: str
    text: str


# Where an action takes no reason, the client's mark is in a field that each of its writes changes.
MARKED_FIELDS = {
    "article.created": "byline",
    "article.updated": "byline",
    "statement.created": "paraphrase",
    "statement.updated": "paraphrase",
    "dispute.opened": "note",
}
# Fields that are written alike in an answer and in an entry: references and times are not.
COMPARED = (
    "title", "byline", "sha256", "revision", "status", "text", "start", "end", "anchor", "paraphrase", "tag",
    "tag_reason", "note", "state", "resolution",
)  # fmt: skip

ENTRIES = """
SELECT e.id, e.transaction, u.username, e.action, e.resource, e.resource_id, e.version, e.reason, e.data
FROM journal_entry e JOIN auth_user u ON u.id = e.actor ORDER BY e.resource, e.resource_id, e.version
"""
CHAIN = (
    "SELECT coalesce(jsonb_agg(v.source ORDER BY v.position), '[]') FROM claims_statementvia v WHERE v.statement = r.id"
)
ROWS = {
    "source": "SELECT to_jsonb(r) FROM sources_source r",
    "article": "SELECT to_jsonb(r) FROM claims_article r",
    "statement": f"SELECT to_jsonb(r) || jsonb_build_object('via', ({CHAIN})) FROM claims_statement r",
    "evidence": "SELECT to_jsonb(r) FROM claims_evidence r",
    "dispute": "SELECT to_jsonb(r) FROM claims_dispute r",
}
REVISIONS = "SELECT article, number, sha256, text FROM claims_articlerevision"

RowKey = tuple[str, int]


def connect(where: dict[str, Any]) -> psycopg.Connection[Any]:
    """A write can be acknowledged after a kill that ended it no more: then the server may still be starting."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return psycopg.connect(**where, options="-c timezone=UTC")
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def violations_in(data_dir: Path, writes: list[Write], last_entry_before: int) -> list[str]:
    settings = embedded.connection_settings(data_dir)
    where = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"], "dbname": settings["NAME"]}
    with connect(where) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        entries = [Entry(*found) for found in connection.execute(ENTRIES)]
        rows = {(name, row["id"]): row for name, sql in ROWS.items() for (row,) in connection.execute(sql)}
        revisions = {(found[0], found[1]): Revision(*found[2:]) for found in connection.execute(REVISIONS)}
    entries_of_mark = defaultdict(list)
    for entry in entries:
        entries_of_mark[entry.mark].append(entry)
    states = {(entry.resource, entry.row_id, entry.version): entry for entry in entries}
    return [
        *(f"{write}: {fault}" for write in writes for fault in _of_fate(write, entries_of_mark[write.mark])),
        *(f"{write}: {fault}" for write in writes for fault in _of_answer(write, states)),
        *(f"{write}: {fault}" for write in writes for fault in _of_text(write, entries_of_mark[write.mark], revisions)),
        *_of_journal(entries, rows),
        *_of_texts(rows, revisions),
        *_of_unasked_entries([entry for entry in entries if entry.id > last_entry_before], writes),
    ]


def _of_fate(write: Write, found: list[Entry]) -> Iterator[str]:
    """A write is complete or absent, as the client was answered."""
    if not found:
        if write.outcome is Outcome.ACKNOWLEDGED:
            yield "lost"
        return
    if write.outcome is Outcome.REFUSED:
        yield f"said to be unwritten, but the journal has {', '.join(map(str, found))}"
    whole = [write.action, *(["statement.tagged"] if write.also_tags else [])]
    if sorted(entry.action for entry in found) != sorted(whole):
        yield f"not once and whole: the journal has {', '.join(map(str, found))}"
        return
    if len({entry.transaction for entry in found}) > 1:
        yield "its parts were committed one by one, so that a kill between them would leave half"
    for entry in found:
        yield from _of_entry(write, entry)


def _of_entry(write: Write, entry: Entry) -> Iterator[str]:
    if entry.action != write.action:  # the tag that came with a resolution
        if (entry.data["tag"], entry.data["tag_reason"]) != (write.also_tags, write.mark):
            yield f"{entry} does not hold the tag {write.also_tags}"
        return
    if entry.user != write.user:
        yield f"{entry} names {entry.user} as its author, not {write.user}"
    if entry.version != write.version or write.row_id not in (None, entry.row_id):
        yield f"{entry} should be version {write.version} of {write.row_id}"
    wrong = {name: entry.data.get(name) for name, value in write.data.items() if entry.data.get(name) != value}
    if wrong:
        yield f"{entry} says {wrong} where {write.data} was sent"


def _of_answer(write: Write, states: dict[tuple[str, int, int], Entry]) -> Iterator[str]:
    """An answer shows the row after the write, possibly after another later write: in both cases a recorded state."""
    if write.answer is None:
        return
    shown = states.get((write.action.split(".")[0], write.answer["id"], write.answer["version"]))
    if shown is None or shown.version < write.version:
        yield f"answered with version {write.answer['version']}, of which there is no entry"
        return
    wrong = [name for name in COMPARED if name in shown.data and write.answer[name] != shown.data[name]]
    if wrong:
        yield f"answered with other values of {', '.join(wrong)} than {shown} holds"


def _of_text(write: Write, found: list[Entry], revisions: dict[tuple[int, int], Revision]) -> Iterator[str]:
    if write.text is None or not write.action.startswith("article."):
        return
    for entry in found:
        kept = revisions.get((entry.row_id, entry.data["revision"]))
        if kept is None or kept.text != write.text or kept.sha256 != entry.data["sha256"]:
            yield f"revision {entry.data['revision']} does not hold the text that was sent"


def _of_journal(entries: list[Entry], rows: dict[RowKey, dict[str, Any]]) -> Iterator[str]:
    """Each row has an entry for each version from 1 to its own, and the last entry equals the row."""
    entries_of_row: dict[RowKey, list[Entry]] = defaultdict(list)
    for entry in entries:
        entries_of_row[entry.resource, entry.row_id].append(entry)
    for key in rows.keys() | entries_of_row.keys():
        row, history = rows.get(key), entries_of_row.get(key, [])
        versions = [entry.version for entry in history]
        name = f"{key[0]} {key[1]}"
        if versions != list(range(1, len(versions) + 1)):
            yield f"{name}: its entries have the versions {versions}"
        if row is None:
            if not history[-1].action.endswith(".deleted"):
                yield f"{name}: the row is gone, and no entry says so"
        elif row["version"] != (versions or [0])[-1]:
            yield f"{name}: at version {row['version']}, while its entries have the versions {versions}"
        elif history[-1].data != {column: row[column] for column in row if (key[0], column) != ("article", "text")}:
            yield f"{name}: its last entry is not what the row holds"


def _of_texts(rows: dict[RowKey, dict[str, Any]], revisions: dict[tuple[int, int], Revision]) -> Iterator[str]:
    """A new text, its revision and the statements found in it are written together."""
    articles = {row_id: row for (resource, row_id), row in rows.items() if resource == "article"}
    for row_id, article in articles.items():
        numbers = sorted(number for owner, number in revisions if owner == row_id)
        if numbers != list(range(1, article["revision"] + 1)):
            yield f"article {row_id}: at revision {article['revision']}, and has {numbers}"
        elif revisions[row_id, article["revision"]].text != article["text"]:
            yield f"article {row_id}: its text is not its last revision's"
    for (owner, number), revision in revisions.items():
        if hashlib.sha256(revision.text.encode()).hexdigest() != revision.sha256:
            yield f"article {owner}: revision {number} has another digest than its text"
    for (resource, row_id), row in rows.items():
        if resource == "statement" and row["anchor"] in ("anchored", "moved"):
            article = articles[row["article"]]
            passage = article["text"][row["start"] : row["end"]]
            if row["revision"] != article["revision"] or row["text"] != passage:
                yield f"statement {row_id}: {row['anchor']} in a text that is not its article's"


def _of_unasked_entries(entries: list[Entry], writes: list[Write]) -> Iterator[str]:
    asked = {write.mark for write in writes}
    new_texts = {(entry.transaction, entry.row_id) for entry in entries if entry.action == "article.updated"}
    for entry in entries:
        belongs = (entry.transaction, entry.data.get("article"))
        if entry.mark not in asked and not (entry.action == "statement.reanchored" and belongs in new_texts):
            yield f"{entry}: nobody asked for it"
