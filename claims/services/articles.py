"""Writes to articles, every row with its journal entry."""

from itertools import groupby
from operator import attrgetter
from typing import Any

from claims.anchoring.anchors import Reanchored, reanchor
from claims.anchoring.quotes import Selector, Span
from claims.models import Article, ArticleRevision, Statement
from claims.models.article import sha256_of
from claims.passages import pin
from claims.services.deletion import delete_statements
from factcheck.errors import Conflict, Versions
from factcheck.journal.services import assign, lock, lock_in_order, record, save_next_version, save_next_versions
from factcheck.postgres.bulk import delete_rows
from factcheck.postgres.transactions import atomic_with_retry


@atomic_with_retry
def create_article(*, actor: Any, reason: str = "", **fields: Any) -> Article:
    article = Article(**fields, sha256=sha256_of(fields["text"]))
    article.save(force_insert=True)
    _add_revision(article)
    record([article], action="article.created", actor=actor, reason=reason)
    return article


def _add_revision(article: Article) -> None:
    ArticleRevision.objects.create(article=article, number=article.revision, text=article.text, sha256=article.sha256)


@atomic_with_retry
def update_article(*, article_id: int, versions: Versions, actor: Any, reason: str = "", **fields: Any) -> Article:
    """A changed text makes a new revision and re-anchors every statement. Raises DoesNotExist and StaleVersion."""
    article = lock(Article.objects.all(), article_id, versions)
    old_text = article.text
    if not assign(article, fields):
        return article
    if article.text != old_text:
        article.revision += 1
        article.sha256 = sha256_of(article.text)
        _add_revision(article)
    save_next_version(article)
    record([article], action="article.updated", actor=actor, reason=reason)
    if article.text != old_text:
        _reanchor_statements(article, actor)
    return article


def _reanchor_statements(article: Article, actor: Any) -> None:
    """Each from the revision it is pinned to: a lost passage is found again when its words come back."""
    lock_in_order(article.statements.all())
    statements = list(article.statements.order_by("revision", "id"))
    changed: list[Statement] = []
    for revision, group in groupby(statements, key=attrgetter("revision")):
        pinned = list(group)
        text = ArticleRevision.objects.get(article=article, number=revision).text
        results = reanchor(text, article.text, [Selector(s.text, s.prefix, s.suffix, s.start) for s in pinned])
        changed += [s for s, result in zip(pinned, results, strict=True) if _apply(result, s, article)]
    save_next_versions(changed, ("text", "start", "end", "prefix", "suffix", "revision", "anchor", "candidate"))
    reason = f"Revision {article.revision} of the article"
    record(changed, action="statement.reanchored", actor=actor, reason=reason)


def _apply(result: Reanchored, statement: Statement, article: Article) -> bool:
    """Returns whether the result changes the statement. A statement in doubt stays pinned to the old text."""
    before = (statement.anchor, statement.candidate)
    statement.anchor, statement.candidate = result.state, None
    if result.state == "needs_review":
        statement.candidate = {
            "revision": article.revision,
            "start": result.start,
            "end": result.end,
            "text": result.text,
            "score": round(result.score or 0.0, 3),
        }
    elif result.start is not None and result.end is not None:
        pin(statement, article, Span(result.start, result.end))
        return True
    return (statement.anchor, statement.candidate) != before


@atomic_with_retry
def set_article_status(*, article_id: int, versions: Versions, actor: Any, status: str, reason: str) -> Article:
    """Publishes or withdraws. Raises DoesNotExist, StaleVersion, and Conflict if the present status forbids it."""
    article = lock(Article.objects.all(), article_id, versions)
    if status not in article.next_statuses[article.status]:
        raise Conflict(f"The article is {article.status}; it cannot become {status}.")
    article.status = status
    save_next_version(article)
    record([article], action=f"article.{status}", actor=actor, reason=reason)
    return article


@atomic_with_retry
def delete_article(*, article_id: int, versions: Versions, actor: Any, reason: str = "") -> None:
    """Deletes the article and everything in it, each row with its entry. Its revisions stay.

    Raises DoesNotExist, StaleVersion, Conflict for a published article, and what delete_statements raises.
    """
    article = lock(Article.objects.all(), article_id, versions)
    if article.status == Article.Status.PUBLISHED:
        raise Conflict("A published article cannot be deleted. Withdraw it first.")
    statements = list(article.statements.select_for_update(of=("self",)).order_by("pk"))
    delete_statements(statements=statements, actor=actor, reason=reason)
    record([article], action="article.deleted", actor=actor, reason=reason)
    delete_rows(Article.objects.filter(pk=article.pk))
