"""Writes to articles, statements, evidence and disputes, every row with its journal entry.

Each is one transaction; what takes rows that the caller holds, or made as drafts, is part of the caller's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, Value, When
from django.utils import timezone

from claims import anchors
from claims.models import Article, ArticleRevision, Dispute, Evidence, Statement, StatementVia
from claims.models.article import sha256_of
from claims.models.statement import TAGGED
from claims.passages import confirm, pin, span_of, split_passage
from factcheck.api.errors import Conflict, InvalidInput
from factcheck.journal.bulk import insert_rows
from factcheck.journal.one_row import change_row
from factcheck.journal.services import (
    assign,
    change_rows,
    lock,
    raise_versions,
    record,
    record_ids,
    save_next_version,
    save_next_versions,
)
from sources.models import Source

Versions = frozenset[int] | None


# Articles


@transaction.atomic
def create_article(*, actor: Any, reason: str = "", **fields: Any) -> Article:
    article = Article(**fields, sha256=sha256_of(fields["text"]))
    article.save(force_insert=True)
    _add_revision(article)
    record([article], action="article.created", actor=actor, reason=reason)
    return article


def _add_revision(article: Article) -> None:
    ArticleRevision.objects.create(article=article, number=article.revision, text=article.text, sha256=article.sha256)


@transaction.atomic
def update_article(*, article_id: int, versions: Versions, actor: Any, reason: str = "", **fields: Any) -> Article:
    """A changed text makes a revision, and every statement is found again or flagged."""
    article = lock(Article.objects.all(), article_id, versions)
    if all(getattr(article, name) == value for name, value in fields.items()):
        return article
    old_text = article.text
    for name, value in fields.items():
        setattr(article, name, value)
    if article.text != old_text:
        article.revision += 1
        article.sha256 = sha256_of(article.text)
        _add_revision(article)
    save_next_version(article)
    record([article], action="article.updated", actor=actor, reason=reason)
    if article.text != old_text:
        _find_statements_again(article, actor)
    return article


def _find_statements_again(article: Article, actor: Any) -> None:
    """Each from the text it is pinned to: one that was lost is found when its words come back."""
    statements = list(article.statements.select_for_update(of=("self",)).order_by("revision", "id"))
    written: list[Statement] = []
    for revision, group in groupby(statements, key=attrgetter("revision")):
        pinned = list(group)
        text = ArticleRevision.objects.get(article=article, number=revision).text
        selectors = [anchors.Selector(s.text, s.prefix, s.suffix, s.start) for s in pinned]
        results = anchors.reanchor(text, article.text, selectors)
        written += [s for s, found in zip(pinned, results, strict=True) if _place(s, found, article)]
    save_next_versions(written, ("text", "start", "end", "prefix", "suffix", "revision", "anchor", "candidate"))
    reason = f"Revision {article.revision} of the article"
    record(written, action="statement.reanchored", actor=actor, reason=reason)


def _place(statement: Statement, found: anchors.Reanchored, article: Article) -> bool:
    """Whether that changes the statement. One in doubt stays pinned to the old text."""
    before = (statement.anchor, statement.candidate)
    statement.anchor, statement.candidate = found.state, None
    if found.state == "needs_review":
        statement.candidate = {
            "revision": article.revision,
            "start": found.start,
            "end": found.end,
            "text": found.text,
            "score": round(found.score or 0.0, 3),
        }
    elif found.start is not None and found.end is not None:
        pin(statement, article, anchors.Span(found.start, found.end))
        return True
    return (statement.anchor, statement.candidate) != before


@transaction.atomic
def set_article_status(*, article_id: int, versions: Versions, actor: Any, status: str, reason: str) -> Article:
    """Publish or withdraw. Raises Conflict where the article is not in a state that allows it."""
    article = lock(Article.objects.all(), article_id, versions)
    if article.status == status or (status == "withdrawn" and article.status != "published"):
        raise Conflict(f"The article is {article.status}; it cannot become {status}.")
    article.status = status
    save_next_version(article)
    record([article], action=f"article.{status}", actor=actor, reason=reason)
    return article


@transaction.atomic
def delete_article(*, article_id: int, versions: Versions, actor: Any, reason: str = "") -> None:
    """Deletes the article with all that is in it, each row with its entry. A published one must be withdrawn."""
    article = lock(Article.objects.all(), article_id, versions)
    if article.status == Article.Status.PUBLISHED:
        raise Conflict("A published article is not deleted. Withdraw it first.")
    statements = list(article.statements.select_for_update(of=("self",)))
    delete_statements(statements=statements, actor=actor, reason=reason)
    record([article], action="article.deleted", actor=actor, reason=reason)
    Article.objects.filter(pk=article.pk)._raw_delete("default")


# Statements


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


def delete_statements(*, statements: Sequence[Statement], actor: Any, reason: str = "") -> None:
    """With their evidence and the disputes about them; the caller holds them.

    Raises Conflict when a dispute about another statement was raised in one of these.
    """
    ids = [statement.pk for statement in statements]
    elsewhere = Dispute.objects.filter(counter_statement__in=ids).exclude(statement__in=ids).first()
    if elsewhere:
        raise Conflict(f"Dispute {elsewhere.pk} was raised in this text. Delete or change that dispute first.")
    evidence = list(Evidence.objects.select_for_update().filter(statement__in=ids))
    disputes = list(Dispute.objects.select_for_update().filter(statement__in=ids))
    delete_disputes(disputes=disputes, actor=actor, reason=reason)
    delete_evidence_rows(rows=evidence, actor=actor, reason=reason)
    record(statements, action="statement.deleted", actor=actor, reason=reason)
    StatementVia.objects.filter(statement__in=ids)._raw_delete("default")
    Statement.objects.filter(pk__in=ids)._raw_delete("default")


# Evidence


def _check_statement(row: Evidence | Dispute, fields: dict[str, Any]) -> None:
    """The entries before would be about another statement, of another article perhaps."""
    if "statement" in fields and fields["statement"].pk != row.statement_id:
        raise InvalidInput.field("statement", "immutable", "It stays with its statement. Make a new one there.")


def create_evidence(*, actor: Any, reason: str = "", **fields: Any) -> Evidence:
    return create_evidence_rows(rows=[fields], actor=actor, reason=reason)[0]


@transaction.atomic
def create_evidence_rows(*, rows: Sequence[dict[str, Any]], actor: Any, reason: str = "") -> list[Evidence]:
    made = [Evidence(**fields) for fields in rows]
    insert_rows(made)
    record(made, action="evidence.created", actor=actor, reason=reason)
    return made


@transaction.atomic
def update_evidence(*, evidence_id: int, versions: Versions, actor: Any, reason: str = "", **fields: Any) -> Evidence:
    evidence = lock(Evidence.objects.all(), evidence_id, versions)
    _check_statement(evidence, fields)
    update_evidence_rows(changes=[(evidence, fields)], actor=actor, reason=reason)
    return evidence


def update_evidence_rows(*, changes: Sequence[tuple[Evidence, dict[str, Any]]], actor: Any, reason: str = "") -> None:
    """Those that differ from their fields; the caller holds them."""
    change_rows(changes, actor=actor, reason=reason)


@transaction.atomic
def delete_evidence(*, evidence_id: int, versions: Versions, actor: Any, reason: str = "") -> None:
    evidence = lock(Evidence.objects.all(), evidence_id, versions)
    delete_evidence_rows(rows=[evidence], actor=actor, reason=reason)


def delete_evidence_rows(*, rows: Sequence[Evidence], actor: Any, reason: str = "") -> None:
    """The caller holds them."""
    record(rows, action="evidence.deleted", actor=actor, reason=reason)
    Evidence.objects.filter(pk__in=[row.pk for row in rows])._raw_delete("default")


# Disputes


def _check_counter(dispute: Dispute) -> None:
    if dispute.counter_statement_id is not None and dispute.counter_statement_id == dispute.statement_id:
        detail = "A statement does not dispute itself. Name the statement in which the dispute was raised, or none."
        raise InvalidInput.field("counter_statement", "self_dispute", detail)


def draft_dispute(**fields: Any) -> Dispute:
    dispute = Dispute(**fields)
    _check_counter(dispute)
    return dispute


def insert_disputes(*, disputes: Sequence[Dispute], actor: Any, reason: str = "") -> None:
    now = timezone.now()
    for dispute in disputes:
        dispute.opened_by, dispute.opened_at = actor, now
    insert_rows(disputes)
    record(disputes, action="dispute.opened", actor=actor, reason=reason)


@transaction.atomic
def open_dispute(*, actor: Any, reason: str = "", **fields: Any) -> Dispute:
    dispute = draft_dispute(**fields)
    insert_disputes(disputes=[dispute], actor=actor, reason=reason)
    return dispute


@transaction.atomic
def update_dispute(*, dispute_id: int, versions: Versions, actor: Any, reason: str = "", **fields: Any) -> Dispute:
    dispute = lock(Dispute.objects.all(), dispute_id, versions)
    _check_statement(dispute, fields)
    if dispute.state != Dispute.State.OPEN:
        raise Conflict("A resolved dispute is not edited. Reopen it first.")
    if assign(dispute, fields):
        _check_counter(dispute)
        save_next_version(dispute)
        record([dispute], action="dispute.updated", actor=actor, reason=reason)
    return dispute


@transaction.atomic
def resolve_dispute(
    *, dispute_id: int, versions: Versions, actor: Any, state: str, reason: str, tag: str | None = None
) -> Dispute:
    """Ends the dispute; with `tag`, the statement gets it in the same transaction and for the same reason."""
    dispute = lock(Dispute.objects.all(), dispute_id, versions)
    resolve_disputes(resolutions=[(dispute, state, reason)], actor=actor)
    if tag:
        tag_statement(statement_id=dispute.statement_id, versions=None, actor=actor, tag=tag, reason=reason)
    return dispute


def resolve_disputes(*, resolutions: Sequence[tuple[Dispute, str, str]], actor: Any) -> None:
    """Each dispute with the state that it ends in and the reason; the caller holds them."""
    now = timezone.now()
    for dispute, state, reason in resolutions:
        if dispute.state != Dispute.State.OPEN:
            raise Conflict(f"The dispute is {dispute.state} already. Reopen it to decide anew.")
        dispute.state, dispute.resolution = state, reason
        dispute.resolved_by, dispute.resolved_at = actor, now
    disputes = [dispute for dispute, _, _ in resolutions]
    save_next_versions(disputes)
    record(disputes, action="dispute.resolved", actor=actor, reason=[reason for _, _, reason in resolutions])


@transaction.atomic
def reopen_dispute(*, dispute_id: int, versions: Versions, actor: Any, reason: str) -> Dispute:
    dispute = lock(Dispute.objects.all(), dispute_id, versions)
    if dispute.state == Dispute.State.OPEN:
        raise Conflict("The dispute is open already.")
    dispute.state, dispute.resolution = Dispute.State.OPEN, ""
    dispute.resolved_by = dispute.resolved_at = None
    save_next_version(dispute)
    record([dispute], action="dispute.reopened", actor=actor, reason=reason)
    return dispute


@transaction.atomic
def delete_dispute(*, dispute_id: int, versions: Versions, actor: Any, reason: str = "") -> None:
    dispute = lock(Dispute.objects.all(), dispute_id, versions)
    delete_disputes(disputes=[dispute], actor=actor, reason=reason)


def delete_disputes(*, disputes: Sequence[Dispute], actor: Any, reason: str = "") -> None:
    """The caller holds them."""
    record(disputes, action="dispute.deleted", actor=actor, reason=reason)
    Dispute.objects.filter(pk__in=[row.pk for row in disputes])._raw_delete("default")


# Sources


def move_references(*, source: Source, into: Source, actor: Any, reason: str) -> None:
    """What sources.services.merge_source asks of this app: statements, their chains, articles and disputes."""
    told_by = Q(source=source) | Exists(StatementVia.objects.filter(statement=OuterRef("pk"), source=source))
    statements = list(Statement.objects.select_for_update(of=("self",)).filter(told_by).values_list("pk", flat=True))
    # Who is in the chain already stays where it stands.
    doubled = StatementVia.objects.filter(statement=OuterRef("statement"), source=into)
    StatementVia.objects.filter(Exists(doubled), source=source).delete()
    StatementVia.objects.filter(source=source).update(source=into)
    speaker = Case(When(source=source, then=Value(into.pk)), default=F("source"), output_field=BigIntegerField())
    raise_versions(Statement.objects.filter(pk__in=statements), source=speaker)
    record_ids(Statement, statements, action="statement.updated", actor=actor, reason=reason)
    for model, name in ((Article, "publisher"), (Dispute, "raised_by")):
        rows = model._base_manager.filter(**{name: source})
        ids = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
        raise_versions(model._base_manager.filter(pk__in=ids), **{name: into})
        record_ids(model, ids, action=f"{model.journal_resource}.updated", actor=actor, reason=reason)
