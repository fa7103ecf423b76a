from django.db import migrations
from django.db.migrations.operations import RunSQL

from factcheck.journal.guards import append_only, recorded


class Migration(migrations.Migration):
    dependencies = [("claims", "0001_initial"), ("journal", "0002_guards")]

    operations = [
        recorded("claims_article", "article", omits=("text",)),
        recorded("claims_statement", "statement"),
        recorded("claims_evidence", "evidence"),
        recorded("claims_dispute", "dispute"),
        append_only("claims_articlerevision"),
        RunSQL(
            """
            CREATE FUNCTION article_require_revision() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NOT EXISTS (SELECT FROM claims_articlerevision v
                               WHERE v.article = NEW.id AND v.number = NEW.revision AND v.text = NEW.text
                                 AND v.sha256 = NEW.sha256) THEN
                    RAISE EXCEPTION 'article %: revision % does not hold its text', NEW.id, NEW.revision
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'article_text_is_its_revision';
                END IF;
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER text_is_its_revision AFTER INSERT OR UPDATE OF text, sha256, revision
                ON claims_article DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION article_require_revision();

            CREATE FUNCTION statement_require_passage() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NOT EXISTS (SELECT FROM claims_articlerevision v
                               WHERE v.article = NEW.article AND v.number = NEW.revision
                                 AND substr(v.text, NEW.start + 1, NEW."end" - NEW.start) = NEW.text) THEN
                    RAISE EXCEPTION 'statement %: its text is not the passage it is pinned to', NEW.id
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_text_is_its_passage';
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER passage_on_insert AFTER INSERT ON claims_statement
                FOR EACH ROW EXECUTE FUNCTION statement_require_passage();
            CREATE TRIGGER passage_on_update AFTER UPDATE ON claims_statement
                FOR EACH ROW WHEN ((OLD.article, OLD.text, OLD.start, OLD."end", OLD.revision)
                    IS DISTINCT FROM (NEW.article, NEW.text, NEW.start, NEW."end", NEW.revision))
                EXECUTE FUNCTION statement_require_passage();

            -- The chain is part of the statement: its rows change only with an entry that shows the new chain.
            CREATE FUNCTION via_require_entry() RETURNS trigger LANGUAGE plpgsql AS $$
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
            CREATE CONSTRAINT TRIGGER journal_entry_required AFTER INSERT OR UPDATE OR DELETE ON claims_statementvia
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION via_require_entry();
            CREATE TRIGGER no_truncate BEFORE TRUNCATE ON claims_statementvia
                FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
            """,
            """
            DROP TRIGGER no_truncate ON claims_statementvia;
            DROP TRIGGER journal_entry_required ON claims_statementvia;
            DROP TRIGGER passage_on_update ON claims_statement;
            DROP TRIGGER passage_on_insert ON claims_statement;
            DROP TRIGGER text_is_its_revision ON claims_article;
            DROP FUNCTION via_require_entry();
            DROP FUNCTION statement_require_passage();
            DROP FUNCTION article_require_revision();
            """,
        ),
    ]
