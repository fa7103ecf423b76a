"""The one piece of SQL that every contender needs: without it the database refuses the commit."""

RECORD_STATEMENT = """
INSERT INTO journal_entry (actor, action, resource, resource_id, version, article, reason, data)
SELECT CAST({actor} AS integer), {action}, 'statement', r.id, r.version, r.article, {reason},
    to_jsonb(r) || jsonb_build_object('via', (
        SELECT coalesce(jsonb_agg(v.source ORDER BY v.position), '[]') FROM claims_statementvia v
        WHERE v.statement = r.id))
FROM claims_statement r WHERE r.id = {statement}
"""
FOR_PSYCOPG = RECORD_STATEMENT.format(
    actor="%(actor)s", action="%(action)s", reason="%(reason)s", statement="%(statement)s"
)
FOR_SQLALCHEMY = RECORD_STATEMENT.format(actor=":actor", action=":action", reason=":reason", statement=":statement")
