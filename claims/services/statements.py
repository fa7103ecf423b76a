"""Writes to statements, every row with its journal entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from claims.anchoring import anchors
from claims.models import Article, Statement, StatementVia
from claims.models.statement import TAGGED
from claims.passages import confirm, pin, span_of, split_passage
from claims.services.deletion import delete_statements
from factcheck.errors import Conflict, InvalidInput
from factcheck.journal.one_row import change_row
from factcheck.journal.services import (
    assign,
    lock,
    record,
    save_next_version,
    save_next_versions,
)
from factcheck.postgres.bulk import insert_rows
from sources.models import Source

Versions = frozenset[int] | None


@dataclass(frozen=True)
class Draft:
    """A statement as it shall be, not written yet, and its chain unless that stays as it is."""

    statement: Statement
    chain: Sequence[Source] | None
    reason: str = ""


def _insert_chains(drafts: Sequence[Draft]) -> None:
    insert_rows(
        [
            StatementVia(statement=draft.statement, position=position, source=source)
            for draft in drafts
            for position, source in enumerate(draft.chain or ())
        ]
    )


def _check_source(statement: Statement) -> None:
    if statement.source_id is None and statement.quote_type != Statement.QuoteType.NARRATION:
        detail = "Only narration has no source. Name who is said to have said it."
        raise InvalidInput.field("source", "required", detail)


def draft_statement(*, article: Article, via: Sequence[Source] = (), reason: str = "", **fields: Any) -> Draft:
    """Pins a passage of the article's text, which the caller holds. The tag begins as unverified.

    Raises what span_of raises, and InvalidInput.
    """
    span = span_of(article, split_passage(fields))
    statement = Statement(article=article, **fields)
    _check_source(statement)
    pin(statement, article, span)
    return Draft(statement, via, reason)


def insert_statements(*, drafts: Sequence[Draft], actor: Any) -> list[Statement]:
    """By a handful of SQL statements however many; the caller holds their articles."""
    statements = [draft.statement for draft in drafts]
    insert_rows(statements)
    _insert_chains(drafts)
    record(statements, action="statement.created", actor=actor, reason=[draft.reason for draft in drafts])
    return statements


@transaction.atomic
def create_statement(*, article: Article, actor: Any, **fields: Any) -> Statement:
    # The lock keeps the text from changing between finding the passage and committing it.
    article = Article.objects.select_for_update(no_key=True).get(pk=article.pk)
    return insert_statements(drafts=[draft_statement(article=article, **fields)], actor=actor)[0]


@transaction.atomic
def create_statements(*, rows: Sequence[dict[str, Any]], actor: Any) -> list[Statement]:
    """All or none. Each row is what create_statement takes.

    Raises InvalidInput or Unprocessable with every fault there is, its pointer led by the row's index.
    """
    wanted = {row["article"].pk for row in rows}
    locked = Article.objects.select_for_update(no_key=True).order_by("pk")  # in one order: no deadlock
    articles = {article.pk: article for article in locked.filter(pk__in=wanted)}
    drafts, refusals = [], []
    for index, row in enumerate(rows):
        try:
            article = articles.get(row["article"].pk)
            if article is None:
                raise InvalidInput.field("article", "does_not_exist", "The article was deleted meanwhile.")
            drafts.append(draft_statement(**{**row, "article": article}))
        except InvalidInput as refusal:
            refusals.append(refusal.within(index))
    if refusals:
        raise type(refusals[0])(refusals[0].detail, [error for refusal in refusals for error in refusal.errors])
    return insert_statements(drafts=drafts, actor=actor)


def redraft_statement(*, statement: Statement, article: Article, **fields: Any) -> Draft | None:
    """The statement as the fields say, or None where it is so already. The caller holds both.

    Raises what span_of raises, and InvalidInput.
    """
    via = fields.pop("via", None)
    passage = split_passage(fields)
    span = span_of(article, passage) if passage else None
    changed = assign(statement, fields)
    pinned = (statement.start, statement.end, statement.revision, statement.anchor)
    if span and (*span, article.revision, "anchored") != pinned:
        confirm(statement, article, span)
        changed = True
    chain = None if via is None or [source.pk for source in via] == statement.chain else via
    if not changed and chain is None:
        return None
    _check_source(statement)
    return Draft(statement, chain)


def write_statements(*, drafts: Sequence[Draft], actor: Any, reason: str = "") -> None:
    """What redraft_statement made."""
    statements = [draft.statement for draft in drafts]
    save_next_versions(statements)
    rechained = [draft for draft in drafts if draft.chain is not None]
    StatementVia.objects.filter(statement__in=[draft.statement.pk for draft in rechained])._raw_delete("default")
    _insert_chains(rechained)
    record(statements, action="statement.updated", actor=actor, reason=reason)


@transaction.atomic
def update_statement(
    *, statement_id: int, versions: Versions, actor: Any, reason: str = "", **fields: Any
) -> Statement:
    known = Statement.objects.only("article_id").get(pk=statement_id)
    article = Article.objects.select_for_update(no_key=True).get(pk=known.article_id)
    statement = lock(Statement.objects.all(), statement_id, versions)
    if fields.pop("article", article).pk != article.pk:
        raise InvalidInput.field("article", "immutable", "A statement stays in its article. Make a new one there.")
    if draft := redraft_statement(statement=statement, article=article, **fields):
        write_statements(drafts=[draft], actor=actor, reason=reason)
    return statement


def tag_statement(*, statement_id: int, versions: Versions, actor: Any, tag: str, reason: str) -> None:
    """The editor's act: who stands behind the statement, and why the editor says so."""
    now = timezone.now()
    # updated_at equals tagged_at until something else is written: the desk checks look for that.
    tagged = {"tag": tag, "tag_reason": reason, "tagged_by": actor.pk, "tagged_at": now, "updated_at": now}
    change_row(Statement, statement_id, versions, action=TAGGED, actor=actor, reason=reason, **tagged)


def tag_statements(*, tags: Sequence[tuple[Statement, str, str]], actor: Any) -> None:
    """Each statement with its tag and the reason; the caller holds them."""
    now = timezone.now()
    for statement, tag, reason in tags:
        statement.tag, statement.tag_reason = tag, reason
        statement.tagged_by, statement.tagged_at = actor, now
    statements = [statement for statement, _, _ in tags]
    # updated_at equals tagged_at until something else is written: the desk checks look for that.
    save_next_versions(statements, ["tag", "tag_reason", "tagged_by", "tagged_at"], at=now)
    record(statements, action=TAGGED, actor=actor, reason=[reason for _, _, reason in tags])


@transaction.atomic
def reanchor_statement(
    *, statement_id: int, versions: Versions, actor: Any, reason: str = "", **passage: Any
) -> Statement:
    """Settles where the statement stands: at the passage given, else where it was found.

    Raises Conflict when nothing was given and nothing was found, and what span_of raises.
    """
    known = Statement.objects.only("article_id").get(pk=statement_id)
    article = Article.objects.select_for_update(no_key=True).get(pk=known.article_id)
    statement = lock(Statement.objects.all(), statement_id, versions)
    span = span_of(article, split_passage(passage)) if passage else _found_span(statement, article)
    pinned = (statement.start, statement.end, statement.revision, statement.anchor)
    if (*span, article.revision, "anchored") != pinned:
        confirm(statement, article, span)
        save_next_version(statement)
        record([statement], action="statement.reanchored", actor=actor, reason=reason)
    return statement


def _found_span(statement: Statement, article: Article) -> anchors.Span:
    if statement.revision == article.revision:
        return anchors.Span(statement.start, statement.end)
    if statement.candidate and statement.candidate["revision"] == article.revision:
        return anchors.Span(statement.candidate["start"], statement.candidate["end"])
    raise Conflict("The passage was not found in the article's present text. Send start and end, or text.")


@transaction.atomic
def delete_statement(*, statement_id: int, versions: Versions, actor: Any, reason: str = "") -> None:
    """Deletes the statement with its evidence and the disputes about it, each with its entry."""
    statement = lock(Statement.objects.all(), statement_id, versions)
    delete_statements(statements=[statement], actor=actor, reason=reason)
