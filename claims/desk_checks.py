"""What an experienced editor would notice. Computed at each request, never stored.

One query has a branch for each check and reads the newest articles first. Each branch stops when the page is full. If
there are few findings, all branches stop at the floor: after MAX_SCANNED_STATEMENTS of those that one of the checks
looks at, or after MAX_SCANNED_ARTICLES. So a page may have few findings, or none, and still be followed by another.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext_lazy

from claims.models import Statement
from factcheck.errors import Text
from factcheck.postgres.prepared import execute_prepared


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
    """`condition` is SQL about the statement `s`. It holds only where `indexed` does, a condition that has an index."""

    severity: Severity
    message: Text
    condition: str = ""
    indexed: str = "true"


class Finding(NamedTuple):
    article: int
    statement: int | None
    code: Code

    @property
    def severity(self) -> Severity:
        return CHECKS[self.code].severity

    @property
    def message(self) -> Text:
        return CHECKS[self.code].message


class Cursor(NamedTuple):
    """The place of a finding in the order of all: article, statement, number of the check. A page begins after it."""

    article: int
    statement: int
    number: int


MAX_SCANNED_STATEMENTS = 1_000  # for one page
MAX_SCANNED_ARTICLES = 50
UNANCHORED = "NOT s.anchor = 'anchored'"
OPEN_OR_UPHELD = "state IN ('open', 'upheld')"
# As a subquery, so that PostgreSQL plans all articles alike and keeps the plan: planning takes longer than running it.
THE_ARTICLE = "(SELECT %(article)s::bigint)"
# OFFSET 0 makes PostgreSQL look up each statement's rows. Otherwise the planner may read the whole table first.
DISPUTED = f"(SELECT FROM claims_dispute d WHERE d.statement = s.id AND d.{OPEN_OR_UPHELD} OFFSET 0)"
CHAIN = Statement.journal_children["via"].replace("r.id", "s.id")
# The source and the chain when the statement was tagged; a source that was merged since counts as the one it is now.
SOURCE_WHEN_TAGGED = """coalesce((SELECT m.into_source FROM sources_sourceredirect m
    WHERE m.id = (t.data->>'source')::bigint), (t.data->>'source')::bigint)"""
CHAIN_WHEN_TAGGED = """(SELECT coalesce(jsonb_agg(coalesce(m.into_source, w.source::bigint) ORDER BY w.place), '[]')
    FROM jsonb_array_elements_text(t.data->'via') WITH ORDINALITY w(source, place)
    LEFT JOIN sources_sourceredirect m ON m.id = w.source::bigint)"""
CHECKS = {
    Code.ASSERTED_BUT_DISPUTED: Check(
        Severity.ERROR,
        gettext_lazy("Tagged asserted, but a dispute of it is open or upheld."),
        f"s.tag = 'asserted' AND EXISTS {DISPUTED}",
    ),
    Code.DENIED_WITHOUT_DENIAL: Check(
        Severity.ERROR,
        gettext_lazy(
            "Tagged denied, but nobody is recorded as denying it: no open or upheld dispute, no refuting evidence."
        ),
        f"s.tag = 'denied' AND NOT EXISTS {DISPUTED} "
        "AND NOT EXISTS (SELECT FROM claims_evidence v WHERE v.statement = s.id AND v.stance = 'refutes' OFFSET 0)",
    ),
    Code.ASSERTED_ON_WEAK_SOURCES: Check(
        Severity.WARNING,
        gettext_lazy(
            "Tagged asserted, but it rests on an anonymous or second-hand source alone, without supporting evidence."
        ),
        "s.tag = 'asserted' AND (EXISTS (SELECT FROM claims_statementvia c WHERE c.statement = s.id OFFSET 0) "
        "OR EXISTS (SELECT FROM sources_source o WHERE o.id = s.source AND o.anonymous OFFSET 0)) "
        "AND NOT EXISTS (SELECT FROM claims_evidence v WHERE v.statement = s.id AND v.stance = 'supports' OFFSET 0)",
    ),
    Code.BOTH_SIDES_ASSERTED: Check(
        Severity.ERROR,
        gettext_lazy("This statement and the one in which it is disputed are both tagged asserted."),
        "s.tag = 'asserted' AND EXISTS (SELECT FROM claims_dispute d JOIN claims_statement o "
        f"ON o.id = d.counter_statement AND o.tag = 'asserted' WHERE d.statement = s.id AND d.{OPEN_OR_UPHELD} "
        "OFFSET 0)",
    ),
    Code.ANCHOR_NEEDS_REVIEW: Check(
        Severity.WARNING,
        gettext_lazy(
            "The article's text changed, and only a passage like this one was found. Confirm it, or pin another."
        ),
        "s.anchor = 'needs_review'",
        UNANCHORED,
    ),
    Code.ANCHOR_ORPHANED: Check(
        Severity.ERROR,
        gettext_lazy("The article's text changed, and this passage is no longer in it."),
        "s.anchor = 'orphaned'",
        UNANCHORED,
    ),
    Code.QUOTE_WITHOUT_SOURCE: Check(
        Severity.WARNING,
        gettext_lazy("Words in quotation marks without a source: say who is quoted."),
        "s.source IS NULL AND s.text ~ '[“”„«»\"]'",
        "s.source IS NULL",
    ),
    Code.CHANGED_SINCE_TAGGED: Check(
        Severity.WARNING,
        gettext_lazy(
            "The passage, its source or its chain was changed after it was tagged. Tag it again if the tag still holds."
        ),
        "s.updated_at > s.tagged_at AND EXISTS (SELECT FROM journal_entry t WHERE t.resource = 'statement' "
        "AND t.resource_id = s.id AND t.version < s.version AND t.action = 'statement.tagged' "
        f"AND (t.data->>'text' <> s.text OR {SOURCE_WHEN_TAGGED} IS DISTINCT FROM s.source "
        f"OR {CHAIN_WHEN_TAGGED} <> ({CHAIN})) "
        "AND NOT EXISTS (SELECT FROM journal_entry u WHERE u.resource = 'statement' "
        "AND u.resource_id = s.id AND u.version > t.version AND u.action = 'statement.tagged') OFFSET 0)",
        "s.updated_at > s.tagged_at",
    ),
    Code.PUBLISHED_WITH_UNRESOLVED: Check(
        Severity.ERROR, gettext_lazy("The article is published with findings that are unresolved.")
    ),
}
NUMBERS = {code: number for number, code in enumerate(Code)}
CODES = list(Code)
ERRORS = [code for code in CODES if CHECKS[code].severity is Severity.ERROR]
ARTICLE_ITSELF = 2**63 - 1  # in place of a statement's id: a finding about the article comes before its statements'
START = Cursor(ARTICLE_ITSELF, ARTICLE_ITSELF, len(CODES))


class FindingPage(NamedTuple):
    rows: list[tuple[Cursor, Finding]]
    floor: Cursor | None  # nothing after it was scanned; None if everything was

    def next_cursor(self, limit: int) -> Cursor | None:
        """Where the next page begins if this one shows `limit` rows; None if there is none."""
        return self.rows[limit - 1][0] if len(self.rows) > limit else self.floor


def findings(
    *, codes: Collection[Code] = CODES, article: int | None = None, after: Cursor = START, limit: int
) -> FindingPage:
    """The first `limit` findings after a cursor, by article, then statement, newest first."""
    if not codes:
        return FindingPage([], None)
    parameters = {
        "article": article,
        "a": after.article,
        "s": after.statement,
        "n": after.number,
        "limit": limit,
    }
    rows = execute_prepared(_query(codes, is_of_article=bool(article)), parameters)
    cursors = [Cursor(*row[:3]) for row in rows if row[0] is not None]
    *_, floor_article, floor_statement = rows[0]
    floor = Cursor(floor_article, floor_statement, len(CODES)) if floor_article else None
    return FindingPage([(each, _finding(each)) for each in cursors], floor)


def _query(codes: Collection[Code], *, is_of_article: bool) -> str:
    """One row for each finding, with the floor in every row; a row of nulls and the floor if there is no finding."""
    floors = [] if is_of_article else _floors(codes)
    branches = [
        _article_branch(is_of_article) if code is Code.PUBLISHED_WITH_UNRESOLVED else _branch(code, is_of_article)
        for code in codes
    ]
    return f"""SELECT * FROM (
                WITH floor AS MATERIALIZED (
                    SELECT * FROM ({_union(["SELECT 0, 0", *floors])}) f(article, statement)
                    ORDER BY 1 DESC, 2 DESC LIMIT 1),
                found AS (
                    SELECT * FROM ({_union(branches)}) b(article, statement, number)
                    ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT %(limit)s)
                SELECT found.*, floor.* FROM floor LEFT JOIN found ON true) page(article, statement, number)
            ORDER BY 1 DESC, 2 DESC, 3 DESC"""


def _finding(cursor: Cursor) -> Finding:
    statement = None if cursor.statement == ARTICLE_ITSELF else cursor.statement
    return Finding(cursor.article, statement, CODES[cursor.number])


def _union(parts: Sequence[str]) -> str:
    return " UNION ALL ".join(f"({part})" for part in parts)


def _floors(codes: Collection[Code]) -> list[str]:
    """For each index that the checks use, the row at which the scan ends."""
    floors = [
        f"SELECT s.article, s.id FROM ({_scanned(indexed)}) s OFFSET {MAX_SCANNED_STATEMENTS}"
        for indexed in sorted({CHECKS[code].indexed for code in codes if CHECKS[code].condition})
    ]
    if Code.PUBLISHED_WITH_UNRESOLVED in codes:
        floors.append(f"""SELECT a.id, {ARTICLE_ITSELF} FROM claims_article a
            WHERE a.status = 'published' AND a.id <= %(a)s
            ORDER BY a.id DESC OFFSET {MAX_SCANNED_ARTICLES} LIMIT 1""")
    return floors


def _branch(code: Code, is_of_article: bool) -> str:
    check, number = CHECKS[code], NUMBERS[code]
    return f"""SELECT s.article, s.id, {number} FROM ({_scanned(check.indexed, is_of_article)}) s
        WHERE {check.condition} AND (s.article, s.id, {number}) < (%(a)s, %(s)s, %(n)s)
        AND (s.article, s.id) > (SELECT * FROM floor)
        ORDER BY s.article DESC, s.id DESC LIMIT %(limit)s"""


def _scanned(indexed: str, is_of_article: bool = False) -> str:
    """Has its own limit, so that the planner uses the index of `indexed`. One article is scanned whole."""
    of_article = f"AND s.article = {THE_ARTICLE}" if is_of_article else ""
    limit = "ALL" if is_of_article else MAX_SCANNED_STATEMENTS + 1
    return f"""SELECT s.* FROM claims_statement s
        WHERE {indexed} AND (s.article, s.id) <= (%(a)s, %(s)s)
        {of_article}
        ORDER BY s.article DESC, s.id DESC LIMIT {limit}"""


def _article_branch(is_of_article: bool) -> str:
    number = NUMBERS[Code.PUBLISHED_WITH_UNRESOLVED]
    found = " OR ".join(
        # OFFSET 0 keeps the planner from scanning all statements instead of this article's.
        f"EXISTS (SELECT FROM claims_statement s WHERE s.article = a.id AND {check.condition} OFFSET 0)"
        for check in CHECKS.values()
        if check.condition
    )
    return f"""
        SELECT a.id, {ARTICLE_ITSELF}, {number} FROM claims_article a
        WHERE a.status = 'published' AND ({found})
        AND a.id <= %(a)s AND (a.id, {ARTICLE_ITSELF}, {number}) < (%(a)s, %(s)s, %(n)s)
        {f"AND a.id = {THE_ARTICLE}" if is_of_article else ""}
        AND (a.id, {ARTICLE_ITSELF}) > (SELECT * FROM floor)
        ORDER BY a.id DESC LIMIT %(limit)s"""
