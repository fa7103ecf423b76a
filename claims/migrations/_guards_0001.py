"""What the database refuses for articles, statements, evidence and disputes, and for entries without their write.

`factcheck/journal/guards.py` says how to change a guard.
"""

from factcheck.journal.migrations._guards_0001 import append_only, entry_required, guard, recorded

GUARDS = [
    recorded("claims_article", "article", omits=("text",)),
    recorded("claims_statement", "statement"),
    recorded("claims_evidence", "evidence"),
    recorded("claims_dispute", "dispute"),
    append_only("claims_articlerevision"),
    # An article has the text of its current revision. Checked at the commit, since either may be written first.
    guard("""
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
CREATE CONSTRAINT TRIGGER text_is_its_revision AFTER INSERT OR UPDATE OF text, sha256, revision ON claims_article
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION article_require_revision();
"""),
    # A statement's text is the passage that it is pinned to. PostgreSQL finds a passage by counting all code points
    # before it. So the statements of one INSERT are checked together: each stretch of 4,096 code points in which some
    # of them start is cut out of the revision once, and their passages are compared within that stretch.
    guard("""
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
CREATE TRIGGER passage_on_update AFTER UPDATE ON claims_statement
    FOR EACH ROW WHEN ((OLD.article, OLD.text, OLD.start, OLD."end", OLD.revision)
        IS DISTINCT FROM (NEW.article, NEW.text, NEW.start, NEW."end", NEW.revision))
    EXECUTE FUNCTION statement_require_passage();

CREATE FUNCTION statements_require_passages() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    length constant integer := 4096;
    stray bigint;
BEGIN
    WITH stretch AS MATERIALIZED (
        SELECT b.article, b.revision, b.place, substr(v.text, b.place * length + 1, length + b.longest) AS words
        FROM (SELECT w.article, w.revision, w.start / length AS place, max(w."end" - w.start) AS longest
              FROM written w GROUP BY 1, 2, 3) b
        JOIN claims_articlerevision v ON v.article = b.article AND v.number = b.revision
    )
    SELECT w.id INTO stray FROM written w
        LEFT JOIN stretch t ON t.article = w.article AND t.revision = w.revision AND t.place = w.start / length
        WHERE substr(t.words, w.start % length + 1, w."end" - w.start) IS DISTINCT FROM w.text LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'statement %: its text is not the passage it is pinned to', stray
            USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_text_is_its_passage';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER passage_on_insert AFTER INSERT ON claims_statement REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION statements_require_passages();
"""),
    # The chain of relays is a part of the statement. When a row of it is written, the statement's current version has
    # an entry of the same transaction, and that entry holds the chain.
    guard("""
CREATE FUNCTION statement_require_chain(owner bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    entry record;
BEGIN
    SELECT e.transaction, e.data->'via' AS via, to_jsonb(ARRAY(
            SELECT v.source FROM claims_statementvia v WHERE v.statement = owner ORDER BY v.position)) AS chain
        INTO entry FROM claims_statement s
        LEFT JOIN journal_entry e ON e.resource = 'statement' AND e.resource_id = owner AND e.version = s.version
        WHERE s.id = owner;
    IF NOT FOUND THEN
        RETURN;  -- the statement was deleted, and its own guard requires the entry
    END IF;
    IF entry.transaction IS DISTINCT FROM pg_current_xact_id()::text::bigint THEN
        RAISE EXCEPTION 'statement %: no journal entry for its chain', owner
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_required';
    END IF;
    IF entry.via IS DISTINCT FROM entry.chain THEN
        RAISE EXCEPTION 'statement %: the journal entry holds another chain', owner
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_is_true';
    END IF;
END $$;

CREATE FUNCTION via_require_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM statement_require_chain(OLD.statement);
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.statement <> OLD.statement) THEN
        PERFORM statement_require_chain(NEW.statement);
    END IF;
    RETURN NULL;
END $$;
"""),
    entry_required("claims_statementvia", "via_require_entry()"),
    # The other way round, an entry needs its write: a version that the row has reached, or the row's deletion. If the
    # row is gone, a later entry must show that the version existed.
    #
    # These stand in claims, the app that knows all recorded tables. journal_present_version is a CASE statement, not an
    # expression: an expression would set up the look-ups in all five tables for each call.
    #
    # Each write of a statement has an entry, so here its chain is compared once for each write. The guard above is
    # for a chain that is written without its statement.
    guard("""
CREATE FUNCTION journal_present_version(resource text, row_id bigint) RETURNS integer LANGUAGE plpgsql STABLE AS $$
BEGIN
    CASE resource
        WHEN 'source' THEN RETURN (SELECT r.version FROM sources_source r WHERE r.id = row_id);
        WHEN 'article' THEN RETURN (SELECT r.version FROM claims_article r WHERE r.id = row_id);
        WHEN 'statement' THEN RETURN (SELECT r.version FROM claims_statement r WHERE r.id = row_id);
        WHEN 'evidence' THEN RETURN (SELECT r.version FROM claims_evidence r WHERE r.id = row_id);
        WHEN 'dispute' THEN RETURN (SELECT r.version FROM claims_dispute r WHERE r.id = row_id);
        ELSE RETURN NULL;
    END CASE;
END $$;

CREATE FUNCTION journal_require_write() RETURNS trigger LANGUAGE plpgsql AS $$
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
        RAISE EXCEPTION 'journal entry %: there is no such write of % %', NEW.id, NEW.resource, NEW.resource_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_has_its_write';
    END IF;
    IF chain IS NOT NULL AND NEW.data->'via' IS DISTINCT FROM chain THEN
        RAISE EXCEPTION 'statement %: the journal entry holds another chain', NEW.resource_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_is_true';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER write_required AFTER INSERT ON journal_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION journal_require_write();
"""),
]
