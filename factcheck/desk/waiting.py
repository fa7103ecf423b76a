"""What waits for somebody, each finding told once for all of its rows."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from claims.desk_checks import CHECKS, Code, Finding, findings
from claims.models import Article, Dispute, Note
from factcheck.desk.cards import with_statement_and_article
from factcheck.desk.words import counted

MAX_FINDINGS = 200
MAX_ARTICLES = 50  # the newest published ones, whose unverified statements are counted
MAX_ROWS = 3  # of each kind; the lists have all
MAX_PROPOSALS = 99
# What settles a finding. All others take a tag, or a dispute that explains it.
SETTLED_BY = {
    Code.ASSERTED_ON_WEAK_SOURCES: "create",  # evidence
    Code.ANCHOR_NEEDS_REVIEW: "reanchor",
    Code.ANCHOR_ORPHANED: "reanchor",
    Code.QUOTE_WITHOUT_SOURCE: "partial_update",
}


@dataclass
class FoundOften:
    """A desk check with all that it found: their number, and the newest of them."""

    finding: Finding
    count: int
    statement: Any
    article: Any

    @property
    def rows(self) -> str:
        """Such as "7 statements"."""
        return counted("statement" if self.finding.statement else "article", self.count)


@dataclass
class Waiting:
    checks: list[FoundOften]
    is_floor: bool  # whether there may be more findings than were counted
    unverified: list[Any]  # published articles, each with the number of its `unverified` statements
    disputes: list[Any]  # the newest open ones
    proposals: int  # those of reporters for a tag; one more than MAX_PROPOSALS for any more
    max_proposals = MAX_PROPOSALS

    @property
    def more_proposals(self) -> bool:
        return self.proposals > MAX_PROPOSALS

    @property
    def more_unverified(self) -> int:
        return max(0, len(self.unverified) - MAX_ROWS)


def waiting_for(may: dict[str, bool]) -> Waiting | None:
    """What the user may settle; None for somebody who may settle nothing."""
    if not may.get("create"):
        return None
    codes = [code for code in CHECKS if may.get(SETTLED_BY.get(code, "tag"))]
    found = findings(codes=codes, limit=MAX_FINDINGS)
    articles = Article.objects.with_unverified().filter(status="published").defer("text").order_by("-id")
    disputes = Dispute.objects.select_related("raised_by", "statement__source").filter(state="open").order_by("-id")
    return Waiting(
        checks=_found_often([finding for _, finding in found.rows]),
        is_floor=found.next_cursor(MAX_FINDINGS) is not None,
        unverified=[row for row in articles[:MAX_ARTICLES] if row.unverified] if may.get("tag") else [],
        disputes=list(disputes[:MAX_ROWS]) if may.get("resolve") else [],
        proposals=Note.objects.waiting()[: MAX_PROPOSALS + 1].count() if may.get("tag") else 0,
    )


def _found_often(found: list[Finding]) -> list[FoundOften]:
    """Errors first."""
    by_code: dict[Code, list[Finding]] = defaultdict(list)
    for finding in found:
        by_code[finding.code].append(finding)
    newest = sorted((rows[0] for rows in by_code.values()), key=lambda each: (each.severity != "error", each.code))
    shown = with_statement_and_article(newest)
    return [FoundOften(finding, len(by_code[finding.code]), *rows) for finding, *rows in shown]
