"""Takes back the last act on a row, by a new act: its own entry, under the rules of the service that does such acts.

What has no way back is not undone. A created row is deleted, a deleted one keeps no id, and what was published was
public. A statement that the change of a text re-anchored goes back with the text.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import ObjectDoesNotExist
from django.utils.translation import gettext, pgettext

from claims.anchoring.cues import Cue
from claims.models import Article, ArticleRevision, Dispute, Evidence, Note, Statement
from claims.services.articles import set_article_status, update_article
from claims.services.disputes import reopen_dispute, resolve_dispute, update_dispute
from claims.services.evidence import update_evidence
from claims.services.notes import reopen_note, resolve_note, update_note
from claims.services.proposals import reopen_taken_by
from claims.services.statements import reanchor_statement, tag_statement, update_statement
from factcheck.errors import Conflict
from factcheck.postgres.transactions import atomic_with_retry
from sources.models import Source
from sources.services import update_source

# These follow from other fields.
DERIVED = {
    "version", "updated_at", "sha256", "cue_times_sha256", "revision", "text", "start", "end", "prefix", "suffix",
    "media_start", "media_end", "anchor", "candidate",
}  # fmt: skip
UPDATES: dict[str, tuple[Any, Callable[..., Any]]] = {
    "article": (Article, update_article),
    "statement": (Statement, update_statement),
    "evidence": (Evidence, update_evidence),
    "dispute": (Dispute, update_dispute),
    "note": (Note, update_note),
    "source": (Source, update_source),
}


def undone_by(entry: Any) -> str | None:
    """The action of claims/roles.py that undoes the act of the entry, or None. The entry is read by `with_before`."""
    before, after = entry.before, entry.data
    resource, act = entry.action.split(".")
    if before is None or resource not in UPDATES or before.keys() != after.keys():  # a column was added since
        return None
    if act == "updated":
        stays = resource != "statement" or _keeps_place(before, after) or _was_anchored(before, after)
        return "partial_update" if stays else None
    return {
        "tagged": "tag" if before.get("tag") != after.get("tag") else None,
        "reanchored": "reanchor" if act == "reanchored" and _was_anchored(before, after) else None,
        "published": "withdraw" if before.get("status") == "withdrawn" else None,
        "withdrawn": "publish",
        "resolved": "reopen",
        "reopened": "resolve",
    }.get(act)


def _keeps_place(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return all(before[name] == after[name] for name in ("start", "end", "revision"))


def _was_anchored(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """In the same text, and not in doubt: a passage that was lost cannot be lost again."""
    is_same_text = before["revision"] == after["revision"]
    return is_same_text and before["anchor"] == after["anchor"] == Statement.Anchor.ANCHORED


def undo(*, entry: Any, actor: Any, reason: str) -> None:
    """Raises StaleVersion if it is not the last act on the row, DoesNotExist, Conflict, and what the service raises."""
    before = entry.before
    services: dict[str | None, Callable[..., Any]] = {
        "partial_update": UPDATES[entry.resource][1],
        "tag": partial(_tag_as_before, tag=before.get("tag"), taken_back=entry.data.get("tagged_at")),
        "reanchor": partial(reanchor_statement, start=before.get("start"), end=before.get("end")),
        "publish": partial(set_article_status, status="published"),
        "withdraw": partial(set_article_status, status="withdrawn"),
        "reopen": reopen_note if entry.resource == "note" else reopen_dispute,
        "resolve": resolve_note if entry.resource == "note" else partial(resolve_dispute, state=before.get("state")),
    }
    action = undone_by(entry)
    if action is None:
        raise Conflict(gettext("This act has no way back."))
    fields = _former_fields(entry) if action == "partial_update" else {}
    versions = frozenset({entry.version})
    row = {f"{entry.resource}_id": entry.resource_id}
    services[action](**row, versions=versions, actor=actor, reason=reason, **fields)


@atomic_with_retry
def _tag_as_before(*, statement_id: int, taken_back: str, actor: Any, reason: str, **tag: Any) -> None:
    tag_statement(statement_id=statement_id, actor=actor, reason=reason, **tag)
    reopen_taken_by(statement_id=statement_id, tagged_at=taken_back, actor=actor, reason=reason)


def _former_fields(entry: Any) -> dict[str, Any]:
    """What the entry changed, as it was before."""
    model, before, after = UPDATES[entry.resource][0], entry.before, entry.data
    names = [name for name in after if name not in DERIVED and before[name] != after[name]]
    fields = {name: _former(model, name, before[name]) for name in names}
    if entry.resource == "note" and before["text"] != after["text"]:
        fields["text"] = before["text"]
    if entry.resource == "statement" and (before["start"], before["end"]) != (after["start"], after["end"]):
        fields |= {"start": before["start"], "end": before["end"]}
    if entry.resource == "article" and before["revision"] != after["revision"]:
        revision = ArticleRevision.objects.get(article=entry.resource_id, number=before["revision"])
        fields |= {"text": revision.text, "cues": [Cue(*cue) for cue in revision.cue_times or ()]}
    return fields


def _former(model: Any, name: str, value: Any) -> Any:
    if name == "via":
        return [_row(Source, row_id) for row_id in value]
    field = model._meta.get_field(name)
    if field.is_relation:
        return None if value is None else _row(field.related_model, value)
    return field.to_python(value)


def _row(model: Any, row_id: int) -> Any:
    try:
        return model._base_manager.get(pk=row_id)
    except ObjectDoesNotExist:
        raise Conflict(
            gettext("The %(noun)s with the id %(row_id)s is gone.")
            % {"noun": pgettext("code", str(model._meta.verbose_name)), "row_id": row_id}
        ) from None
