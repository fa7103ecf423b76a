"""What the database refuses about the journal and about recorded rows, as operations for migrations.

The rules about single tables follow in `sources/guards.py` and `claims/guards.py`; each file reads from top to bottom.

Released migrations import these texts. From 0.1 on, a text here is not edited: a new migration holds the SQL of the
changed guard, and a line above the old text names that migration.
"""

import re

from django.db.migrations.operations import RunSQL


def guard(sql: str) -> RunSQL:
    """Creates functions and the triggers that call them; the reverse drops both.

    Each function gets a fixed search path. Without one PostgreSQL looks among the session's temporary tables first, so
    a temporary table named journal_entry would satisfy every guard.
    """
    functions = ", ".join(re.findall(r"CREATE FUNCTION (\w+)", sql))
    fix_search_path = f"""
        DO $$ DECLARE name text; BEGIN
            FOREACH name IN ARRAY string_to_array('{functions}', ', ') LOOP
                EXECUTE format('ALTER FUNCTION %I SET search_path = %I, pg_temp', name, current_schema());
            END LOOP;
        END $$;"""
    return RunSQL(sql + fix_search_path, f"DROP FUNCTION {functions} CASCADE;")


def append_only(table: str) -> RunSQL:
    """Refuses UPDATE, DELETE and TRUNCATE."""
    return RunSQL(
        f"""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION journal_refuse();
        {_no_truncate(table)}
        """,
        f"DROP TRIGGER append_only ON {table}; DROP TRIGGER no_truncate ON {table};",
    )


def recorded(table: str, resource: str, omits: tuple[str, ...] = ()) -> RunSQL:
    """Refuses the commit of a write without its journal entry. `omits` names the columns that entries leave out."""
    return entry_required(table, f"journal_require_entry('{resource}', '{{{','.join(omits)}}}')")


def entry_required(table: str, function: str) -> RunSQL:
    """Calls the function for each written row when the transaction commits; refuses TRUNCATE.

    Deferred, because an entry is copied from the row after the write.
    """
    return RunSQL(
        f"""
        CREATE CONSTRAINT TRIGGER journal_entry_required AFTER INSERT OR UPDATE OR DELETE ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {function};
        {_no_truncate(table)}
        """,
        f"DROP TRIGGER journal_entry_required ON {table}; DROP TRIGGER no_truncate ON {table};",
    )


def _no_truncate(table: str) -> str:
    """Test databases disable this trigger, because Django's flush truncates."""
    return (
        f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();"
    )


GUARDS = [
    # The database sets an entry's time and transaction: nobody can backdate it or place it in another transaction.
    guard("""
CREATE FUNCTION journal_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Nobody can backdate an entry or place it in another transaction.
    NEW.at := clock_timestamp();
    NEW.transaction := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE INSERT ON journal_entry FOR EACH ROW EXECUTE FUNCTION journal_stamp();
"""),
    # Entries are never changed or deleted.
    guard("""
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the record is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'record_is_append_only';
END $$;
"""),
    append_only("journal_entry"),
    # Each write of a recorded row raises its version by one and has its entry: for this row and version, made in the
    # same transaction, and true to the row. Arguments: the resource, and the columns that entries leave out.
    guard("""
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
    SELECT e.action, e.data, e.transaction INTO entry FROM journal_entry e
        WHERE e.resource = TG_ARGV[0] AND e.resource_id = row_id AND e.version = wanted;
    IF TG_OP = 'INSERT' AND EXISTS (SELECT FROM journal_entry e WHERE e.resource = TG_ARGV[0] AND e.resource_id = row_id
            AND e.version > wanted AND e.action LIKE '%.deleted')
            AND journal_present_version(TG_ARGV[0], row_id) IS NOT NULL THEN
        RAISE EXCEPTION '% %: this id is of a row that was deleted', TG_TABLE_NAME, row_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_is_true';
    END IF;
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
"""),
]
