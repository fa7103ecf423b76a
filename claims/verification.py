"""What `manage.py verify_journal` checks of articles and what is in them, and the list of all checks."""

from claims import guards as claims
from claims.address_triggers import GUARDS as ADDRESS_TRIGGERS
from claims.models import Article, Dispute, Evidence, Note, Statement
from claims.search_triggers import OPERATIONS as SEARCH_TRIGGERS
from factcheck.journal import guards as journal
from factcheck.journal.verification.lives import USERS, known_resources, recorded
from factcheck.journal.verification.ranges import Check
from factcheck.journal.verification.tables import tables_and_guards
from sources import guards as sources
from sources.verification import REDIRECTS, SOURCES

# Revisions are numbered from 1 without a gap, also those of deleted articles. The article's entries tell the number and
# the digest of each, so that none is there that nobody wrote.
#
# A revision is written just before its entry, in the same transaction. Both times are the database's, so they are less
# than a minute apart. They may be further apart where the clock was set back: then the entry's time is a microsecond
# after that of the entry before.
REVISIONS = Check(
    "revision",
    """
    SELECT 'revision' AS resource, coalesce(v.article, e.article) AS id, v.number AS version,
        CASE
        WHEN v.id IS NULL THEN ARRAY['revision_missing', 'an entry names revision ' || e.number]
        WHEN v.number <> v.nth THEN ARRAY['revision_gap', 'it is number ' || v.nth || ' of its article']
        WHEN v.sha256 <> encode(sha256(convert_to(v.text, 'UTF8')), 'hex')
            THEN ARRAY['digest_differs', 'the digest is not that of the text']
        WHEN e.number IS NULL THEN ARRAY['revision_without_entry', 'no entry of the article names it']
        WHEN e.sha256 IS DISTINCT FROM v.sha256 THEN ARRAY['revision_differs', 'an entry names another digest']
        WHEN v.cue_times_sha256 IS DISTINCT FROM encode(sha256(convert_to(v.cue_times::text, 'UTF8')), 'hex')
            THEN ARRAY['digest_differs', 'the digest is not that of the cue times']
        WHEN e.cues_sha256 IS DISTINCT FROM v.cue_times_sha256
            THEN ARRAY['revision_differs', 'an entry names another digest of the cue times']
        WHEN v.created_at NOT BETWEEN e.at - interval '1 minute' AND e.at + interval '1 minute' AND NOT e.is_set_on
            THEN ARRAY['revision_time_differs', v.created_at || ', and the entry ' || e.at]
        WHEN a.text <> v.text THEN ARRAY['article_text_differs', 'the article has another text']
        END AS fault
    FROM (
        SELECT v.*, row_number() OVER (PARTITION BY v.article ORDER BY v.number) AS nth
        FROM claims_articlerevision v WHERE v.article BETWEEN %(low)s AND %(high)s
    ) v
    FULL JOIN (
        SELECT DISTINCT ON (article, number, sha256, cues_sha256) e.* FROM (
            SELECT e.resource_id AS article, e.data->>'revision' AS number, e.data->>'sha256' AS sha256,
                e.data->>'cue_times_sha256' AS cues_sha256, e.version, e.at,
                coalesce(e.at = lag(e.at) OVER life + interval '1 microsecond', false) AS is_set_on
            FROM journal_entry e WHERE e.resource = 'article' AND e.resource_id BETWEEN %(low)s AND %(high)s
            WINDOW life AS (PARTITION BY e.resource_id ORDER BY e.version)
        ) e ORDER BY article, number, sha256, cues_sha256, version
    ) e ON e.article = v.article AND e.number = v.number::text
    LEFT JOIN claims_article a ON a.id = v.article AND a.revision = v.number
    """,
    ids=(
        "SELECT article AS id FROM claims_articlerevision",
        "SELECT resource_id AS id FROM journal_entry WHERE resource = 'article'",
    ),
    size=2_000,  # texts are long
)

# By which addresses an article is found. Where two articles had one address before it was unique in all its forms, only
# one of them is found by it.
ADDRESSES = Check(
    "address",
    """
    SELECT 'article' AS resource, coalesce(w.article, k.article) AS id, NULL::integer AS version, CASE
        WHEN w.address IS NULL THEN ARRAY['address_of_another', k.address || ' leads to it']
        WHEN k.address IS NULL AND NOT EXISTS (SELECT FROM claims_articleaddress o WHERE o.address = w.address)
            THEN ARRAY['address_missing', w.address || ' leads nowhere']
        END AS fault
    FROM (
        SELECT DISTINCT a.id AS article, canonical_address(given) AS address
        FROM claims_article a, unnest(a.url || a.addresses) given
        WHERE given IS NOT NULL AND a.id BETWEEN %(low)s AND %(high)s
    ) w FULL JOIN (SELECT article, address FROM claims_articleaddress WHERE article BETWEEN %(low)s AND %(high)s) k
        ON k.article = w.article AND k.address = w.address
    """,
    ids=("SELECT id FROM claims_article", "SELECT article AS id FROM claims_articleaddress"),
)

PINNED = "SELECT s.article, s.revision FROM claims_statement s WHERE s.id BETWEEN %(low)s AND %(high)s"
# As in the guard: each stretch of a text is cut out once, since PostgreSQL counts all code points before a passage.
PASSAGES = Check(
    "passage",
    f"""
    WITH stretch AS MATERIALIZED (
        SELECT b.article, b.revision, b.place, v.words
        FROM (SELECT s.article, s.revision, s.start / 4096 AS place, max(s."end" - s.start) AS longest
              FROM claims_statement s WHERE s.id BETWEEN %(low)s AND %(high)s GROUP BY 1, 2, 3) b
        CROSS JOIN LATERAL (
            SELECT substr(v.text, b.place * 4096 + 1, 4096 + b.longest) AS words FROM claims_articlerevision v
            WHERE v.article = b.article AND v.number = b.revision OFFSET 0) v  -- by the index, for each
    ), cue AS MATERIALIZED ({claims.cues_of(PINNED)}
    ), spoken AS (
        SELECT w.id, min(cue.begins) AS begins, max(cue.ends) AS ends FROM claims_statement w {claims.JOIN_CUES}
        WHERE w.id BETWEEN %(low)s AND %(high)s GROUP BY w.id
    )
    SELECT 'statement' AS resource, s.id, s.version, CASE
        WHEN substr(t.words, s.start %% 4096 + 1, s."end" - s.start) IS DISTINCT FROM s.text
            THEN ARRAY['passage_differs', 'revision ' || s.revision || ' has other words there']
        WHEN (s.media_start, s.media_end) IS DISTINCT FROM (spoken.begins, spoken.ends)
            THEN ARRAY['media_times_differ', 'the cues of revision ' || s.revision || ' have other times there']
        END AS fault
    FROM claims_statement s LEFT JOIN stretch t ON t.article = s.article AND t.revision = s.revision
        AND t.place = s.start / 4096
        LEFT JOIN spoken ON spoken.id = s.id
    WHERE s.id BETWEEN %(low)s AND %(high)s
    """,  # noqa: S608  every interpolated part is ours
    ids=("SELECT id FROM claims_statement",),
)

CHAINS = Check(
    "chain",
    """
    SELECT 'chain' AS resource, v.id, NULL::integer AS version, CASE WHEN s.id IS NULL
        THEN ARRAY['chain_without_statement', 'there is no statement ' || v.statement] END AS fault
    FROM claims_statementvia v LEFT JOIN claims_statement s ON s.id = v.statement
    WHERE v.id BETWEEN %(low)s AND %(high)s
    """,
    ids=("SELECT id FROM claims_statementvia",),
)

ARTICLES = recorded(Article, changed=("updated", "published", "withdrawn"))
STATEMENTS = recorded(Statement, changed=("updated", "tagged", "reanchored"))
EVIDENCE = recorded(Evidence)
DISPUTES = recorded(Dispute, created="opened", changed=("updated", "resolved", "reopened"))
NOTES = recorded(Note, changed=("updated", "resolved", "reopened", "taken", "withdrawn", "set_aside"))

GUARDS = [
    *journal.GUARDS,
    *journal.SALT_GUARDS,
    *journal.FACTOR_GUARDS,
    *journal.SEAL_GUARDS,
    *sources.GUARDS,
    *claims.GUARDS,
    *claims.CUE_GUARDS,
    *claims.NOTE_GUARDS,
]

CHECKS = [
    # What keeps words and addresses for searches guards nothing, but runs at the writes of recorded tables as well.
    *tables_and_guards([*GUARDS, *SEARCH_TRIGGERS, *ADDRESS_TRIGGERS]),
    known_resources([USERS, SOURCES, ARTICLES, STATEMENTS, EVIDENCE, DISPUTES, NOTES]),
    USERS,
    SOURCES,
    REDIRECTS,
    ARTICLES,
    REVISIONS,
    ADDRESSES,
    STATEMENTS,
    CHAINS,
    PASSAGES,
    EVIDENCE,
    DISPUTES,
    NOTES,
]
