"""The guards of the initial migration, replaced by claims/migrations/0002_entries_equal_their_rows.py.

`sources/guards.py` and `claims/guards.py` hold the guards of their tables. Each list GUARDS is made of migration
operations, in the order in which they run.

Migration 0001 of each app imports its list. So from version 0.1 on no text here is edited: a new migration holds the
SQL of a changed guard, and a comment at the old text names that migration.
"""

import re

from django.db.migrations.operations import RunSQL


def guard(sql: str) -> RunSQL:
    """Creates the functions in `sql` and the triggers that call them; the reverse drops both.

    Each function gets a fixed search path. Without it PostgreSQL looks among the session's temporary tables first, and
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
    """Refuses to commit a write without its journal entry. `omits` names the columns that entries leave out."""
    return entry_required(table, f"journal_require_entry('{resource}', '{{{','.join(omits)}}}')")


def entry_required(table: str, function: str) -> RunSQL:
    """Calls `function` at the commit for each written row, since entries are made after the write. Refuses TRUNCATE."""
    return RunSQL(
        f"""
        CREATE CONSTRAINT TRIGGER journal_entry_required AFTER INSERT OR UPDATE OR DELETE ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {function};
        {_no_truncate(table)}
        """,
        f"DROP TRIGGER journal_entry_required ON {table}; DROP TRIGGER no_truncate ON {table};",
    )


def _no_truncate(table: str) -> str:
    """Test databases disable this trigger: Django empties their tables by TRUNCATE."""
    return (
        f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();"
    )


GUARDS = [
    # The database sets an entry's time and transaction. Nobody can backdate it or assign it to another transaction.
    guard("""
CREATE FUNCTION journal_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
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
    # Each write of a recorded row raises its version by one. Its entry is for that version, of the same transaction,
    # and equal to the row. Arguments: the resource, and the columns that entries leave out.
    #
    # An entry is looked up by its version alone, and its transaction is compared afterwards. With the transaction among
    # the conditions the planner could choose the feed's index and read all entries of the transaction for each of its
    # rows: the commit of a large one took quadratic time.
    #
    # The id of a deleted row is not used again in the same transaction. The new row would start at version 1 and could
    # pass with the entries of the deleted one. (journal_present_version is in claims/guards.py.)
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
            RAISE EXCEPTION '% %: a new row must have version 1', TG_TABLE_NAME, row_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'version_rises_by_one';
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        row_id := NEW.id; wanted := NEW.version;
        IF NEW.id <> OLD.id OR NEW.version <> OLD.version + 1 THEN
            RAISE EXCEPTION '% %: each write must raise the version by one', TG_TABLE_NAME, row_id
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
        RAISE EXCEPTION '% %: the id of a deleted row cannot be used again', TG_TABLE_NAME, row_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_is_true';
    END IF;
    IF NOT FOUND OR entry.transaction <> pg_current_xact_id()::text::bigint THEN
        RAISE EXCEPTION '% %: no journal entry for version %', TG_TABLE_NAME, row_id, wanted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_required';
    END IF;
    IF (TG_OP = 'DELETE') <> (entry.action LIKE '%.deleted')
       OR (TG_OP <> 'DELETE' AND NOT entry.data @> (to_jsonb(NEW) - TG_ARGV[1]::text[])) THEN
        RAISE EXCEPTION '% %: the journal entry differs from the row', TG_TABLE_NAME, row_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_is_true';
    END IF;
    RETURN NULL;
END $$;
"""),
]
