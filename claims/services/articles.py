"""Writes to articles, every row with its journal entry."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext, gettext_lazy, pgettext

from claims.anchoring.cues import Cue, fit, moved
from claims.models import Article, ArticleRevision, DismissedSuggestion, Note, Statement
from claims.models.article import sha256_of, sha256_of_cues
from claims.services.deletion import delete_notes, delete_statements
from claims.services.reanchoring import Found, find_again, pin_of, write_anchors
from factcheck.errors import Conflict, InvalidInput, Versions
from factcheck.journal.services import assign, lock, record, refuse_stale, save_next_versions
from factcheck.postgres.bulk import delete_rows
from factcheck.postgres.transactions import atomic_with_retry

UNFIT = gettext_lazy(
    "Each cue is [start, end, from, to]: a range of the text that begins after the cue before, in code points, and a "
    "range of the recording, in milliseconds."
)
MAX_ROUNDS = 5  # of seeking an article's statements, until none was added or moved meanwhile


@atomic_with_retry
def create_article(*, actor: Any, reason: str = "", cues: Sequence[Cue] = (), **fields: Any) -> Article:
    """`cues` are those of the captions that the text was read from. Raises InvalidInput if they do not fit it."""
    article = Article(**fields)
    article.cues = list(cues)
    _set_digests(article)
    article.save()
    _add_revision(article)
    record([article], action="article.created", actor=actor, reason=reason)
    return article


def _set_digests(article: Article) -> None:
    if not fit(article.cues, article.text):
        raise InvalidInput.field("cue_times", "range", UNFIT)
    article.sha256, article.cue_times_sha256 = sha256_of(article.text), sha256_of_cues(article.cues)


def _add_revision(article: Article) -> None:
    """The database computes its digests."""
    ArticleRevision.objects.create(
        article=article, number=article.revision, text=article.text, cue_times=article.cues or None
    )


def update_article(
    *, article_id: int, versions: Versions, actor: Any, reason: str = "", found: Found | None = None, **fields: Any
) -> Article:
    """A changed text makes a new revision and re-anchors every statement. Raises DoesNotExist and StaleVersion.

    The cues of captions move with the text, unless `cues` are among the fields: then these are new, and a revision too.

    The statements are sought before the article is locked; `found` holds what the caller has sought already. There is
    another round if somebody adds or moves a statement meanwhile. Raises Conflict if that happens in every round.
    """
    found = {} if found is None else found
    for _ in range(MAX_ROUNDS):
        if "text" in fields:
            article = Article.objects.only("version", "text").get(pk=article_id)
            refuse_stale(article.version, versions)
            if article.text != fields["text"] or "cues" in fields:
                find_again(article_id=article_id, text=fields["text"], found=found)
        if updated := _update(article_id, versions, fields, found, actor=actor, reason=reason):
            return updated
    raise Conflict(
        gettext("Others are adding statements to the article, or moving them. Send the new text again in a moment.")
    )


@atomic_with_retry
def _update(article_id: int, versions: Versions, fields: dict[str, Any], found: Found, **by: Any) -> Article | None:
    """None if the text or its cues change and `found` lacks a statement; nothing is written then."""
    article = lock(Article, article_id, versions)
    text, cues = article.text, article.cues
    if not assign(article, fields):
        return article
    if article.text != text and "cues" not in fields:
        article.cues = moved(cues, text, article.text)
    statements: list[Statement] = []
    if (article.text, article.cues) != (text, cues):
        statements = list(article.statements.select_for_update(no_key=True).order_by("pk"))
        if any(pin_of(statement) not in found for statement in statements):
            return None
        article.revision += 1
        _set_digests(article)
        _add_revision(article)
    save_next_versions([article])
    record([article], action="article.updated", **by)
    write_anchors(article=article, statements=statements, found=found, actor=by["actor"])
    return article


@atomic_with_retry
def set_article_status(*, article_id: int, versions: Versions, actor: Any, status: str, reason: str) -> Article:
    """Publishes or withdraws. Raises DoesNotExist, StaleVersion, and Conflict if the present status forbids it."""
    article = lock(Article, article_id, versions)
    if status not in article.next_statuses[article.status]:
        raise Conflict(
            gettext("The article is %(status)s; it cannot become %(next)s.")
            % {"status": pgettext("code", article.status), "next": pgettext("code", status)}
        )
    article.status = status
    save_next_versions([article], ["status"])
    record([article], action=f"article.{status}", actor=actor, reason=reason)
    return article


@atomic_with_retry
def delete_article(*, article_id: int, versions: Versions, actor: Any, reason: str = "") -> None:
    """Deletes the article and everything in it, each row with its entry. Its revisions stay.

    Raises DoesNotExist, StaleVersion, Conflict for a published article, and what delete_statements raises.
    """
    article = lock(Article, article_id, versions)
    if article.status == Article.Status.PUBLISHED:
        raise Conflict(gettext("A published article cannot be deleted. Withdraw it first."))
    statements = list(article.statements.select_for_update().order_by("pk"))
    delete_statements(statements=statements, actor=actor, reason=reason)
    delete_notes(notes=Note.objects.filter(article=article), actor=actor, reason=reason)
    record([article], action="article.deleted", actor=actor, reason=reason)
    delete_rows(DismissedSuggestion.objects.filter(article=article))
    delete_rows(Article.objects.filter(pk=article.pk))
