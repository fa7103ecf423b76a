"""Statements with what an editor needs beside them. Each kind of thing takes one query, however many statements."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from claims.desk_checks import Finding, findings
from claims.models import Article, Dispute, Evidence, Note, Statement
from factcheck.desk.viewer import Viewer
from factcheck.postgres.prepared import any_of, prepared

MAX_LINKS = 20  # to the statements in which one desk check finds something
MAX_CHECKS = 500  # of one article
# What a card shows of a dispute and of a proposal. All fields of all the rows that they name would be over a hundred.
PASSAGES = ("statement__text", "statement__article", "counter_statement__text", "counter_statement__article")
DISPUTE_FIELDS = ("kind", "scope", "state", "raised_by__name", *PASSAGES)
JUDGED = ("statement__version", "statement__tag", "statement_version", "resolved_at", "outcome")
PROPOSAL_FIELDS = ("version", "created_at", "text", "tag", "author__username", *JUDGED)

ChecksByStatement = dict[int | None, list[Finding]]


@dataclass
class Card:
    statement: Any
    number: int | None = None  # of the mark in the text; None if its passage is not there
    disputes: list[Any] = field(default_factory=list)  # of this statement
    raised: list[Any] = field(default_factory=list)  # disputes of other statements that this one raised
    evidence: int = 0
    proposals: list[Any] = field(default_factory=list)  # tags that reporters propose, if they wait
    checks: list[Finding] = field(default_factory=list)
    query: str = ""  # of the article's page besides, such as its filter

    @property
    def address(self) -> str:
        """On the article's page. `?at=` finds the page of cards, even after other statements were marked."""
        statement = self.statement
        return f"/api/v1/articles/{statement.article_id}/?at={statement.pk}{self.query}#statement-{statement.pk}"


def cards_of(viewer: Viewer, statements: Iterable[Any], numbers: dict[int, int] | None = None) -> list[Card]:
    cards = {statement.pk: Card(statement, (numbers or {}).get(statement.pk)) for statement in statements}
    ids = list(cards)
    for dispute in viewer.read(_disputes, ids):
        if dispute.statement_id in cards:
            cards[dispute.statement_id].disputes.append(dispute)
        if dispute.counter_statement_id in cards:
            cards[dispute.counter_statement_id].raised.append(dispute)
    for statement_id, number in prepared(_evidence, _evidence, list).rows(ids):
        cards[statement_id].evidence = number
    for proposal in viewer.read(_proposals, ids):
        cards[proposal.statement_id].proposals.append(proposal)
    return list(cards.values())


def _disputes(ids: list[int]) -> Any:
    rows = Dispute.objects.select_related("raised_by", "statement", "counter_statement").only(*DISPUTE_FIELDS)
    return rows.involving(ids).order_by("id")


def _evidence(ids: list[int]) -> Any:
    """By statement the number of pieces."""
    return Evidence.objects.filter(any_of("statement", ids)).order_by().values_list("statement").annotate(n=Count("pk"))


def _proposals(ids: list[int]) -> Any:
    rows = Note.objects.waiting().select_related("author", "statement").only(*PROPOSAL_FIELDS)
    return rows.filter(any_of("statement", ids)).order_by("id")


def checks_by_statement(article_id: int) -> ChecksByStatement:
    """The article's desk checks. Under None are those of the article as a whole."""
    by_statement: ChecksByStatement = defaultdict(list)
    for _, finding in findings(article=article_id, limit=MAX_CHECKS).rows:
        by_statement[finding.statement].append(finding)
    return by_statement


@dataclass
class CheckGroup:
    """All statements of an article in which one desk check found something."""

    finding: Finding
    statements: list[tuple[int | None, str]]  # the number in the text, if it has one, and the address of the card
    more: int


def group_checks(checks: ChecksByStatement, place_of: Callable[[int], tuple[int | None, str]]) -> list[CheckGroup]:
    """By desk check, errors first."""
    by_code: dict[Any, list[Finding]] = defaultdict(list)
    for finding in (finding for statement_id, found in checks.items() if statement_id for finding in found):
        by_code[finding.code].append(finding)
    groups = []
    for found in by_code.values():
        places = sorted((place_of(finding.statement or 0) for finding in found), key=lambda place: place[0] or 0)
        groups.append(CheckGroup(found[0], places[:MAX_LINKS], len(places[MAX_LINKS:])))
    return sorted(groups, key=lambda group: (group.finding.severity != "error", group.finding.code))


def with_statement_and_article(found: Iterable[Finding]) -> list[tuple[Finding, Any, Any]]:
    """Each finding with its statement, if it has one, and its article."""
    found = list(found)
    statements = statements_by_id(finding.statement for finding in found)
    articles = articles_by_id(finding.article for finding in found)
    return [(finding, statements.get(finding.statement or 0), articles.get(finding.article)) for finding in found]


def articles_by_id(ids: Iterable[int]) -> dict[int, Any]:
    """Without their texts."""
    return Article.objects.defer("text").in_bulk(set(ids))


def statements_by_id(ids: Iterable[int | None]) -> dict[int, Any]:
    return Statement.objects.select_related("source").in_bulk({row_id for row_id in ids if row_id})
