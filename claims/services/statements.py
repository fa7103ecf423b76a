"""Writes to statements, every row with its journal entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from claims.anchoring.quotes import Span
from claims.models import Article, Statement, StatementVia
from claims.models.statement import TAGGED
from claims.passages import find_span, pin, pin_anchored, pop_passage
from claims.services.deletion import delete_statements
from factcheck.errors import Conflict, FieldError, InvalidInput, StaleVersion, Versions, raise_together
from factcheck.journal.one_row import change_row
from factcheck.journal.services import (
    assign,
    insert_children,
    insert_recorded,
    lock,
    lock_in_order,
    record,
    save_next_versions,
)
from factcheck.postgres.bulk import delete_rows
from factcheck.postgres.transactions import atomic_with_retry
from sources.models import Source


@dataclass(frozen=True)
class StatementDraft:
    """A statement with values that are not written yet. `chain` is None if the present chain stays."""

    statement: Statement
    chain: Sequence[Source] | None
    reason: str = ""


def draft_statement(*, article: Article, via: Sequence[Source] = (), reason: str = "", **fields: Any) -> StatementDraft:
    """A new statement on a passage of the article, tagged unverified. The caller has locked the article.

    Raises what find_span raises, and InvalidInput if the source is missing.
    """
    span = find_span(article, pop_passage(fields))
    statement = Statement(article=article, **fields)
    _check_source(statement)
    pin(statement, article, span)
    return StatementDraft(statement, via, reason)


def draft_statement_update(*, statement: Statement, article: Article, **fields: Any) -> StatementDraft | None:
    """The statement with other values, or None if it has these already. The caller has locked both rows.

    Raises what find_span raises, and InvalidInput if the source is missing.
    """
    via = fields.pop("via", None)
    passage = pop_passage(fields)
    span = find_span(article, passage) if passage else None
    is_changed = assign(statement, fields)
    if span and pin_anchored(statement, article, span):
        is_changed = True
    chain = None if via is None or [source.pk for source in via] == statement.chain else via
    if not is_changed and chain is None:
        return None
    _check_source(statement)
    return StatementDraft(statement, chain)


def _check_source(statement: Statement) -> None:
    if statement.source_id is None and statement.quote_type != Statement.QuoteType.NARRATION:
        detail = gettext("Only narration has no source. Name the source of the statement.")
        raise InvalidInput.field("source", "required", detail)


def insert_statements(*, drafts: Sequence[StatementDraft], actor: Any) -> list[Statement]:
    """Writes drafts of new statements: one SQL statement for any number of drafts."""
    statements = [draft.statement for draft in drafts]
    insert_recorded(
        statements,
        action="statement.created",
        actor=actor,
        reason=[draft.reason for draft in drafts],
        children=({"via": [source.pk for source in draft.chain or ()]} for draft in drafts),
    )
    return statements


def update_statements(*, drafts: Sequence[StatementDraft], actor: Any, reason: str = "") -> None:
    """Writes drafts of updates."""
    statements = [draft.statement for draft in drafts]
    save_next_versions(statements)
    with_new_chain = [draft for draft in drafts if draft.chain is not None]
    ids = [draft.statement.pk for draft in with_new_chain]
    delete_rows(StatementVia.objects.filter(statement__in=ids))
    insert_children(
        Statement,
        {draft.statement.pk: {"via": [source.pk for source in draft.chain or ()]} for draft in with_new_chain},
    )
    record(statements, action="statement.updated", actor=actor, reason=reason)


@atomic_with_retry
def create_statement(
    *, article: Article, actor: Any, tag: str | None = None, tag_reason: str = "", **fields: Any
) -> Statement:
    """With a tag it is tagged too: a second act, with an entry of its own. Raises what draft_statement raises."""
    # The lock keeps the text from changing between finding the passage and committing it.
    article = lock(Article, article.pk, None)
    (statement,) = insert_statements(drafts=[draft_statement(article=article, **fields)], actor=actor)
    if tag:
        tag_statements(tags=[(statement, tag, tag_reason)], actor=actor)
    return statement


@atomic_with_retry
def create_statements(*, rows: Sequence[dict[str, Any]], actor: Any) -> list[Statement]:
    """Creates all or none. Each row holds the arguments of create_statement.

    Raises InvalidInput or Unprocessable with the errors of all rows; each pointer begins with the row's index.
    """
    drafts, refusals = [], []
    articles = _locked_articles({row["article"].pk for row in rows})
    for index, row in enumerate(rows):
        try:
            article = articles.get(row["article"].pk)
            if article is None:
                detail = gettext("The article was deleted in the meantime.")
                raise InvalidInput.field("article", "does_not_exist", detail)
            drafts.append(draft_statement(**{**row, "article": article}))
        except InvalidInput as refusal:
            refusals.append(refusal.within(index))
    raise_together(refusals)
    return insert_statements(drafts=drafts, actor=actor)


def _locked_articles(ids: set[int]) -> dict[int, Article]:
    return Article.objects.in_bulk(lock_in_order(Article.objects.filter(pk__in=ids)))


@atomic_with_retry
def update_statement(
    *, statement_id: int, versions: Versions, actor: Any, reason: str = "", **fields: Any
) -> Statement:
    """Raises DoesNotExist, StaleVersion, and what draft_statement_update raises."""
    article, statement = _lock_with_article(statement_id, versions)
    if fields.pop("article", article).pk != article.pk:
        detail = gettext("A statement cannot move to another article. Create a new one there.")
        raise InvalidInput.field("article", "immutable", detail)
    if draft := draft_statement_update(statement=statement, article=article, **fields):
        update_statements(drafts=[draft], actor=actor, reason=reason)
    return statement


def _lock_with_article(statement_id: int, versions: Versions) -> tuple[Article, Statement]:
    """Locks the article, so that its text stays, then the statement: in the order of update_article."""
    unlocked = Statement.objects.only("article_id").get(pk=statement_id)
    article = lock(Article, unlocked.article_id, None)
    return article, lock(Statement, statement_id, versions)


def tag_statement(
    *, statement_id: int, versions: Versions, actor: Any, tag: str, reason: str, entry_reason: str = ""
) -> datetime:
    """Records the editor's judgement of who stands behind the statement. Raises DoesNotExist and StaleVersion.

    The reason is public with the statement; `entry_reason` stands in the journal if it says more. Returns when it was.
    """
    now = timezone.now()
    # updated_at equals tagged_at until something else is written: the desk checks look for that.
    tagged = {"tag": tag, "tag_reason": reason, "tagged_by": actor.pk, "tagged_at": now, "updated_at": now}
    by = {"action": TAGGED, "actor": actor, "reason": entry_reason or reason}
    change_row(Statement, statement_id, versions, **by, **tagged)
    return now


def tag_statements(*, tags: Sequence[tuple[Statement, str, str]], actor: Any) -> None:
    """Tags each (statement, tag, reason). The caller has locked the statements."""
    now = timezone.now()
    for statement, tag, reason in tags:
        statement.tag, statement.tag_reason = tag, reason
        statement.tagged_by, statement.tagged_at = actor, now
    statements = [statement for statement, _, _ in tags]
    # updated_at equals tagged_at until something else is written: the desk checks look for that.
    save_next_versions(statements, ["tag", "tag_reason", "tagged_by", "tagged_at"], at=now)
    record(statements, action=TAGGED, actor=actor, reason=[reason for _, _, reason in tags])


@atomic_with_retry
def tag_several(*, seen: Sequence[tuple[int, int]], actor: Any, tag: str, reason: str) -> None:
    """Gives the same tag to all or to none of them. `seen` has the id and the version of each as the editor read it.

    Raises InvalidInput for those that are not there, and StaleVersion for those at another version, each with the
    index of the pair.
    """
    ids = [row_id for row_id, _ in seen]
    statements = Statement.objects.in_bulk(lock_in_order(Statement.objects.filter(pk__in=ids)))
    if missing := [n for n, row_id in enumerate(ids) if row_id not in statements]:
        detail = gettext("There is no such statement.")
        raise InvalidInput(detail, [FieldError(f"#/statements/{n}/id", "does_not_exist", detail) for n in missing])
    stale = [
        FieldError(
            f"#/statements/{n}/version",
            "stale",
            gettext("Statement %(row_id)s is at version %(present)s now.") % {"row_id": row_id, "present": present},
        )
        for n, (row_id, version) in enumerate(seen)
        if (present := statements[row_id].version) != version
    ]
    if stale:
        raise StaleVersion(gettext("Some of them have changed. Read those again, then decide. None was tagged."), stale)
    tag_statements(tags=[(statements[row_id], tag, reason) for row_id in ids], actor=actor)


@atomic_with_retry
def reanchor_statement(
    *, statement_id: int, versions: Versions, actor: Any, reason: str = "", **passage: Any
) -> Statement:
    """Pins the statement to the passage given, or without one to the place where re-anchoring found it.

    Raises DoesNotExist, StaleVersion, what find_span raises, and Conflict if there is neither passage nor place.
    """
    article, statement = _lock_with_article(statement_id, versions)
    span = find_span(article, pop_passage(passage)) if passage else _proposed_span(statement, article)
    if pin_anchored(statement, article, span):
        save_next_versions([statement])
        record([statement], action="statement.reanchored", actor=actor, reason=reason)
    return statement


def _proposed_span(statement: Statement, article: Article) -> Span:
    if statement.revision == article.revision:
        return Span(statement.start, statement.end)
    if statement.candidate and statement.candidate["revision"] == article.revision:
        return Span(statement.candidate["start"], statement.candidate["end"])
    raise Conflict(gettext("The passage was not found in the article's present text. Send start and end, or text."))


@atomic_with_retry
def delete_statement(*, statement_id: int, versions: Versions, actor: Any, reason: str = "") -> None:
    """Deletes the statement with its evidence and the disputes about it, each with its entry.

    Raises DoesNotExist, StaleVersion, and what delete_statements raises.
    """
    statement = lock(Statement, statement_id, versions, to_delete=True)
    delete_statements(statements=[statement], actor=actor, reason=reason)
