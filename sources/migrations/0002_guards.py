from django.db import migrations
from django.db.migrations.operations import RunSQL

from factcheck.journal.guards import recorded


class Migration(migrations.Migration):
    dependencies = [("sources", "0001_initial"), ("journal", "0002_guards")]

    operations = [
        recorded("sources_source", "source"),
        RunSQL(
            # array_to_string is only STABLE, because of element types that text does not have.
            """
            CREATE FUNCTION source_words(name text, aliases text[]) RETURNS tsvector
                LANGUAGE sql IMMUTABLE PARALLEL SAFE
                RETURN to_tsvector('simple'::regconfig, name || ' ' || array_to_string(aliases, ' '));
            CREATE INDEX source_words ON sources_source USING gin (source_words(name, aliases));
            """,
            "DROP INDEX source_words; DROP FUNCTION source_words(text, text[]);",
        ),
        RunSQL(
            """
            CREATE FUNCTION source_refuse_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                -- Two writers could each close one half of a circle that neither sees; so one at a time.
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
            """,
            "DROP TRIGGER part_of_acyclic ON sources_source; DROP FUNCTION source_refuse_cycle();",
        ),
    ]
