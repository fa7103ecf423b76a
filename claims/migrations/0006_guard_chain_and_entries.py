from django.db import migrations

GUARDS = """
-- The chain is part of the statement. Whenever either is written, the entry of the statement's present version was
-- made by this transaction and shows the present chain.
CREATE FUNCTION statement_require_chain(owner bigint) RETURNS void LANGUAGE plpgsql AS $$
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

CREATE FUNCTION statement_chain_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM statement_require_chain(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER journal_entry_shows_chain AFTER INSERT OR UPDATE ON claims_statement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION statement_chain_recorded();

CREATE OR REPLACE FUNCTION via_require_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM statement_require_chain(OLD.statement);
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.statement <> OLD.statement) THEN
        PERFORM statement_require_chain(NEW.statement);
    END IF;
    RETURN NULL;
END $$;

-- The other way round: no entry without its write. Each version has one entry, so that one for a version that the row
-- has not reached, or a deletion of a row that is still there, speaks of nothing.
CREATE FUNCTION journal_present_version(resource text, row_id bigint) RETURNS integer LANGUAGE sql STABLE
RETURN CASE resource
    WHEN 'source' THEN (SELECT r.version FROM sources_source r WHERE r.id = row_id)
    WHEN 'article' THEN (SELECT r.version FROM claims_article r WHERE r.id = row_id)
    WHEN 'statement' THEN (SELECT r.version FROM claims_statement r WHERE r.id = row_id)
    WHEN 'evidence' THEN (SELECT r.version FROM claims_evidence r WHERE r.id = row_id)
    WHEN 'dispute' THEN (SELECT r.version FROM claims_dispute r WHERE r.id = row_id)
END;

CREATE FUNCTION journal_require_write() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE CONSTRAINT TRIGGER write_required AFTER INSERT ON journal_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION journal_require_write();
"""
VIA_BEFORE = """
CREATE OR REPLACE FUNCTION via_require_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.statement ELSE NEW.statement END;
    entry record;
BEGIN
    SELECT e.data, e.action INTO entry FROM journal_entry e
        WHERE e.resource = 'statement' AND e.resource_id = owner
          AND e.transaction = pg_current_xact_id()::text::bigint
        ORDER BY e.version DESC LIMIT 1;
    IF NOT FOUND OR (entry.action NOT LIKE '%.deleted' AND entry.data->'via' <> (
        SELECT coalesce(jsonb_agg(v.source ORDER BY v.position), '[]')
        FROM claims_statementvia v WHERE v.statement = owner)) THEN
        RAISE EXCEPTION 'statement %: no journal entry for its chain', owner
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_required';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0005_desk_check_indexes"),
        ("journal", "0004_guard_by_version"),
        ("sources", "0002_guards"),
    ]

    operations = [
        migrations.RunSQL(
            GUARDS,
            "DROP TRIGGER write_required ON journal_entry; DROP FUNCTION journal_require_write();"
            "DROP FUNCTION journal_present_version(text, bigint);"
            "DROP TRIGGER journal_entry_shows_chain ON claims_statement; DROP FUNCTION statement_chain_recorded();"
            + VIA_BEFORE
            + "DROP FUNCTION statement_require_chain(bigint);",
        )
    ]
