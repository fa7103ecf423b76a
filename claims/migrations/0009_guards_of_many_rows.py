from django.db import migrations

# A CASE expression would set up the look-ups of all five tables each time, for the one that is asked for.
PRESENT_VERSION = """
CREATE OR REPLACE FUNCTION journal_present_version(resource text, row_id bigint) RETURNS integer
LANGUAGE plpgsql STABLE AS $$
BEGIN
    CASE resource
        WHEN 'source' THEN RETURN (SELECT r.version FROM sources_source r WHERE r.id = row_id);
        WHEN 'article' THEN RETURN (SELECT r.version FROM claims_article r WHERE r.id = row_id);
        WHEN 'statement' THEN RETURN (SELECT r.version FROM claims_statement r WHERE r.id = row_id);
        WHEN 'evidence' THEN RETURN (SELECT r.version FROM claims_evidence r WHERE r.id = row_id);
        WHEN 'dispute' THEN RETURN (SELECT r.version FROM claims_dispute r WHERE r.id = row_id);
        ELSE RETURN NULL;
    END CASE;
END $$;
"""
PRESENT_VERSION_BEFORE = """
CREATE OR REPLACE FUNCTION journal_present_version(resource text, row_id bigint) RETURNS integer LANGUAGE sql STABLE
RETURN CASE resource
    WHEN 'source' THEN (SELECT r.version FROM sources_source r WHERE r.id = row_id)
    WHEN 'article' THEN (SELECT r.version FROM claims_article r WHERE r.id = row_id)
    WHEN 'statement' THEN (SELECT r.version FROM claims_statement r WHERE r.id = row_id)
    WHEN 'evidence' THEN (SELECT r.version FROM claims_evidence r WHERE r.id = row_id)
    WHEN 'dispute' THEN (SELECT r.version FROM claims_dispute r WHERE r.id = row_id)
END;
"""

# What it asks for is unchanged. The search among later entries is made only for a row that is gone.
REQUIRE_WRITE = """
CREATE OR REPLACE FUNCTION journal_require_write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    present integer := journal_present_version(NEW.resource, NEW.resource_id);
    is_written boolean;
BEGIN
    IF NEW.action LIKE '%.deleted' THEN
        is_written := present IS NULL;
    ELSIF present IS NOT NULL THEN
        is_written := present >= NEW.version;
    ELSE
        is_written := EXISTS (SELECT FROM journal_entry e WHERE e.resource = NEW.resource
                              AND e.resource_id = NEW.resource_id AND e.version > NEW.version);
    END IF;
    IF NOT is_written THEN
        RAISE EXCEPTION 'journal entry %: % % was not written so', NEW.id, NEW.resource, NEW.resource_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_has_its_write';
    END IF;
    RETURN NULL;
END $$;
"""
REQUIRE_WRITE_BEFORE = """
CREATE OR REPLACE FUNCTION journal_require_write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    present integer := journal_present_version(NEW.resource, NEW.resource_id);
BEGIN
    IF (CASE
        WHEN NEW.action LIKE '%.deleted' THEN present IS NOT NULL
        WHEN present IS NOT NULL THEN present < NEW.version
        ELSE NOT EXISTS (SELECT FROM journal_entry e WHERE e.resource = NEW.resource
                         AND e.resource_id = NEW.resource_id AND e.version > NEW.version)
    END) THEN
        RAISE EXCEPTION 'journal entry %: % % was not written so', NEW.id, NEW.resource, NEW.resource_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_has_its_write';
    END IF;
    RETURN NULL;
END $$;
"""

# One query instead of three.
REQUIRE_CHAIN = """
CREATE OR REPLACE FUNCTION statement_require_chain(owner bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    entry record;
BEGIN
    SELECT e.transaction, e.data->'via' AS via, to_jsonb(ARRAY(
            SELECT v.source FROM claims_statementvia v WHERE v.statement = owner ORDER BY v.position)) AS chain
        INTO entry FROM claims_statement s
        LEFT JOIN journal_entry e ON e.resource = 'statement' AND e.resource_id = owner AND e.version = s.version
        WHERE s.id = owner;
    IF NOT FOUND THEN
        RETURN;  -- deleted: the statement's own guard asks for the entry
    END IF;
    IF entry.transaction IS DISTINCT FROM pg_current_xact_id()::text::bigint THEN
        RAISE EXCEPTION 'statement %: no journal entry for its chain', owner
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_required';
    END IF;
    IF entry.via IS DISTINCT FROM entry.chain THEN
        RAISE EXCEPTION 'statement %: the journal entry does not say what its chain is', owner
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_is_true';
    END IF;
END $$;
"""
REQUIRE_CHAIN_BEFORE = """
CREATE OR REPLACE FUNCTION statement_require_chain(owner bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    present integer := (SELECT s.version FROM claims_statement s WHERE s.id = owner);
    entry record;
BEGIN
    IF present IS NULL THEN
        RETURN;  -- deleted: the statement's own guard asks for the entry
    END IF;
    SELECT e.data->'via' AS via, e.transaction INTO entry FROM journal_entry e
        WHERE e.resource = 'statement' AND e.resource_id = owner AND e.version = present;
    IF NOT FOUND OR entry.transaction <> pg_current_xact_id()::text::bigint THEN
        RAISE EXCEPTION 'statement %: no journal entry for its chain', owner
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_required';
    END IF;
    IF entry.via IS DISTINCT FROM (
        SELECT coalesce(jsonb_agg(v.source ORDER BY v.position), '[]') FROM claims_statementvia v
        WHERE v.statement = owner
    ) THEN
        RAISE EXCEPTION 'statement %: the journal entry does not say what its chain is', owner
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_is_true';
    END IF;
END $$;
"""

# A passage deep in a text is found by counting all code points before it. So the statements of one INSERT are judged
# together: each stretch of a revision in which some begin is cut out once, and they are looked for in that.
PASSAGES = """
CREATE FUNCTION statements_require_passages() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    length constant integer := 4096;
    stray bigint;
BEGIN
    WITH stretch AS MATERIALIZED (
        SELECT b.article, b.revision, b.place, substr(v.text, b.place * length + 1, length + b.longest) AS words
        FROM (SELECT w.article, w.revision, w.start / length AS place, max(w."end" - w.start) AS longest
              FROM written w GROUP BY 1, 2, 3) b
        JOIN claims_articlerevision v ON v.article = b.article AND v.number = b.revision
    )
    SELECT w.id INTO stray FROM written w
        LEFT JOIN stretch t ON t.article = w.article AND t.revision = w.revision AND t.place = w.start / length
        WHERE substr(t.words, w.start % length + 1, w."end" - w.start) IS DISTINCT FROM w.text LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'statement %: its text is not the passage it is pinned to', stray
            USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_text_is_its_passage';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER passage_on_insert ON claims_statement;
CREATE TRIGGER passage_on_insert AFTER INSERT ON claims_statement REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION statements_require_passages();
"""
PASSAGES_BEFORE = """
DROP TRIGGER passage_on_insert ON claims_statement;
CREATE TRIGGER passage_on_insert AFTER INSERT ON claims_statement
    FOR EACH ROW EXECUTE FUNCTION statement_require_passage();
DROP FUNCTION statements_require_passages();
"""
# As in 0007, which says why; replacing a function drops its settings.
FIXED_NAMES = """
DO $$ DECLARE name text; BEGIN
    FOREACH name IN ARRAY ARRAY[{names}] LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', name, current_schema());
    END LOOP;
END $$;
"""
# Who waits to exchange a trigger keeps all others waiting: rather not for long, and again later.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '10s';"
REPLACED = "'journal_present_version(text, bigint)', 'journal_require_write()', 'statement_require_chain(bigint)'"


class Migration(migrations.Migration):
    """The guards ask for the same as before, at less cost for each of many rows."""

    dependencies = [("claims", "0008_indexes_by_use")]

    operations = [
        migrations.RunSQL(
            LOCK_TIMEOUT
            + PRESENT_VERSION
            + REQUIRE_WRITE
            + REQUIRE_CHAIN
            + PASSAGES
            + FIXED_NAMES.format(names=f"{REPLACED}, 'statements_require_passages()'"),
            LOCK_TIMEOUT
            + PRESENT_VERSION_BEFORE
            + REQUIRE_WRITE_BEFORE
            + REQUIRE_CHAIN_BEFORE
            + PASSAGES_BEFORE
            + FIXED_NAMES.format(names=REPLACED),
        )
    ]
