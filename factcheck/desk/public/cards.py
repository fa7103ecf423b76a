"""Statements as public pages tell them, with their evidence and disputes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from claims.exports import claim_review
from claims.models import Dispute, Statement
from factcheck.desk.viewer import Viewer
from factcheck.postgres.prepared import any_of
from factcheck.public_addresses import statement_path
from sources.models import Source

PASSAGES = ("statement__text", "counter_statement__text")
RAISED_BY = ("raised_by__name", "raised_by__anonymous")
DISPUTE_FIELDS = ("kind", "scope", "state", "note", "resolution", "opened_at", "resolved_at", *RAISED_BY)


@dataclass(frozen=True)
class Told:
    """A dispute, beside the statement that it disputes or the one that raised it."""

    dispute: Any
    other: Any  # the statement on its other side, if there is one
    number: int | None  # of that statement's mark on this page

    @property
    def address(self) -> str:
        return f"#mark-{self.other.pk}" if self.number else statement_path(self.other.pk, self.other.text)


@dataclass
class Card:
    statement: Any
    number: int | None
    max_evidence: int
    max_disputes: int
    disputes: list[Told] = field(default_factory=list)  # of this statement
    raised: list[Told] = field(default_factory=list)  # of other statements, in this one

    @property
    def path(self) -> str:
        return statement_path(self.statement.pk, self.statement.text)

    @property
    def evidence(self) -> list[Any]:
        return list(self.statement.evidence.all())[: self.max_evidence]

    @property
    def has_more(self) -> bool:
        has_more_evidence = len(self.statement.evidence.all()) > self.max_evidence
        return has_more_evidence or len(self.disputes) > self.max_disputes or len(self.raised) > self.max_disputes

    @property
    def shown_disputes(self) -> list[Told]:
        return self.disputes[: self.max_disputes]

    @property
    def shown_raised(self) -> list[Told]:
        return self.raised[: self.max_disputes]


def cards_of(
    viewer: Viewer, ids: list[int], numbers: Mapping[int, int], *, max_evidence: int, max_disputes: int
) -> list[Card]:
    """Of the statements that the viewer may see, in the order of the text, with all that a ClaimReview has."""
    found = viewer.read(_statements(max_evidence + 1), ids)
    _name_sources(viewer, found)
    cards = {row.pk: Card(row, numbers.get(row.pk), max_evidence, max_disputes) for row in found}
    for dispute in viewer.read(_disputes, list(cards)):
        disputed, counter = dispute.statement_id, dispute.counter_statement_id
        if disputed in cards:
            cards[disputed].disputes.append(Told(dispute, dispute.counter_statement, numbers.get(counter)))
        if counter in cards:
            cards[counter].raised.append(Told(dispute, dispute.statement, numbers.get(disputed)))
    return list(cards.values())


@cache
def _statements(max_evidence: int) -> Callable[..., Any]:
    def build(ids: list[int]) -> Any:
        rows = Statement.objects.with_chain().select_related(None).filter(any_of("pk", ids))
        return claim_review.without_sources(rows, max_evidence).order_by("start", "id")

    return build


def _name_sources(viewer: Viewer, statements: list[Any]) -> None:
    """All in one query that is kept: to compile it takes longer than the rest of the page."""
    ids = {pk for row in statements for pk in (row.source_id, row.article.publisher_id) if pk}
    sources = {source.pk: source for source in viewer.read(_sources, list(ids))}
    for row in statements:
        row.source, row.article.publisher = sources.get(row.source_id), sources.get(row.article.publisher_id)


def _sources(ids: list[int]) -> Any:
    return Source.objects.filter(any_of("pk", ids))


def _disputes(ids: list[int]) -> Any:
    rows = Dispute.objects.select_related("raised_by", "statement", "counter_statement")
    return rows.only(*DISPUTE_FIELDS, *PASSAGES).involving(ids).order_by("id")
