"""What the database refuses for sources. `factcheck/journal/guards.py` says how to change a guard."""

from factcheck.journal.guard_operations import RecordedTable, guard, no_truncate, recorded

SOURCE = RecordedTable("source", "sources_source", article="NULL::bigint", data="to_jsonb(r)")

# In this transaction another source was merged into the source.
MERGED = """EXISTS (
    SELECT FROM sources_sourceredirect d JOIN journal_entry m ON m.resource = 'source' AND m.resource_id = d.id
    WHERE d.into_source = NEW.id AND m.action = 'source.deleted'
        AND m.transaction = (SELECT e.base FROM journal_epoch e) + pg_current_xact_id()::text::bigint)"""

GUARDS = [
    recorded(
        SOURCE,
        created="entry.action = 'source.created'",
        updated=f"entry.action = CASE WHEN {MERGED} THEN 'source.merged' ELSE 'source.updated' END",
    ),
    # No source is a part of itself, directly or through others. Two transactions could each write one half of a cycle
    # and not see the other half, so an advisory lock makes them take turns.
    guard("""
CREATE FUNCTION source_refuse_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('sources.part_of'));
    IF EXISTS (
        WITH RECURSIVE above(id, part_of) AS (
            SELECT s.id, s.part_of FROM sources_source s WHERE s.id = NEW.part_of
            UNION
            SELECT s.id, s.part_of FROM sources_source s JOIN above a ON s.id = a.part_of
        ) SELECT FROM above WHERE id = NEW.id
    ) THEN
        RAISE EXCEPTION 'source % would be a part of itself', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'source_part_of_acyclic';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER part_of_acyclic AFTER INSERT OR UPDATE OF part_of ON sources_source
    FOR EACH ROW WHEN (NEW.part_of IS NOT NULL) EXECUTE FUNCTION source_refuse_cycle();
"""),
    # A redirect is written by the merge that deletes its source: that entry says into which source, and in the same
    # transaction this one has the entry source.merged. A redirect changes when the source that it leads to is merged
    # too, and ends when that source is deleted without a merge.
    guard(
        """
CREATE FUNCTION redirect_require_merge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    this bigint := (SELECT e.base FROM journal_epoch e) + pg_current_xact_id()::text::bigint;
    merged bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.id ELSE OLD.into_source END;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.id <> OLD.id OR NOT EXISTS (
            SELECT FROM journal_entry e WHERE e.resource = 'source' AND e.resource_id = merged
            AND e.action = 'source.deleted' AND e.transaction = this
            AND (TG_OP = 'DELETE' OR starts_with(e.reason, 'Merged into source ' || NEW.into_source || '.')))
        OR TG_OP = 'DELETE' AND EXISTS (SELECT FROM sources_sourceredirect d WHERE d.id = merged)
        OR TG_OP <> 'DELETE' AND NOT EXISTS (
            SELECT FROM journal_entry e WHERE e.resource = 'source' AND e.resource_id = NEW.into_source
            AND e.action = 'source.merged' AND e.transaction = this)
        OR TG_OP = 'UPDATE' AND NOT EXISTS (
            SELECT FROM sources_sourceredirect d WHERE d.id = merged AND d.into_source = NEW.into_source) THEN
        RAISE EXCEPTION 'redirect of source %: there was no such merge', merged
            USING ERRCODE = 'check_violation', CONSTRAINT = 'redirect_is_a_merge';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER merge_required AFTER INSERT OR UPDATE OR DELETE ON sources_sourceredirect
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION redirect_require_merge();
"""
        + no_truncate("sources_sourceredirect")
    ),
]
