"""Migration operations by which the database guards the record: what an entry must tell, and what never changes."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from django.db.migrations.operations import RunSQL


class RecordedTable(NamedTuple):
    """SQL for the article and the data of the entry that the row `r` must have."""

    resource: str
    table: str
    article: str
    data: str


def guard(sql: str) -> RunSQL:
    """Creates the functions in `sql` and the triggers that call them; the reverse drops both.

    Each function gets a fixed search path. Without it PostgreSQL looks among the session's temporary tables first, and
    a temporary table named journal_entry would satisfy every guard.

    It also reads by indexes only. A plan that a session made while a table was small could read the whole table for
    each of the thousands of rows that it writes later. And it sees times in UTC, whatever the zone of the session: in
    another zone the data of an entry has other texts.
    """
    functions = ", ".join(re.findall(r"CREATE FUNCTION (\w+)", sql))
    settings = f"""
        DO $$ DECLARE name text; BEGIN
            FOREACH name IN ARRAY string_to_array('{functions}', ', ') LOOP
                EXECUTE format('ALTER FUNCTION %I SET search_path = %I, pg_temp', name, current_schema());
                EXECUTE format('ALTER FUNCTION %I SET enable_seqscan = off', name);
                EXECUTE format('ALTER FUNCTION %I SET timezone = %L', name, 'UTC');
            END LOOP;
        END $$;"""
    return RunSQL(sql + settings, f"DROP FUNCTION IF EXISTS {functions} CASCADE;")  # a former text may lack some


def undo(operations: Sequence[RunSQL]) -> list[RunSQL]:
    """Takes the operations back; the reverse runs them again."""
    return [RunSQL(operation.reverse_sql or RunSQL.noop, operation.sql) for operation in reversed(operations)]


def append_only(table: str) -> RunSQL:
    """Refuses UPDATE, DELETE and TRUNCATE."""
    return RunSQL(
        f"""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION journal_refuse();
        {no_truncate(table)}
        """,
        f"DROP TRIGGER append_only ON {table}; DROP TRIGGER no_truncate ON {table};",
    )


def recorded(table: RecordedTable, *, created: str, updated: str) -> RunSQL:
    """Refuses to commit a write without its journal entry, or with one whose action tells of another change.

    The trigger runs at the commit, once for each write, since entries are made after the write. `created` and `updated`
    are SQL that judges the action of a new and of a changed row: they see OLD, NEW and `entry` (action, actor, reason).

    An entry is looked up by its version alone, and its transaction is compared afterwards. With the transaction among
    the conditions the planner could choose the feed's index and read all entries of the transaction for each of its
    rows: the commit of a large one took quadratic time.

    The id of a deleted row is not used again in the same transaction. The new row would start at version 1 and could
    pass with the entries of the deleted one.
    """
    resource, name = table.resource, f"{table.resource}_require_entry"
    return guard(f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    row_id bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END;
    wanted integer := CASE TG_OP WHEN 'DELETE' THEN OLD.version + 1 ELSE NEW.version END;
    entry record;
BEGIN
    IF TG_OP = 'INSERT' AND NEW.version <> 1 THEN
        RAISE EXCEPTION '{resource} %: a new row must have version 1', row_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_rises_by_one';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.id <> OLD.id OR NEW.version <> OLD.version + 1) THEN
        RAISE EXCEPTION '{resource} %: each write must raise the version by one', row_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_rises_by_one';
    END IF;
    SELECT e.action, e.actor, e.reason, e.transaction = epoch.base + pg_current_xact_id()::text::bigint AS is_of_this
        INTO entry FROM journal_entry e, journal_epoch epoch
        WHERE e.resource = '{resource}' AND e.resource_id = row_id AND e.version = wanted;
    IF entry.is_of_this IS NOT TRUE THEN
        RAISE EXCEPTION '{resource} %: no journal entry for version %', row_id, wanted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_required';
    END IF;
    IF TG_OP = 'INSERT' THEN  -- by itself: PostgreSQL would plan the whole condition anew for each UPDATE
        IF EXISTS (SELECT FROM journal_entry e WHERE e.resource = '{resource}'
                AND e.resource_id = row_id AND e.version > 1 AND right(e.action, 8) = '.deleted')
                AND EXISTS (SELECT FROM {table.table} r WHERE r.id = row_id) THEN
            RAISE EXCEPTION '{resource} %: the id of a deleted row cannot be used again', row_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_is_true';
        END IF;
    END IF;
    IF (CASE TG_OP
        WHEN 'DELETE' THEN entry.action = '{resource}.deleted'
        WHEN 'INSERT' THEN {created}
        ELSE {updated}
    END) IS NOT TRUE THEN
        RAISE EXCEPTION '{resource} %: version % is not what % means', row_id, wanted, entry.action
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_is_true';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER journal_entry_required AFTER INSERT OR UPDATE OR DELETE ON {table.table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {name}();
{no_truncate(table.table)}
""")


def only_changes(*columns: str) -> str:
    """SQL: beside the version and the time, nothing but these columns has changed."""
    names = "{" + ",".join((*columns, "version", "updated_at")) + "}"
    return f"to_jsonb(NEW) - '{names}'::text[] = to_jsonb(OLD) - '{names}'::text[]"


def entry_required(table: str, function: str) -> RunSQL:
    """Calls `function` at the commit for each written row. Refuses TRUNCATE."""
    return RunSQL(
        f"""
        CREATE CONSTRAINT TRIGGER journal_entry_required AFTER INSERT OR UPDATE OR DELETE ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {function};
        {no_truncate(table)}
        """,
        f"DROP TRIGGER journal_entry_required ON {table}; DROP TRIGGER no_truncate ON {table};",
    )


def entries_are_true(tables: Sequence[RecordedTable]) -> RunSQL:
    """Refuses an entry that is not equal to its row: version, article and data, at the moment when it is inserted.

    So the entry of an intermediate version is compared too, since the row then still has that version; and that of a
    deletion with the row's last state. All entries of one INSERT are compared together. Data is compared byte by
    byte, since 2 and 2.0 are equal to `=`. OFFSET 0 makes the planner look up each row by its id.

    An entry of a deletion is written before the row is deleted. At the commit the row must be gone.
    """
    compared = "".join(
        f"""
            WHEN '{resource}' THEN
                SELECT w.id, w.resource_id, r.data IS NULL OR w.version <> r.version
                    + (right(w.action, 8) = '.deleted')::integer AS has_no_write
                    INTO untrue FROM written w LEFT JOIN LATERAL (
                        SELECT r.version, {article} AS article, {data} AS data
                        FROM {table} r WHERE r.id = w.resource_id OFFSET 0) r ON true
                    WHERE w.resource = kind AND (r.data IS NULL
                        OR w.version <> r.version + (right(w.action, 8) = '.deleted')::integer
                        OR w.article IS DISTINCT FROM r.article
                        OR record_image_ne(ROW(w.data), ROW(r.data))) LIMIT 1;"""
        for resource, table, article, data in tables
    )
    deleted = "".join(
        f"""
        WHEN '{each.resource}' THEN is_there := EXISTS (SELECT FROM {each.table} r WHERE r.id = NEW.resource_id);"""
        for each in tables
    )
    return guard(f"""
CREATE FUNCTION journal_require_truth() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind text;
    untrue record;
BEGIN
    FOR kind IN SELECT DISTINCT w.resource FROM written w LOOP
        CASE kind{compared}
            WHEN 'user' THEN
                SELECT w.id, w.resource_id, p.id IS NULL AND w.version <> 1 AS has_no_write
                    INTO untrue FROM written w
                    LEFT JOIN journal_entry p ON p.resource = kind AND p.resource_id = w.resource_id
                        AND p.version = w.version - 1 AND p.action <> 'user.deleted'
                    CROSS JOIN LATERAL (SELECT journal_user_data(w.resource_id) AS present OFFSET 0) u
                    WHERE w.resource = kind AND CASE
                        WHEN w.version <> 1 AND p.id IS NULL OR w.article IS NOT NULL THEN true
                        WHEN w.action = 'user.deleted'
                            THEN u.present IS NOT NULL OR w.data::text IS DISTINCT FROM p.data::text
                        ELSE w.action <> CASE w.version WHEN 1 THEN 'user.created' ELSE 'user.updated' END
                            OR w.data::text IS DISTINCT FROM u.present::text OR w.data = p.data
                    END LIMIT 1;
            ELSE
                SELECT w.id, w.resource_id, true AS has_no_write INTO untrue FROM written w
                    WHERE w.resource = kind LIMIT 1;
        END CASE;
        IF untrue.has_no_write THEN
            RAISE EXCEPTION 'journal entry %: there is no such write of % %', untrue.id, kind, untrue.resource_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_has_its_write';
        ELSIF untrue.id IS NOT NULL THEN
            RAISE EXCEPTION 'journal entry %: it differs from % %', untrue.id, kind, untrue.resource_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_is_true';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER journal_entry_true AFTER INSERT ON journal_entry REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION journal_require_truth();

CREATE FUNCTION journal_require_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_there boolean;
BEGIN
    CASE NEW.resource  -- a statement for each: between two migrations a table may not be there
{deleted}
        ELSE is_there := false;
    END CASE;
    IF is_there THEN
        RAISE EXCEPTION 'journal entry %: % % was not deleted', NEW.id, NEW.resource, NEW.resource_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_has_its_write';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER deletion_required AFTER INSERT ON journal_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (right(NEW.action, 8) = '.deleted') EXECUTE FUNCTION journal_require_deletion();
""")


def no_truncate(table: str) -> str:
    """Test databases disable this trigger: Django empties their tables by TRUNCATE."""
    return (
        f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();"
    )


# What an entry of a user holds. The factors of the second step stand there only where a user has some: so entries from
# before they were recorded are still equal to their rows. No older migration has their tables.
