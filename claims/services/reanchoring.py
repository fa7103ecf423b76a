"""Finds an article's statements in another text, with no row locked, and writes where they are."""

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

from claims.anchoring.anchors import Reanchored, reanchor
from claims.anchoring.quotes import Selector, Span
from claims.models import Article, ArticleRevision, Statement
from claims.passages import PLACE, pin
from factcheck.journal.services import record, save_next_versions

# By the revision that a statement is pinned to, and its place there. Nothing else decides where it is in another text.
Pin = tuple[int, Selector]
Found = dict[Pin, Reanchored]


def pin_of(statement: Statement) -> Pin:
    return statement.revision, Selector(statement.text, statement.prefix, statement.suffix, statement.start)


def find_again(*, article_id: int, text: str, found: Found) -> None:
    """Adds to `found` where the article's statements are in `text`, each sought from the revision that it is pinned to:
    a lost passage is found again when its words come back.

    Takes a second for some thousand statements. So it is called outside of the transaction that writes the text.
    """
    pins = {pin_of(each) for each in Statement.objects.filter(article=article_id)} - found.keys()
    for revision, group in groupby(sorted(pins, key=itemgetter(0)), key=itemgetter(0)):
        selectors = [selector for _, selector in group]
        old_text = ArticleRevision.objects.get(article=article_id, number=revision).text
        results = reanchor(old_text, text, selectors)
        found.update(zip(((revision, selector) for selector in selectors), results, strict=True))


def write_anchors(*, article: Article, statements: Iterable[Statement], found: Found, actor: Any) -> None:
    """The caller has locked the rows, and `found` holds each statement."""
    changed = [statement for statement in statements if _apply(found[pin_of(statement)], statement, article)]
    save_next_versions(changed, PLACE)
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
