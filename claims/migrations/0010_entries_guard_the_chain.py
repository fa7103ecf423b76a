from django.db import migrations

from factcheck.journal.guards import REQUIRE_ENTRY_BY_VERSION

# An entry that says that the row is gone is the last word on it. A row of that id, made anew in the same transaction,
# would begin again at version 1 with the entries of the former, each of which was true of that one.
ENTRY_FOUND = """
    IF NOT FOUND OR entry.transaction <> pg_current_xact_id()::text::bigint THEN"""
REQUIRE_ENTRY = REQUIRE_ENTRY_BY_VERSION.replace(
    ENTRY_FOUND,
    """
    IF TG_OP = 'INSERT' AND EXISTS (SELECT FROM journal_entry e WHERE e.resource = TG_ARGV[0] AND e.resource_id = row_id
            AND e.version > wanted AND e.action LIKE '%.deleted')
            AND journal_present_version(TG_ARGV[0], row_id) IS NOT NULL THEN
        RAISE EXCEPTION '% %: this id is of a row that was deleted', TG_TABLE_NAME, row_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_is_true';
    END IF;"""
    + ENTRY_FOUND,
)

# Each write of a statement needs its entry, and each entry of a statement is held against the row. So this is the place
# where the chain is compared once for each write; a chain that is written without its statement has its own guard.
REQUIRE_WRITE = """
CREATE OR REPLACE FUNCTION journal_require_write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    present integer;
    chain jsonb;
    is_written boolean;
BEGIN
    IF NEW.resource = 'statement' THEN
        SELECT s.version, CASE WHEN s.version = NEW.version THEN to_jsonb(ARRAY(
                SELECT v.source FROM claims_statementvia v WHERE v.statement = s.id ORDER BY v.position)) END
            INTO present, chain FROM claims_statement s WHERE s.id = NEW.resource_id;
    ELSE
        present := journal_present_version(NEW.resource, NEW.resource_id);
    END IF;
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
    IF chain IS NOT NULL AND NEW.data->'via' IS DISTINCT FROM chain THEN
        RAISE EXCEPTION 'statement %: the journal entry does not say what its chain is', NEW.resource_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_is_true';
    END IF;
    RETURN NULL;
END $$;
"""
# As in 0009.
REQUIRE_WRITE_BEFORE = """
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
# As in 0006.
CHAIN_BEFORE = """
CREATE FUNCTION statement_chain_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM statement_require_chain(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER journal_entry_shows_chain AFTER INSERT OR UPDATE ON claims_statement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION statement_chain_recorded();
"""
# As in 0007, which says why; replacing a function drops its settings.
FIXED_NAMES = """
DO $$ DECLARE name text; BEGIN
    FOREACH name IN ARRAY ARRAY[{names}] LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', name, current_schema());
    END LOOP;
END $$;
"""
# Who waits to drop a trigger keeps all others waiting: rather not for long, and again later.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '10s';"


class Migration(migrations.Migration):
    """One look at a statement's chain for each write, no longer two; and the id of a deleted row is not used again."""

    dependencies = [("claims", "0009_guards_of_many_rows")]

    operations = [
        migrations.RunSQL(
            LOCK_TIMEOUT
            + REQUIRE_ENTRY
            + REQUIRE_WRITE
            + "DROP TRIGGER journal_entry_shows_chain ON claims_statement; DROP FUNCTION statement_chain_recorded();"
            + FIXED_NAMES.format(names="'journal_require_entry()', 'journal_require_write()'"),
            LOCK_TIMEOUT
            + REQUIRE_ENTRY_BY_VERSION
            + REQUIRE_WRITE_BEFORE
            + CHAIN_BEFORE
            + FIXED_NAMES.format(
                names="'journal_require_entry()', 'journal_require_write()', 'statement_chain_recorded()'"
            ),
        )
    ]
