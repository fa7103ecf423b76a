"""A statement with what an editor needs beside it; one query for each kind of thing, however many statements."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from claims.models import Dispute, Evidence, Statement


@dataclass
class Card:
    statement: Any
    number: int | None = None  # its place in the text; None where it has none at present
    disputes: list[Any] = field(default_factory=list)
    raised: list[Any] = field(default_factory=list)  # disputes of other statements that were raised in this one
    evidence: int = 0


def cards_of(statements: Iterable[Any], numbers: dict[int, int] | None = None) -> list[Card]:
    cards = {statement.pk: Card(statement, (numbers or {}).get(statement.pk)) for statement in statements}
    for dispute in Dispute.objects.with_passages().touching(cards).order_by("id"):
        if dispute.statement_id in cards:
            cards[dispute.statement_id].disputes.append(dispute)
        if dispute.counter_statement_id in cards:
            cards[dispute.counter_statement_id].raised.append(dispute)
    counted = Evidence.objects.filter(statement__in=list(cards)).order_by().values_list("statement")
    for statement_id, number in counted.annotate(n=Count("pk")):
        cards[statement_id].evidence = number
    return list(cards.values())


def named_articles(rows: Iterable[Any]) -> dict[int, Any]:
    """The articles of statements, without their text, in one query."""
    from claims.models import Article

    return Article.objects.defer("text").in_bulk({row.article_id for row in rows})


def statements_by_id(ids: Iterable[int | None]) -> dict[int, Any]:
    return Statement.objects.select_related("source").in_bulk({row_id for row_id in ids if row_id})


def grouped(rows: Iterable[Any], key: str) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, key)].append(row)
    return groups
