"""What an experienced editor would catch: computed at each reading, never stored.

One query, a branch for each check, newest article first. Each branch stops at the size of the page, so that reading
the whole newsroom costs what a page costs.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from django.db import connection

from claims.models import Statement


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Code(StrEnum):
    ASSERTED_BUT_DISPUTED = "asserted_but_disputed"
    DENIED_WITHOUT_DENIAL = "denied_without_denial"
    ASSERTED_ON_WEAK_SOURCES = "asserted_on_weak_sources"
    BOTH_SIDES_ASSERTED = "both_sides_asserted"
    ANCHOR_NEEDS_REVIEW = "anchor_needs_review"
    ANCHOR_ORPHANED = "anchor_orphaned"
    QUOTE_WITHOUT_SOURCE = "quote_without_source"
    CHANGED_SINCE_TAGGED = "changed_since_tagged"
    PUBLISHED_WITH_UNRESOLVED = "published_with_unresolved"


@dataclass(frozen=True)
class Check:
    """`condition` is SQL about the statement `s`."""

    severity: Severity
    message: str
    condition: str = ""


class Finding(NamedTuple):
    article: int
    statement: int | None
    code: Code

    @property
    def severity(self) -> Severity:
        return CHECKS[self.code].severity

    @property
    def message(self) -> str:
        return CHECKS[self.code].message


class Place(NamedTuple):
    """Where a page begins: after this finding."""

    article: int
    statement: int
    number: int


STANDING = "state IN ('open', 'upheld')"
CHAIN = Statement.journal_children["via"].replace("r.id", "s.id")
# As tagged, but for sources that were merged into others since.
SOURCE_THEN = """coalesce((SELECT m.into_source FROM sources_sourceredirect m
    WHERE m.id = (t.data->>'source')::bigint), (t.data->>'source')::bigint)"""
CHAIN_THEN = """(SELECT coalesce(jsonb_agg(coalesce(m.into_source, w.source::bigint) ORDER BY w.place), '[]')
    FROM jsonb_array_elements_text(t.data->'via') WITH ORDINALITY w(source, place)
    LEFT JOIN sources_sourceredirect m ON m.id = w.source::bigint)"""
CHECKS = {
    Code.ASSERTED_BUT_DISPUTED: Check(
        Severity.ERROR,
        "Tagged asserted, yet a dispute of it is open or upheld.",
        f"s.tag = 'asserted' AND EXISTS (SELECT FROM claims_dispute d WHERE d.statement = s.id AND d.{STANDING})",
    ),
    Code.DENIED_WITHOUT_DENIAL: Check(
        Severity.ERROR,
        "Tagged denied, yet no dispute that is open or upheld and no refuting evidence says who denies it.",
        f"s.tag = 'denied' AND NOT EXISTS (SELECT FROM claims_dispute d WHERE d.statement = s.id AND d.{STANDING}) "
        "AND NOT EXISTS (SELECT FROM claims_evidence v WHERE v.statement = s.id AND v.stance = 'refutes')",
    ),
    Code.ASSERTED_ON_WEAK_SOURCES: Check(
        Severity.WARNING,
        "Tagged asserted, yet it rests on an anonymous or second-hand source alone, without supporting evidence.",
        # OFFSET 0 keeps the planner from reading all chains and all anonymous sources to have them at hand.
        "s.tag = 'asserted' AND (EXISTS (SELECT FROM claims_statementvia c WHERE c.statement = s.id OFFSET 0) "
        "OR EXISTS (SELECT FROM sources_source o WHERE o.id = s.source AND o.anonymous OFFSET 0)) "
        "AND NOT EXISTS (SELECT FROM claims_evidence v WHERE v.statement = s.id AND v.stance = 'supports')",
    ),
    Code.BOTH_SIDES_ASSERTED: Check(
        Severity.ERROR,
        "This statement and the one in which it is disputed are both tagged asserted.",
        "s.tag = 'asserted' AND EXISTS (SELECT FROM claims_dispute d JOIN claims_statement o "
        f"ON o.id = d.counter_statement AND o.tag = 'asserted' WHERE d.statement = s.id AND d.{STANDING} "
        "AND d.counter_statement IS NOT NULL)",  # said for the planner, which else expects as many as disputes
    ),
    Code.ANCHOR_NEEDS_REVIEW: Check(
        Severity.WARNING,
        "The article's text changed, and only a passage like this one was found. Confirm the place, or pin it anew.",
        "s.anchor = 'needs_review'",
    ),
    Code.ANCHOR_ORPHANED: Check(
        Severity.ERROR,
        "The article's text changed, and this passage is not in it any more.",
        "s.anchor = 'orphaned'",
    ),
    Code.QUOTE_WITHOUT_SOURCE: Check(
        Severity.WARNING,
        "Words in quotation marks without a source: say who is quoted.",
        "s.source IS NULL AND s.text ~ '[“”„«»\"]'",
    ),
    Code.CHANGED_SINCE_TAGGED: Check(
        Severity.WARNING,
        "The passage, its source or its chain were changed after it was tagged. Tag it again if the tag still holds.",
        "s.updated_at > s.tagged_at AND EXISTS (SELECT FROM journal_entry t WHERE t.resource = 'statement' "
        "AND t.resource_id = s.id AND t.version < s.version AND t.action = 'statement.tagged' "
        f"AND (t.data->>'text' <> s.text OR {SOURCE_THEN} IS DISTINCT FROM s.source "
        f"OR {CHAIN_THEN} <> ({CHAIN})) AND NOT EXISTS (SELECT FROM journal_entry u WHERE u.resource = 'statement' "
        "AND u.resource_id = s.id AND u.version > t.version AND u.action = 'statement.tagged'))",
    ),
    Code.PUBLISHED_WITH_UNRESOLVED: Check(
        Severity.ERROR, "The article is published with findings that are unresolved."
    ),
}
NUMBERS = {code: number for number, code in enumerate(Code)}
CODES = list(Code)
ABOVE_ALL = 2**63 - 1  # where the finding about the article itself stands: before those of its statements
START = Place(ABOVE_ALL, ABOVE_ALL, len(CODES))


def findings(
    *, codes: Collection[Code] = CODES, article: int | None = None, after: Place = START, limit: int
) -> list[tuple[Place, Finding]]:
    """The first `limit` findings after a place, by article, then statement, newest first."""
    branches = [_article_branch() if code is Code.PUBLISHED_WITH_UNRESOLVED else _branch(code) for code in codes]
    if not branches:
        return []
    sql = " UNION ALL ".join(f"({branch})" for branch in branches)
    named = {"article": article, "a": after.article, "s": after.statement, "n": after.number, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({sql}) found ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT %(limit)s", named)
        rows = [Place(*row) for row in cursor.fetchall()]
    return [
        (place, Finding(place.article, None if place.statement == ABOVE_ALL else place.statement, CODES[place.number]))
        for place in rows
    ]


def _branch(code: Code) -> str:
    number = NUMBERS[code]
    return f"""SELECT s.article, s.id, {number} FROM claims_statement s
        WHERE {CHECKS[code].condition} AND s.article <= %(a)s AND (s.article, s.id, {number}) < (%(a)s, %(s)s, %(n)s)
        AND (%(article)s::bigint IS NULL OR s.article = %(article)s::bigint)
        ORDER BY s.article DESC, s.id DESC LIMIT %(limit)s"""


def _article_branch() -> str:
    number = NUMBERS[Code.PUBLISHED_WITH_UNRESOLVED]
    found = " OR ".join(
        # OFFSET 0 keeps the planner from looking through all statements once instead of this article's.
        f"EXISTS (SELECT FROM claims_statement s WHERE s.article = a.id AND {check.condition} OFFSET 0)"
        for check in CHECKS.values()
        if check.condition
    )
    return f"""
        SELECT a.id, {ABOVE_ALL}, {number} FROM claims_article a
        WHERE a.status = 'published' AND ({found})
        AND a.id <= %(a)s AND (a.id, {ABOVE_ALL}, {number}) < (%(a)s, %(s)s, %(n)s)
        AND (%(article)s::bigint IS NULL OR a.id = %(article)s::bigint)
        ORDER BY a.id DESC LIMIT %(limit)s"""
