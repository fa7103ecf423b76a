"""Atom (RFC 4287): what changed in published articles. Ids are tag URIs (RFC 4151); paging is by RFC 5005."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

from claims.exports.common import timestamp
from claims.models import Dispute, Statement
from claims.models.statement import TAGGED
from factcheck.journal.models import Entry

MEDIA_TYPE = "application/atom+xml"
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
NAMESPACE = "http://www.w3.org/2005/Atom"
TITLE = "Tags and disputes in published articles"
LONGEST_TITLE = 120  # code points of a passage
DISPUTE_WORDS = {"dispute.opened": "opened", "dispute.resolved": "resolved", "dispute.reopened": "reopened"}
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
EMPTY_SINCE = "1970-01-01T00:00:00Z"  # `updated` is required also of a feed in which nothing has happened

ElementTree.register_namespace("", NAMESPACE)


def changes_feed(
    entries: Sequence[Entry],
    statements: dict[int, Statement],
    disputes: dict[int, Dispute],
    base: str,
    *,
    links: dict[str, str | None],
) -> str:
    """`statements` and `disputes` are the public rows that the entries speak of; `links` are by relation.

    An entry whose row is missing there is left out: it was withdrawn while the feed was read.
    """
    feed = ElementTree.Element(_name("feed"))
    _add(feed, "id", f"{_tag_authority(base)},2026:factcheck:changes")
    _add(feed, "title", TITLE)
    _add(feed, "updated", timestamp(entries[0].at) if entries else EMPTY_SINCE)
    _add(_add(feed, "author"), "name", "The newsroom")
    _add(feed, "generator", "Factcheck")
    for relation, address in links.items():
        if address:
            _add(feed, "link", rel=relation, href=address, type=MEDIA_TYPE)
    for entry in entries:
        if entry.action == TAGGED and entry.resource_id in statements:
            _tagging(feed, entry, statements[entry.resource_id], base)
        elif entry.action in DISPUTE_WORDS and entry.resource_id in disputes:
            _dispute(feed, entry, disputes[entry.resource_id], base)
    return f"{DECLARATION}\n{ElementTree.tostring(feed, encoding='unicode')}"


def _tagging(feed: Any, entry: Entry, statement: Statement, base: str) -> None:
    tag = entry.data["tag"]
    reason = entry.data["tag_reason"]
    # Words that were replaced since are no longer ours to publish; that the tag was this one stays a fact.
    standing = reason if reason == statement.tag_reason else ""
    item = _entry(feed, entry, statement, f"{tag}: {_quoted(statement)}", standing, base)
    _add(item, "category", term=tag, scheme="urn:factcheck:tag")


def _dispute(feed: Any, entry: Entry, dispute: Dispute, base: str) -> None:
    act, state = DISPUTE_WORDS[entry.action], entry.data["state"]
    outcome = f"{act}, {state}" if act == "resolved" else act
    title = f"{dispute.kind} by {dispute.raised_by.name} {outcome}: {_quoted(dispute.statement)}"
    said = entry.data["resolution"] if act == "resolved" else entry.data["note"]
    standing = said if said in (dispute.resolution, dispute.note) else ""
    item = _entry(feed, entry, dispute.statement, title, standing, base)
    _add(item, "link", rel="related", href=f"{base}disputes/{dispute.pk}/", type="application/json")
    _add(item, "category", term=state, scheme="urn:factcheck:dispute")


def _entry(feed: Any, entry: Entry, statement: Statement, title: str, said: str, base: str) -> Any:
    item = _add(feed, "entry")
    _add(item, "id", f"{_tag_authority(base)},{entry.at.date().isoformat()}:factcheck:entry:{entry.pk}")
    _add(item, "title", title)
    _add(item, "updated", timestamp(entry.at))
    address = f"{base}statements/{statement.pk}/"
    _add(item, "link", rel="alternate", href=address, type="application/json")
    _add(item, "summary", f"“{statement.text}” ({statement.article.title})")
    if said:
        _add(item, "content", said, type="text")
    return item


def _quoted(statement: Statement) -> str:
    text = " ".join(statement.text.split())
    return f"“{text if len(text) <= LONGEST_TITLE else text[:LONGEST_TITLE] + '…'}”"


def _tag_authority(base: str) -> str:
    return f"tag:{urlsplit(base).hostname}"


def _add(parent: Any, name: str, text: str | None = None, /, **attributes: str) -> Any:
    clean = {key: NOT_XML.sub("\ufffd", value) for key, value in attributes.items()}
    child = ElementTree.SubElement(parent, _name(name), clean)
    if text is not None:
        child.text = NOT_XML.sub("\ufffd", text)
    return child


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"
