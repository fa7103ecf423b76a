"""A statement with what an editor needs beside it; one query for each kind of thing, however many statements."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from claims.desk_checks import Finding, findings
from claims.models import Article, Dispute, Evidence, Statement
from factcheck.desk.viewer import Viewer

LINKED = 20  # statements of one desk check


@dataclass
class Card:
    statement: Any
    number: int | None = None  # its place in the text; None where it has none at present
    disputes: list[Any] = field(default_factory=list)
    raised: list[Any] = field(default_factory=list)  # disputes of other statements that were raised in this one
    evidence: int = 0
    checks: list[Any] = field(default_factory=list)

    @property
    def address(self) -> str:
        """On its article's page, whichever part of the cards it is in by then."""
        statement = self.statement
        return f"/api/v1/articles/{statement.article_id}/?at={statement.pk}#statement-{statement.pk}"


def cards_of(viewer: Viewer, statements: Iterable[Any], numbers: dict[int, int] | None = None) -> list[Card]:
    cards = {statement.pk: Card(statement, (numbers or {}).get(statement.pk)) for statement in statements}
    for dispute in viewer.fetch(Dispute.objects.with_passages().touching(cards).order_by("id")):
        if dispute.statement_id in cards:
            cards[dispute.statement_id].disputes.append(dispute)
        if dispute.counter_statement_id in cards:
            cards[dispute.counter_statement_id].raised.append(dispute)
    counted = Evidence.objects.filter(statement__in=list(cards)).order_by().values_list("statement")
    for statement_id, number in counted.annotate(n=Count("pk")):
        cards[statement_id].evidence = number
    return list(cards.values())


def checks_by_statement(article: int, limit: int = 500) -> dict[int | None, list[Any]]:
    """The article's desk checks; under None those of the article as a whole."""
    by_statement: dict[int | None, list[Any]] = defaultdict(list)
    for _, finding in findings(article=article, limit=limit).rows:
        by_statement[finding.statement].append(finding)
    return by_statement


@dataclass
class CheckGroup:
    """The statements of an article in which one desk check finds the same."""

    finding: Finding
    statements: list[tuple[int | None, str]]  # number in the text, if it has one, and the address of the card
    more: int


def group_checks(
    checks: dict[int | None, list[Any]], address_of: Callable[[int], tuple[int | None, str]]
) -> list[CheckGroup]:
    """By what is found, errors first."""
    by_code: dict[Any, list[Finding]] = defaultdict(list)
    for finding in (finding for statement, found in checks.items() if statement for finding in found):
        by_code[finding.code].append(finding)
    groups = []
    for found in by_code.values():
        places = sorted((address_of(finding.statement or 0) for finding in found), key=lambda place: place[0] or 0)
        groups.append(CheckGroup(found[0], places[:LINKED], len(places[LINKED:])))
    return sorted(groups, key=lambda group: (group.finding.severity != "error", group.finding.code))


def with_rows(found: Iterable[Finding]) -> list[tuple[Finding, Any, Any]]:
    """Each desk check with its statement, if it has one, and its article."""
    found = list(found)
    statements = statements_by_id(finding.statement for finding in found)
    articles = Article.objects.defer("text").in_bulk({finding.article for finding in found})
    return [(f, statements.get(f.statement or 0), articles.get(f.article)) for f in found]


def named_articles(rows: Iterable[Any]) -> dict[int, Any]:
    """The articles of statements, without their text, in one query."""
    return Article.objects.defer("text").in_bulk({row.article_id for row in rows})


def statements_by_id(ids: Iterable[int | None]) -> dict[int, Any]:
    return Statement.objects.select_related("source").in_bulk({row_id for row_id in ids if row_id})
