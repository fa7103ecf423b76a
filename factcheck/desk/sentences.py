"""Who did what to which row, as one sentence for each kind of act."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from factcheck.desk.words import row_name, word

CREATED = _("%(actor)s created %(row)s")
UPDATED = _("%(actor)s updated %(row)s")
DELETED = _("%(actor)s deleted %(row)s")
RESOLVED = _("%(actor)s resolved %(row)s")
REOPENED = _("%(actor)s reopened %(row)s")
WITHDREW = _("%(actor)s withdrew %(row)s")
SENTENCES = {
    "article.created": CREATED,
    "article.updated": UPDATED,
    "article.published": _("%(actor)s published %(row)s"),
    "article.withdrawn": WITHDREW,
    "article.deleted": DELETED,
    "statement.created": _("%(actor)s marked %(row)s"),
    "statement.updated": UPDATED,
    "statement.tagged": _("%(actor)s tagged %(row)s"),
    "statement.reanchored": _("%(actor)s re-anchored %(row)s"),
    "statement.deleted": DELETED,
    "evidence.created": CREATED,
    "evidence.updated": UPDATED,
    "evidence.deleted": DELETED,
    "dispute.opened": _("%(actor)s opened %(row)s"),
    "dispute.updated": UPDATED,
    "dispute.resolved": RESOLVED,
    "dispute.reopened": REOPENED,
    "dispute.deleted": DELETED,
    "note.created": _("%(actor)s wrote %(row)s"),
    "note.updated": _("%(actor)s changed %(row)s"),
    "note.resolved": RESOLVED,
    "note.reopened": REOPENED,
    "note.taken": _("%(actor)s took %(row)s"),
    "note.withdrawn": WITHDREW,
    "note.set_aside": _("%(actor)s set aside %(row)s"),
    "note.deleted": DELETED,
    "source.created": CREATED,
    "source.updated": UPDATED,
    "source.merged": _("%(actor)s merged %(row)s"),
    "source.deleted": DELETED,
    "user.created": CREATED,
    "user.updated": UPDATED,
    "user.deleted": DELETED,
}
OUTCOMES = {
    "statement.tagged": _("%(actor)s tagged %(row)s %(tag)s"),
    "dispute.resolved": _("%(actor)s resolved %(row)s as %(state)s"),
}
PROPOSED = _("%(actor)s proposed %(tag)s for %(row)s")
# Each kind of act on its own, to choose from.
ACTS = {
    "article.created": _("article: created"),
    "article.updated": _("article: updated"),
    "article.published": _("article: published"),
    "article.withdrawn": _("article: withdrawn"),
    "article.deleted": _("article: deleted"),
    "statement.created": _("statement: created"),
    "statement.updated": _("statement: updated"),
    "statement.tagged": _("statement: tagged"),
    "statement.reanchored": _("statement: re-anchored"),
    "statement.deleted": _("statement: deleted"),
    "evidence.created": _("evidence: created"),
    "evidence.updated": _("evidence: updated"),
    "evidence.deleted": _("evidence: deleted"),
    "dispute.opened": _("dispute: opened"),
    "dispute.updated": _("dispute: updated"),
    "dispute.resolved": _("dispute: resolved"),
    "dispute.reopened": _("dispute: reopened"),
    "dispute.deleted": _("dispute: deleted"),
    "note.created": _("note: created"),
    "note.updated": _("note: updated"),
    "note.resolved": _("note: resolved"),
    "note.reopened": _("note: reopened"),
    "note.taken": _("note: taken"),
    "note.withdrawn": _("note: withdrawn"),
    "note.set_aside": _("note: set aside"),
    "note.deleted": _("note: deleted"),
    "source.created": _("source: created"),
    "source.updated": _("source: updated"),
    "source.merged": _("source: merged"),
    "source.deleted": _("source: deleted"),
}

Piece = tuple[str, str]  # a text, and what stands after it: "actor", "row", "tag", "state" or nothing


def act_sentence(action: str) -> list[Piece]:
    return pieces(SENTENCES[action])


def is_proposal(entry: Any) -> bool:
    """Whether a tag is proposed by it: a note with a tag. Its row is the statement, on which the sentence is."""
    return entry.action == "note.created" and bool(entry.data.get("tag"))


def entry_sentence(entry: Any) -> list[Piece]:
    """With the tag that was given or proposed, or the state that a dispute ended in."""
    if is_proposal(entry):
        return pieces(PROPOSED)
    return pieces(OUTCOMES.get(entry.action) or SENTENCES[entry.action])


def sentence_in_text(entry: Any) -> str:
    """As plain text, such as "alice tagged statement 12 denied"."""
    said = {
        "actor": entry.actor_name,
        "row": row_name(entry.resource, entry.resource_id),  # a proposal is not undone
        "tag": word(entry.data.get("tag")),
        "state": word(entry.data.get("state")),
    }
    return "".join(text + said.get(place, "") for text, place in entry_sentence(entry))


def pieces(sentence: Any) -> list[Piece]:
    """For a template, which puts elements into the places of the sentence."""
    parts = re.split(r"%\((\w+)\)s", str(sentence))
    return list(zip(parts[::2], [*parts[1::2], ""], strict=True))
