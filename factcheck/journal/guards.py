"""The database's side of the journal, as migration operations."""

from django.db.migrations.operations import RunSQL

FUNCTIONS = """
CREATE FUNCTION journal_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Nobody can backdate an entry or place it in another transaction.
    NEW.at := clock_timestamp();
    NEW.transaction := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;

CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the record is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'record_is_append_only';
END $$;

-- Arguments: the resource, and the columns that its entries leave out.
CREATE FUNCTION journal_require_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted integer;
    row_id bigint;
    entry record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        row_id := NEW.id; wanted := NEW.version;
        IF NEW.version <> 1 THEN
            RAISE EXCEPTION '% % begins at version 1', TG_TABLE_NAME, row_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'version_rises_by_one';
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        row_id := NEW.id; wanted := NEW.version;
        IF NEW.id <> OLD.id OR NEW.version <> OLD.version + 1 THEN
            RAISE EXCEPTION '% %: each write raises the version by one', TG_TABLE_NAME, row_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'version_rises_by_one';
        END IF;
    ELSE
        row_id := OLD.id; wanted := OLD.version + 1;
    END IF;
    SELECT e.action, e.data INTO entry FROM journal_entry e
        WHERE e.resource = TG_ARGV[0] AND e.resource_id = row_id AND e.version = wanted
          AND e.transaction = pg_current_xact_id()::text::bigint;
    IF NOT FOUND THEN
        RAISE EXCEPTION '% %: no journal entry for version %', TG_TABLE_NAME, row_id, wanted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_required';
    END IF;
    IF (TG_OP = 'DELETE') <> (entry.action LIKE '%.deleted')
       OR (TG_OP <> 'DELETE' AND NOT entry.data @> (to_jsonb(NEW) - TG_ARGV[1]::text[])) THEN
        RAISE EXCEPTION '% %: the journal entry does not say what was written', TG_TABLE_NAME, row_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_is_true';
    END IF;
    RETURN NULL;
END $$;
"""
# In force since migration 0004, which says why.
REQUIRE_ENTRY_BY_VERSION = """
CREATE OR REPLACE FUNCTION journal_require_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted integer;
    row_id bigint;
    entry record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        row_id := NEW.id; wanted := NEW.version;
        IF NEW.version <> 1 THEN
            RAISE EXCEPTION '% % begins at version 1', TG_TABLE_NAME, row_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'version_rises_by_one';
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        row_id := NEW.id; wanted := NEW.version;
        IF NEW.id <> OLD.id OR NEW.version <> OLD.version + 1 THEN
            RAISE EXCEPTION '% %: each write raises the version by one', TG_TABLE_NAME, row_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'version_rises_by_one';
        END IF;
    ELSE
        row_id := OLD.id; wanted := OLD.version + 1;
    END IF;
    SELECT e.action, e.data, e.transaction INTO entry FROM journal_entry e
        WHERE e.resource = TG_ARGV[0] AND e.resource_id = row_id AND e.version = wanted;
    IF NOT FOUND OR entry.transaction <> pg_current_xact_id()::text::bigint THEN
        RAISE EXCEPTION '% %: no journal entry for version %', TG_TABLE_NAME, row_id, wanted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_required';
    END IF;
    IF (TG_OP = 'DELETE') <> (entry.action LIKE '%.deleted')
       OR (TG_OP <> 'DELETE' AND NOT entry.data @> (to_jsonb(NEW) - TG_ARGV[1]::text[])) THEN
        RAISE EXCEPTION '% %: the journal entry does not say what was written', TG_TABLE_NAME, row_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_is_true';
    END IF;
    RETURN NULL;
END $$;
"""
DROP_FUNCTIONS = "DROP FUNCTION journal_require_entry(); DROP FUNCTION journal_refuse(); DROP FUNCTION journal_stamp();"


def append_only(table: str) -> RunSQL:
    """Refuses UPDATE, DELETE and TRUNCATE. Test databases lift `no_truncate`, for their flush."""
    return RunSQL(
        f"""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION journal_refuse();
        CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
        """,
        f"DROP TRIGGER append_only ON {table}; DROP TRIGGER no_truncate ON {table};",
    )


def recorded(table: str, resource: str, omits: tuple[str, ...] = ()) -> RunSQL:
    """No commit of a write to `table` without its journal entry."""
    return RunSQL(
        f"""
        CREATE CONSTRAINT TRIGGER journal_entry_required AFTER INSERT OR UPDATE OR DELETE ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
            EXECUTE FUNCTION journal_require_entry('{resource}', '{{{",".join(omits)}}}');
        CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
        """,
        f"DROP TRIGGER journal_entry_required ON {table}; DROP TRIGGER no_truncate ON {table};",
    )
