"""Atom (RFC 4287): what changed in published articles. Ids are tag URIs (RFC 4151); pages follow RFC 5005."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

from claims.exports.common import Base, timestamp
from claims.models import Dispute, Statement
from claims.models.statement import TAGGED
from factcheck.journal.models import Entry

MEDIA_TYPE = "application/atom+xml"
PAGE = "text/html"
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
NAMESPACE = "http://www.w3.org/2005/Atom"
TITLE = "Tags and disputes in published articles"
MAX_QUOTE = 120  # code points of a passage in a title
DISPUTE_ACTIONS = {"dispute.opened": "opened", "dispute.resolved": "resolved", "dispute.reopened": "reopened"}
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
EMPTY_UPDATED = "1970-01-01T00:00:00Z"  # RFC 4287 requires `updated` of an empty feed too

ElementTree.register_namespace("", NAMESPACE)


def changes_feed(
    entries: Sequence[Entry],
    statements: dict[int, Statement],
    disputes: dict[int, Dispute],
    base: Base,
    *,
    links: dict[str, str | None],
) -> str:
    """`statements` and `disputes` are the public rows of the entries, by id; `links` are URLs by relation.

    An entry without its row is left out: the row was withdrawn while the feed was read.
    """
    feed = ElementTree.Element(_qualified("feed"))
    _add(feed, "id", f"{_tag_authority(base.api)},2026:factcheck:changes")
    _add(feed, "title", TITLE)
    _add(feed, "updated", timestamp(entries[0].at) if entries else EMPTY_UPDATED)
    _add(_add(feed, "author"), "name", "The newsroom")
    _add(feed, "generator", "Factcheck")
    _add(feed, "link", rel="alternate", href=base.articles_page, type=PAGE)
    for relation, url in links.items():
        if url:
            _add(feed, "link", rel=relation, href=url, type=MEDIA_TYPE)
    for entry in entries:
        if entry.action == TAGGED and entry.resource_id in statements:
            _add_tagging(feed, entry, statements[entry.resource_id], base)
        elif entry.action in DISPUTE_ACTIONS and entry.resource_id in disputes:
            _add_dispute(feed, entry, disputes[entry.resource_id], base)
    return f"{DECLARATION}\n{ElementTree.tostring(feed, encoding='unicode')}"


def _add_tagging(feed: Any, entry: Entry, statement: Statement, base: Base) -> None:
    tag = entry.data["tag"]
    reason = entry.data["tag_reason"]
    # A reason that was replaced since is no longer published. That the tag was given stays a fact.
    current_reason = reason if reason == statement.tag_reason else ""
    item = _add_entry(feed, entry, statement, f"{tag}: {_quoted(statement)}", current_reason, base)
    _add(item, "category", term=tag, scheme="urn:factcheck:tag")


def _add_dispute(feed: Any, entry: Entry, dispute: Dispute, base: Base) -> None:
    action, state = DISPUTE_ACTIONS[entry.action], entry.data["state"]
    outcome = f"{action}, {state}" if action == "resolved" else action
    title = f"{dispute.kind} by {dispute.raised_by.name} {outcome}: {_quoted(dispute.statement)}"
    text = entry.data["resolution"] if action == "resolved" else entry.data["note"]
    current_text = text if text in (dispute.resolution, dispute.note) else ""
    item = _add_entry(feed, entry, dispute.statement, title, current_text, base)
    api = f"{base.api}disputes/{dispute.pk}/"
    page = f"{base.statement_page(dispute.statement)}#dispute-{dispute.pk}" if base.origin else api
    _add_links(item, "related", page, api)
    _add(item, "category", term=state, scheme="urn:factcheck:dispute")


def _add_entry(feed: Any, entry: Entry, statement: Statement, title: str, content: str, base: Base) -> Any:
    item = _add(feed, "entry")
    _add(item, "id", f"{_tag_authority(base.api)},{entry.at.date().isoformat()}:factcheck:entry:{entry.pk}")
    _add(item, "title", title)
    _add(item, "updated", timestamp(entry.at))
    _add_links(item, "alternate", base.statement_page(statement), f"{base.api}statements/{statement.pk}/")
    _add(item, "summary", f"“{statement.text}” ({statement.article.title})")
    if content:
        _add(item, "content", content, type="text")
    return item


def _add_links(item: Any, relation: str, page: str, api: str) -> None:
    """To the page and to the JSON. The page comes first: readers of feeds open the first link."""
    for media_type, url in ((PAGE, page), ("application/json", api)):
        _add(item, "link", rel=relation, href=url, type=media_type)


def _quoted(statement: Statement) -> str:
    text = " ".join(statement.text.split())
    return f"“{text if len(text) <= MAX_QUOTE else text[:MAX_QUOTE] + '…'}”"


def _tag_authority(api: str) -> str:
    return f"tag:{urlsplit(api).hostname}"


def _add(parent: Any, name: str, text: str | None = None, /, **attributes: str) -> Any:
    clean = {key: NOT_XML.sub("\ufffd", value) for key, value in attributes.items()}
    child = ElementTree.SubElement(parent, _qualified(name), clean)
    if text is not None:
        child.text = NOT_XML.sub("\ufffd", text)
    return child


def _qualified(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
