"""What an experienced editor would catch: computed at each reading, never stored.

One query, a branch for each check, newest article first. Each branch stops at the size of the page. Where hardly
anything is found, all of them stop at a floor: so many statements, of those that any of them has to look at, and so
many articles further down. A page may thus have fewer findings than fit on it, or none, and yet be followed by another.
"""

from collections.abc import Collection, Sequence
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
    """`condition` is SQL about the statement `s`; it holds for none but those that an index has by `among`."""

    severity: Severity
    message: str
    condition: str = ""
    among: str = "true"


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


LOOKED_AT = 1_000  # statements, for one page
ARTICLES_LOOKED_AT = 50
UNANCHORED = "NOT s.anchor = 'anchored'"
STANDING = "state IN ('open', 'upheld')"
# OFFSET 0 has each looked up for the statement: the planner would else read a whole table to have it at hand.
DISPUTED = f"(SELECT FROM claims_dispute d WHERE d.statement = s.id AND d.{STANDING} OFFSET 0)"
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
        f"s.tag = 'asserted' AND EXISTS {DISPUTED}",
    ),
    Code.DENIED_WITHOUT_DENIAL: Check(
        Severity.ERROR,
        "Tagged denied, yet no dispute that is open or upheld and no refuting evidence says who denies it.",
        f"s.tag = 'denied' AND NOT EXISTS {DISPUTED} "
        "AND NOT EXISTS (SELECT FROM claims_evidence v WHERE v.statement = s.id AND v.stance = 'refutes' OFFSET 0)",
    ),
    Code.ASSERTED_ON_WEAK_SOURCES: Check(
        Severity.WARNING,
        "Tagged asserted, yet it rests on an anonymous or second-hand source alone, without supporting evidence.",
        "s.tag = 'asserted' AND (EXISTS (SELECT FROM claims_statementvia c WHERE c.statement = s.id OFFSET 0) "
        "OR EXISTS (SELECT FROM sources_source o WHERE o.id = s.source AND o.anonymous OFFSET 0)) "
        "AND NOT EXISTS (SELECT FROM claims_evidence v WHERE v.statement = s.id AND v.stance = 'supports' OFFSET 0)",
    ),
    Code.BOTH_SIDES_ASSERTED: Check(
        Severity.ERROR,
        "This statement and the one in which it is disputed are both tagged asserted.",
        "s.tag = 'asserted' AND EXISTS (SELECT FROM claims_dispute d JOIN claims_statement o "
        f"ON o.id = d.counter_statement AND o.tag = 'asserted' WHERE d.statement = s.id AND d.{STANDING} "
        "OFFSET 0)",
    ),
    Code.ANCHOR_NEEDS_REVIEW: Check(
        Severity.WARNING,
        "The article's text changed, and only a passage like this one was found. Confirm the place, or pin it anew.",
        "s.anchor = 'needs_review'",
        UNANCHORED,
    ),
    Code.ANCHOR_ORPHANED: Check(
        Severity.ERROR,
        "The article's text changed, and this passage is not in it any more.",
        "s.anchor = 'orphaned'",
        UNANCHORED,
    ),
    Code.QUOTE_WITHOUT_SOURCE: Check(
        Severity.WARNING,
        "Words in quotation marks without a source: say who is quoted.",
        "s.source IS NULL AND s.text ~ '[“”„«»\"]'",
        "s.source IS NULL",
    ),
    Code.CHANGED_SINCE_TAGGED: Check(
        Severity.WARNING,
        "The passage, its source or its chain were changed after it was tagged. Tag it again if the tag still holds.",
        "s.updated_at > s.tagged_at AND EXISTS (SELECT FROM journal_entry t WHERE t.resource = 'statement' "
        "AND t.resource_id = s.id AND t.version < s.version AND t.action = 'statement.tagged' "
        f"AND (t.data->>'text' <> s.text OR {SOURCE_THEN} IS DISTINCT FROM s.source "
        f"OR {CHAIN_THEN} <> ({CHAIN})) AND NOT EXISTS (SELECT FROM journal_entry u WHERE u.resource = 'statement' "
        "AND u.resource_id = s.id AND u.version > t.version AND u.action = 'statement.tagged') OFFSET 0)",
        "s.updated_at > s.tagged_at",
    ),
    Code.PUBLISHED_WITH_UNRESOLVED: Check(
        Severity.ERROR, "The article is published with findings that are unresolved."
    ),
}
NUMBERS = {code: number for number, code in enumerate(Code)}
CODES = list(Code)
ABOVE_ALL = 2**63 - 1  # where the finding about the article itself stands: before those of its statements
START = Place(ABOVE_ALL, ABOVE_ALL, len(CODES))


class Found(NamedTuple):
    rows: list[tuple[Place, Finding]]
    floor: Place | None  # what comes after it was not looked at

    def further(self, limit: int) -> Place | None:
        """After which place to go on when `limit` of the rows are shown; None at the end."""
        return self.rows[limit - 1][0] if len(self.rows) > limit else self.floor


def findings(*, codes: Collection[Code] = CODES, article: int | None = None, after: Place = START, limit: int) -> Found:
    """The first `limit` findings after a place, by article, then statement, newest first."""
    branches = [_article_branch() if code is Code.PUBLISHED_WITH_UNRESOLVED else _branch(code) for code in codes]
    if not branches:
        return Found([], None)
    sql = _union(branches)
    floor = _union(["SELECT 0, 0", *([] if article else _floors(codes))])  # an article is looked through whole
    named = {"article": article, "a": after.article, "s": after.statement, "n": after.number, "limit": limit}
    looked_at = None if article else LOOKED_AT + 1
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT * FROM (
                WITH floor AS MATERIALIZED (
                    SELECT * FROM ({floor}) f(article, statement) ORDER BY 1 DESC, 2 DESC LIMIT 1),
                found AS (
                    SELECT * FROM ({sql}) b(article, statement, number)
                    ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT %(limit)s)
                SELECT found.*, floor.* FROM floor LEFT JOIN found ON true) page(article, statement, number)
            ORDER BY 1 DESC, 2 DESC, 3 DESC""",
            {**named, "looked_at": looked_at},
        )
        rows = cursor.fetchall()
    places = [Place(*row[:3]) for row in rows if row[0] is not None]
    *_, floor_article, floor_statement = rows[0]
    below = Place(floor_article, floor_statement, len(CODES)) if floor_article else None
    return Found([(place, _finding(place)) for place in places], below)


def _finding(place: Place) -> Finding:
    return Finding(place.article, None if place.statement == ABOVE_ALL else place.statement, CODES[place.number])


def _union(parts: Sequence[str]) -> str:
    return " UNION ALL ".join(f"({part})" for part in parts)


def _floors(codes: Collection[Code]) -> list[str]:
    """Where each of the indexes that the checks go by comes to the end of what is looked at."""
    floors = [
        f"SELECT s.article, s.id FROM ({_looked_at(among)}) s OFFSET {LOOKED_AT}"
        for among in sorted({CHECKS[code].among for code in codes if CHECKS[code].condition})
    ]
    if Code.PUBLISHED_WITH_UNRESOLVED in codes:
        floors.append(f"""SELECT a.id, {ABOVE_ALL} FROM claims_article a WHERE a.status = 'published' AND a.id <= %(a)s
            ORDER BY a.id DESC OFFSET {ARTICLES_LOOKED_AT} LIMIT 1""")
    return floors


def _branch(code: Code) -> str:
    check, number = CHECKS[code], NUMBERS[code]
    return f"""SELECT s.article, s.id, {number} FROM ({_looked_at(check.among)}) s
        WHERE {check.condition} AND (s.article, s.id, {number}) < (%(a)s, %(s)s, %(n)s)
        AND (s.article, s.id) > (SELECT * FROM floor)
        ORDER BY s.article DESC, s.id DESC LIMIT %(limit)s"""


def _looked_at(among: str) -> str:
    """Limited by itself, so that the planner goes by the index of just these."""
    return f"""SELECT s.* FROM claims_statement s
        WHERE {among} AND (s.article, s.id) <= (%(a)s, %(s)s)
        AND (%(article)s::bigint IS NULL OR s.article = %(article)s::bigint)
        ORDER BY s.article DESC, s.id DESC LIMIT %(looked_at)s"""


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
        AND (a.id, {ABOVE_ALL}) > (SELECT * FROM floor)
        ORDER BY a.id DESC LIMIT %(limit)s"""
