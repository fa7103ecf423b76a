"""What the database refuses for sources. `factcheck/journal/guards.py` says how to change a guard."""

from factcheck.journal.migrations._guards_0001 import guard, recorded

GUARDS = [
    recorded("sources_source", "source"),
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
]
