"""The statements of bare_limit.py. Each read answers rows of (id or version, JSON as text)."""


def utc(column):
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def source(alias):
    return (
        f"json_build_object('id', {alias}.id, 'name', {alias}.name, 'kind', {alias}.kind, "
        f"'anonymous', {alias}.anonymous)"
    )


CALLER = """
SELECT u.id, ARRAY(SELECT g.name FROM auth_user_groups m JOIN auth_group g ON g.id = m.group_id WHERE m.user_id = u.id)
FROM api_token t JOIN auth_user u ON u.id = t.user_id
WHERE t.digest = %s AND u.is_active AND (t.expiry IS NULL OR t.expiry > now())
"""

COLUMNS = f"""
s.id, s.version, {utc("s.created_at")} AS created_at, {utc("s.updated_at")} AS updated_at, s.article, s.key, s.text,
s.start, s."end", s.prefix, s.suffix, s.revision, s.anchor, s.candidate, s.paraphrase, s.quote_type,
CASE WHEN f.id IS NOT NULL THEN {source("f")} END AS source,
coalesce((SELECT json_agg({source("x")} ORDER BY v.position) FROM claims_statementvia v
    JOIN sources_source x ON x.id = v.source WHERE v.statement = s.id), '[]') AS via,
s.said_on, s.media_start, s.media_end, s.tag, s.tag_reason, {utc("s.tagged_at")} AS tagged_at,
(SELECT count(*) FROM claims_dispute d WHERE d.statement = s.id AND d.state = 'open') AS open_disputes
"""
# How many editors' own latest tag is another than the statement's.
DISSENT = """
(SELECT count(*) FROM journal_entry e WHERE e.resource = 'statement' AND e.resource_id = s.id
    AND e.action = 'statement.tagged' AND e.data->>'tag' <> s.tag AND NOT EXISTS (
        SELECT FROM journal_entry l WHERE l.resource = 'statement' AND l.resource_id = s.id
        AND l.action = 'statement.tagged' AND l.actor = e.actor AND l.version > e.version)) AS dissent
"""
USER = "CASE WHEN u.id IS NOT NULL THEN json_build_object('id', u.id, 'username', u.username) END AS tagged_by"
SIGNED_IN = f"""SELECT {COLUMNS}, {USER}, {DISSENT} FROM claims_statement s
LEFT JOIN sources_source f ON f.id = s.source LEFT JOIN auth_user u ON u.id = s.tagged_by"""
PUBLIC = f"""SELECT {COLUMNS} FROM claims_statement s JOIN claims_article a ON a.id = s.article
LEFT JOIN sources_source f ON f.id = s.source WHERE a.status = 'published' AND s.revision = a.revision"""

NEWEST = "s.id < %(before)s ORDER BY s.id DESC"
PLACE = "s.article = %(article)s AND (s.start, s.id) > (%(after_start)s, %(after_id)s) ORDER BY s.start, s.id"
PAGE = f"SELECT r.id, row_to_json(r)::text FROM ({SIGNED_IN} WHERE {NEWEST} LIMIT %(size)s) r"
PUBLIC_PAGE = f"SELECT r.id, row_to_json(r)::text FROM ({PUBLIC} AND {NEWEST} LIMIT %(size)s) r"
ONE = f"SELECT r.version, row_to_json(r)::text FROM ({SIGNED_IN} WHERE s.id = %(id)s) r"
PUBLIC_ONE = f"SELECT r.version, row_to_json(r)::text FROM ({PUBLIC} AND s.id = %(id)s) r"
SEVERAL = f"SELECT r.id, row_to_json(r)::text FROM ({SIGNED_IN} WHERE s.id = ANY(%(ids)s) ORDER BY s.id) r"

PUBLIC_DISPUTES = f"""
SELECT r.id, row_to_json(r)::text FROM (
    SELECT d.id, d.version, {utc("d.created_at")} AS created_at, {utc("d.updated_at")} AS updated_at, d.statement, d.key,
        {source("f")} AS raised_by, CASE WHEN EXISTS (
            SELECT FROM claims_statement c JOIN claims_article b ON b.id = c.article
            WHERE c.id = d.counter_statement AND b.status = 'published' AND c.revision = b.revision
        ) THEN d.counter_statement END AS counter_statement,
        d.kind, d.scope, d.note, d.state, d.resolution, {utc("d.opened_at")} AS opened_at,
        {utc("d.resolved_at")} AS resolved_at
    FROM claims_dispute d JOIN claims_statement s ON s.id = d.statement JOIN claims_article a ON a.id = s.article
    JOIN sources_source f ON f.id = d.raised_by
    WHERE a.status = 'published' AND s.revision = a.revision AND {NEWEST.replace("s.id", "d.id")} LIMIT %(size)s) r
"""


def of_a_tag(statement):
    return statement.replace(NEWEST, f"s.tag = %(tag)s AND {NEWEST}")


def of_an_article(statement):
    if statement == PUBLIC_DISPUTES:
        return statement.replace("d.id < %(before)s", "s.article = %(article)s AND d.id < %(before)s")
    return statement.replace(NEWEST, PLACE)


def at_the_moment(resource, row_id):
    return (
        f"FROM journal_entry n WHERE n.resource = '{resource}' AND n.resource_id = {row_id} "
        "AND n.at <= %(moment)s::timestamptz ORDER BY n.version DESC LIMIT 1"
    )


def source_at_the_moment(row_id):
    return (
        "(SELECT json_build_object('id', n.resource_id, 'name', n.data->'name', 'kind', n.data->'kind', "
        f"'anonymous', n.data->'anonymous') {at_the_moment('source', row_id)})"
    )


def utc_in_data(name):
    return utc(f"(e.data->>'{name}')::timestamptz") + f" AS {name}"


PLAIN = ["key", "text", "start", "end", "prefix", "suffix", "revision", "anchor", "candidate", "paraphrase",
         "quote_type", "said_on", "media_start", "media_end", "tag", "tag_reason"]  # fmt: skip
AS_OF = f"""
SELECT r.version, row_to_json(r)::text FROM (
    SELECT e.resource_id AS id, e.version, {utc_in_data("created_at")}, {utc_in_data("updated_at")}, e.article,
        {", ".join(f"e.data->'{name}' AS " + f'"{name}"' for name in PLAIN)}, {utc_in_data("tagged_at")},
        {source_at_the_moment("(e.data->>'source')::bigint")} AS source,
        coalesce((SELECT json_agg({source_at_the_moment("v.id::bigint")} ORDER BY v.place)
            FROM jsonb_array_elements_text(e.data->'via') WITH ORDINALITY v(id, place)), '[]') AS via,
        (SELECT count(*) FROM journal_entry d WHERE d.resource = 'dispute' AND d.article = e.article
            AND d.at <= %(moment)s::timestamptz AND d.data->'statement' = to_jsonb(e.resource_id)
            AND d.data->>'state' = 'open' AND d.action <> 'dispute.deleted' AND NOT EXISTS (
                SELECT FROM journal_entry l WHERE l.resource = 'dispute' AND l.resource_id = d.resource_id
                AND l.version = d.version + 1 AND l.at <= %(moment)s::timestamptz)) AS open_disputes,
        {USER},
        (SELECT count(*) FROM journal_entry o WHERE o.resource = 'statement' AND o.resource_id = e.resource_id
            AND o.action = 'statement.tagged' AND o.at <= %(moment)s::timestamptz AND o.data->>'tag' <> e.data->>'tag'
            AND NOT EXISTS (SELECT FROM journal_entry l WHERE l.resource = 'statement' AND l.resource_id = o.resource_id
                AND l.action = 'statement.tagged' AND l.actor = o.actor AND l.version > o.version
                AND l.at <= %(moment)s::timestamptz)) AS dissent
    FROM (SELECT * {at_the_moment("statement", "%(id)s")}) e LEFT JOIN auth_user u ON u.id = (e.data->>'tagged_by')::integer
    WHERE e.action <> 'statement.deleted') r
"""

ENTRY = "INSERT INTO journal_entry (actor, action, resource, resource_id, version, article, reason, data)"
TAG = f"""
WITH written AS (
    UPDATE claims_statement SET version = version + 1, tag = %(tag)s, tag_reason = %(reason)s, tagged_by = %(actor)s,
        tagged_at = statement_timestamp(), updated_at = statement_timestamp() WHERE id = %(id)s RETURNING *)
{ENTRY} SELECT %(actor)s, 'statement.tagged', 'statement', w.id, w.version, w.article, %(reason)s,
    to_jsonb(w) || jsonb_build_object('via', (SELECT coalesce(jsonb_agg(v.source ORDER BY v.position), '[]')
        FROM claims_statementvia v WHERE v.statement = w.id))
FROM written w
"""
INSERT = f"""
WITH given AS (
    SELECT * FROM ROWS FROM (jsonb_to_recordset(%(rows)s::jsonb) AS (
        article bigint, start integer, "end" integer, source bigint, via jsonb, key text)) WITH ORDINALITY
        AS g(article, start, "end", source, via, key, place)
), locked AS (
    SELECT id, revision, text FROM claims_article WHERE id IN (SELECT article FROM given) FOR NO KEY UPDATE
), made AS (
    INSERT INTO claims_statement (version, article, key, text, start, "end", prefix, suffix, revision, anchor, paraphrase,
        quote_type, source, tag, tag_reason)
    SELECT 1, l.id, g.key, substr(l.text, g.start + 1, g."end" - g.start), g.start, g."end",
        substr(l.text, greatest(0, g.start - 32) + 1, least(32, g.start)), substr(l.text, g."end" + 1, 32), l.revision,
        'anchored', '', 'indirect', g.source, 'unverified', ''
    FROM given g JOIN locked l ON l.id = g.article ORDER BY g.place RETURNING *
), chains AS (
    INSERT INTO claims_statementvia (statement, position, source)
    SELECT m.id, v.place - 1, v.source::bigint FROM made m JOIN given g USING (key),
        jsonb_array_elements_text(g.via) WITH ORDINALITY v(source, place)
), entries AS (
    {ENTRY} SELECT %(actor)s, 'statement.created', 'statement', m.id, 1, m.article, '',
        to_jsonb(m) || jsonb_build_object('via', g.via)
    FROM made m JOIN given g USING (key)
)
SELECT id FROM made ORDER BY id
"""
