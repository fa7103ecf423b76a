"""An annotation document by set-based SQL: the same rows and entries as the service's import writes.

For a document whose article is there and has nothing yet. It is answered as it came: the service reads it back.
"""

import json

from benchmarks.rivals.bare_limit_sql import ENTRY, INSERT

NEW_ARTICLE = f"""
WITH made AS (
    INSERT INTO claims_article (version, title, byline, language, text, revision, sha256, status)
    VALUES (1, %(title)s, '', 'en', %(text)s, 1, encode(sha256(convert_to(%(text)s, 'UTF8')), 'hex'), 'draft') RETURNING *
), revision AS (
    INSERT INTO claims_articlerevision (article, number, text, sha256, created_at)
    SELECT id, 1, text, sha256, now() FROM made
), entry AS (
    {ENTRY} SELECT %(actor)s, 'article.created', 'article', m.id, 1, m.id, '', to_jsonb(m) - 'text' FROM made m
)
SELECT id FROM made
"""
SOURCES = f"""
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS g(key text, name text, kind text)
), made AS (
    INSERT INTO sources_source (version, name, kind, anonymous, description, aliases, same_as)
    SELECT 1, name, kind, false, '', '{{}}', '{{}}' FROM given g
    WHERE NOT EXISTS (SELECT FROM sources_source x WHERE x.name = g.name AND x.kind = g.kind) RETURNING *
), entries AS (
    {ENTRY} SELECT %(actor)s, 'source.created', 'source', m.id, 1, NULL::bigint, '', to_jsonb(m) FROM made m
)
SELECT g.key, coalesce(m.id, x.id) FROM given g LEFT JOIN made m USING (name, kind)
LEFT JOIN sources_source x ON x.name = g.name AND x.kind = g.kind
"""
TAGS = f"""
WITH written AS (
    UPDATE claims_statement s SET version = s.version + 1, tag = g.tag, tag_reason = g.tag_reason,
        tagged_by = %(actor)s, tagged_at = statement_timestamp(), updated_at = statement_timestamp()
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS g(statement bigint, tag text, tag_reason text)
    WHERE s.id = g.statement AND g.tag <> 'unverified' RETURNING s.*
)
{ENTRY} SELECT %(actor)s, 'statement.tagged', 'statement', w.id, w.version, w.article, w.tag_reason,
    to_jsonb(w) || jsonb_build_object('via', (SELECT coalesce(jsonb_agg(v.source ORDER BY v.position), '[]')
        FROM claims_statementvia v WHERE v.statement = w.id))
FROM written w
"""
EVIDENCE = f"""
WITH made AS (
    INSERT INTO claims_evidence (version, statement, key, stance, url, title, excerpt)
    SELECT 1, statement, key, stance, url, '', ''
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS g(statement bigint, key text, stance text, url text) RETURNING *
)
{ENTRY} SELECT %(actor)s, 'evidence.created', 'evidence', m.id, 1, %(article)s, '', to_jsonb(m) FROM made m
"""
DISPUTES = f"""
WITH made AS (
    INSERT INTO claims_dispute (version, statement, key, raised_by, kind, scope, note, state, resolution, opened_by,
        opened_at)
    SELECT 1, statement, key, raised_by, kind, 'whole', '', 'open', '', %(actor)s, statement_timestamp()
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS g(statement bigint, key text, raised_by bigint, kind text) RETURNING *
)
{ENTRY} SELECT %(actor)s, 'dispute.opened', 'dispute', m.id, 1, %(article)s, '', to_jsonb(m) FROM made m
"""


def new_article(connection, actor, given):
    [made] = connection.execute(NEW_ARTICLE, {**given, "actor": actor}).fetchone()
    return made


def import_document(connection, actor, article, document):
    named = {"actor": actor, "article": article}

    def write(statement, rows):
        return connection.execute(statement, {**named, "rows": json.dumps(rows)})

    with connection.transaction():
        sources = dict(write(SOURCES, document["sources"]).fetchall())
        text, items = document["article"]["text"], document["statements"]
        made = write(INSERT, [_statement(item, article, text, sources) for item in items]).fetchall()
        ids = {item["key"]: row[0] for item, row in zip(items, made, strict=True)}
        write(TAGS, [{**item, "statement": ids[item["key"]]} for item in items])
        evidence = [{**row, "statement": ids[item["key"]]} for item in items for row in item["evidence"]]
        write(EVIDENCE, evidence)
        disputes = document["disputes"]
        write(
            DISPUTES,
            [{**row, "statement": ids[row["statement"]], "raised_by": sources[row["raised_by"]]} for row in disputes],
        )


def _statement(item, article, text, sources):
    start = text.index(item["text"])
    return {
        "article": article,
        "key": item["key"],
        "start": start,
        "end": start + len(item["text"]),
        "source": sources[item["source"]],
        "via": [sources[key] for key in item["via"]],
    }
