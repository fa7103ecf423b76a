"""Writes to articles, every row with its journal entry."""

from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import transaction

from claims.anchoring import anchors
from claims.models import Article, ArticleRevision, Statement
from claims.models.article import sha256_of
from claims.passages import pin
from claims.services.deletion import delete_statements
from factcheck.errors import Conflict
from factcheck.journal.services import (
    lock,
    record,
    save_next_version,
    save_next_versions,
)

Versions = frozenset[int] | None


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
