"""What the database refuses for articles and all that is in them, and for entries without their write.

`factcheck/journal/guards.py` says how to change a guard.
"""

from factcheck.journal.guard_operations import (
    RecordedTable,
    append_only,
    entries_are_true,
    entry_required,
    guard,
    only_changes,
    recorded,
)
from sources.guards import SOURCE

CHAIN = (
    "(SELECT coalesce(jsonb_agg(v.source ORDER BY v.position), '[]') "
    "FROM claims_statementvia v WHERE v.statement = r.id)"
)
OF_STATEMENT = "(SELECT s.article FROM claims_statement s WHERE s.id = r.statement)"
ARTICLE = RecordedTable("article", "claims_article", article="r.id", data="to_jsonb(r) - 'text'")
STATEMENT = RecordedTable(
    "statement", "claims_statement", article="r.article", data=f"to_jsonb(r) || jsonb_build_object('via', {CHAIN})"
)
EVIDENCE = RecordedTable("evidence", "claims_evidence", article=OF_STATEMENT, data="to_jsonb(r)")
NOTE = RecordedTable("note", "claims_note", article="r.article", data="to_jsonb(r)")
DISPUTE = RecordedTable("dispute", "claims_dispute", article=OF_STATEMENT, data="to_jsonb(r)")

TAG = "tag, tag_reason, tagged_by, tagged_at"
PLACE = "text, start, end, prefix, suffix, media_start, media_end, revision, anchor, candidate"
RESOLUTION = "state, resolution, resolved_by, resolved_at"


# The entry of a tag that was proposed names who proposed it, as they were called then.
TAKEN = """EXISTS (SELECT FROM claims_note n JOIN journal_entry made
        ON made.resource = 'note' AND made.resource_id = n.id AND made.version = 1
    WHERE n.statement = NEW.id AND n.outcome = 'taken'
        AND (n.tag, n.text, n.resolved_by, n.resolved_at) = (NEW.tag, NEW.tag_reason, NEW.tagged_by, NEW.tagged_at)
        AND entry.reason = 'Proposed by ' || made.actor_name || ': ' || n.text)"""


def unchanged(columns: str) -> str:
    old, new = (", ".join(f"{row}.{name}" for name in columns.split(", ")) for row in ("OLD", "NEW"))
    return f"({old}) IS NOT DISTINCT FROM ({new})"


def require_passages(name: str, *, changed: str) -> str:
    """A function for a trigger with the transition table `written`. `changed` is SQL for the ids to check."""
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    length constant integer := 4096;
    changed bigint[] := ARRAY({changed});
    stray bigint;
BEGIN
    IF changed = '{{}}' THEN
        RETURN NULL;
    END IF;
    WITH stretch AS MATERIALIZED (
        SELECT b.article, b.revision, b.place, substr(v.text, b.place * length + 1, length + b.longest) AS words
        FROM (SELECT w.article, w.revision, w.start / length AS place, max(w."end" - w.start) AS longest
              FROM written w WHERE w.id = ANY (changed) GROUP BY 1, 2, 3) b
        JOIN claims_articlerevision v ON v.article = b.article AND v.number = b.revision
    )
    SELECT w.id INTO stray FROM written w
        LEFT JOIN stretch t ON t.article = w.article AND t.revision = w.revision AND t.place = w.start / length
        WHERE w.id = ANY (changed)
          AND substr(t.words, w.start % length + 1, w."end" - w.start) IS DISTINCT FROM w.text LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'statement %: its text is not the passage it is pinned to', stray
            USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_text_is_its_passage';
    END IF;
    RETURN NULL;
END $$;"""


def require_media_times(name: str, *, changed: str) -> str:
    """A function for a trigger with the transition table `written`. `changed` is SQL for the ids to check.

    Most articles have no recording: there the first query ends it.
    """
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed bigint[];
    stray bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM written w WHERE (w.media_start, w.media_end) IS DISTINCT FROM (NULL, NULL))
            AND NOT EXISTS (SELECT FROM (SELECT DISTINCT w.article, w.revision FROM written w) pinned
                JOIN claims_articlerevision v ON v.article = pinned.article AND v.number = pinned.revision
                WHERE v.cue_times IS NOT NULL) THEN
        RETURN NULL;
    END IF;
    changed := ARRAY({changed});
    WITH cue AS MATERIALIZED ({cues_of("SELECT w.article, w.revision FROM written w WHERE w.id = ANY (changed)")})
    SELECT w.id INTO stray FROM written w {JOIN_CUES} WHERE w.id = ANY (changed)
        GROUP BY w.id, w.media_start, w.media_end
        HAVING (w.media_start, w.media_end) IS DISTINCT FROM (min(cue.begins), max(cue.ends)) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'statement %: its media times are not those of its cues', stray
            USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_media_times_are_of_cues';
    END IF;
    RETURN NULL;
END $$;"""


def cues_of(pinned: str) -> str:
    """SQL for the cues of revisions, which `pinned` selects as (article, revision). Times are seconds."""
    return f"""
        SELECT v.article, v.number, (c->0)::integer AS start, (c->1)::integer AS "end",
            (c->2)::double precision / 1000 AS begins, (c->3)::double precision / 1000 AS ends
        FROM claims_articlerevision v CROSS JOIN jsonb_array_elements(v.cue_times) c
        WHERE (v.article, v.number) IN ({pinned})"""


# Those of which the passage of the statement `w` has a part.
JOIN_CUES = """LEFT JOIN cue ON cue.article = w.article AND cue.number = w.revision
    AND cue.start < w."end" AND cue."end" > w.start"""


TRUTH = entries_are_true([SOURCE, ARTICLE, STATEMENT, EVIDENCE, DISPUTE, NOTE])

GUARDS = [
    # A text that changes is a new revision, and so are other times of its captions. The column of their digest is
    # named in a text: older schemas lack it.
    recorded(
        ARTICLE,
        created="entry.action = 'article.created' AND NEW.status = 'draft' AND NEW.revision = 1",
        updated=f"""CASE entry.action
            WHEN 'article.updated' THEN NEW.status = OLD.status
                AND NEW.revision = OLD.revision + (NEW.sha256 <> OLD.sha256
                    OR to_jsonb(NEW)->'cue_times_sha256' IS DISTINCT FROM to_jsonb(OLD)->'cue_times_sha256')::integer
            WHEN 'article.published' THEN OLD.status <> 'published' AND NEW.status = 'published'
                AND {only_changes("status")}
            WHEN 'article.withdrawn' THEN OLD.status = 'published' AND NEW.status = 'withdrawn'
                AND {only_changes("status")}
            ELSE false END""",
    ),
    recorded(
        STATEMENT,
        created="entry.action = 'statement.created' AND NEW.tagged_by IS NULL",
        updated=f"""CASE entry.action
            WHEN 'statement.updated' THEN NEW.article = OLD.article AND {unchanged(TAG)}
            WHEN 'statement.tagged' THEN entry.actor = NEW.tagged_by AND {only_changes(*TAG.split(", "))}
                AND (entry.reason = NEW.tag_reason OR {TAKEN})
            WHEN 'statement.reanchored' THEN
                {only_changes(*PLACE.split(", "))}
            ELSE false END""",
    ),
    recorded(
        EVIDENCE,
        created="entry.action = 'evidence.created'",
        updated="entry.action = 'evidence.updated' AND NEW.statement = OLD.statement",
    ),
    recorded(
        DISPUTE,
        created="entry.action = 'dispute.opened' AND NEW.state = 'open' AND entry.actor = NEW.opened_by",
        updated=f"""CASE entry.action
            WHEN 'dispute.updated' THEN {unchanged(f"statement, opened_by, opened_at, {RESOLUTION}")}
            WHEN 'dispute.resolved' THEN OLD.state = 'open' AND NEW.state <> 'open'
                AND entry.actor = NEW.resolved_by AND entry.reason = NEW.resolution
                AND {only_changes(*RESOLUTION.split(", "))}
            WHEN 'dispute.reopened' THEN OLD.state <> 'open' AND NEW.state = 'open'
                AND {only_changes(*RESOLUTION.split(", "))}
            ELSE false END""",
    ),
    append_only("claims_articlerevision"),
    # A revision's digest and time are the database's. Its number follows that of the one before, and in the same
    # transaction the article has an entry that says so.
    guard("""
CREATE FUNCTION revision_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.sha256 := encode(sha256(convert_to(NEW.text, 'UTF8')), 'hex');
    NEW.created_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE INSERT ON claims_articlerevision FOR EACH ROW EXECUTE FUNCTION revision_stamp();

CREATE FUNCTION revision_require_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number <> 1 + coalesce((SELECT max(v.number) FROM claims_articlerevision v
                                   WHERE v.article = NEW.article AND v.number < NEW.number), 0)
        OR NOT EXISTS (SELECT FROM journal_entry e WHERE e.resource = 'article' AND e.resource_id = NEW.article
            AND e.transaction = (SELECT p.base FROM journal_epoch p) + pg_current_xact_id()::text::bigint
            AND e.data->'revision' = to_jsonb(NEW.number) AND e.data->>'sha256' = NEW.sha256) THEN
        RAISE EXCEPTION 'article %: no journal entry for revision %', NEW.article, NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_required';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER journal_entry_required AFTER INSERT ON claims_articlerevision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION revision_require_entry();
"""),
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
    # before it. So the statements of one INSERT or UPDATE are checked together: each stretch of 4,096 code points in
    # which some of them start is cut out of the revision once, and their passages are compared within that stretch.
    #
    # Most updates change no passage, and end at the first query. A row that takes another id counts as changed.
    guard(
        require_passages("statements_require_passages", changed="SELECT w.id FROM written w")
        + """
CREATE TRIGGER passage_on_insert AFTER INSERT ON claims_statement REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION statements_require_passages();
"""
        + require_passages(
            "statements_require_changed_passages",
            changed="""SELECT c.id FROM (SELECT w.id, w.article, w.revision, w.start, w."end", w.text FROM written w
                EXCEPT SELECT f.id, f.article, f.revision, f.start, f."end", f.text FROM former f) c""",
        )
        + """
CREATE TRIGGER passage_on_update AFTER UPDATE ON claims_statement REFERENCING OLD TABLE AS former NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION statements_require_changed_passages();
"""
    ),
    # The chain of relays is a part of the statement. When a row of it is written, the statement's current version has
    # an entry of the same transaction, and that entry holds the chain.
    guard("""
CREATE FUNCTION statement_require_chain(owner bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    entry record;
BEGIN
    SELECT e.transaction = epoch.base + pg_current_xact_id()::text::bigint AS is_of_this,
            e.data->'via' AS via, to_jsonb(ARRAY(
            SELECT v.source FROM claims_statementvia v WHERE v.statement = owner ORDER BY v.position)) AS chain
        INTO entry FROM claims_statement s CROSS JOIN journal_epoch epoch
        LEFT JOIN journal_entry e ON e.resource = 'statement' AND e.resource_id = owner AND e.version = s.version
        WHERE s.id = owner;
    IF NOT FOUND THEN
        RETURN;  -- the statement was deleted, and its own guard requires the entry
    END IF;
    IF entry.is_of_this IS NOT TRUE THEN
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
    TRUTH,
]

# A migration of its own runs these, which makes the table: claims/migrations/0014_notes.py.
NOTE_GUARDS = [
    recorded(
        NOTE,
        created="""entry.action = 'note.created' AND entry.actor = NEW.author AND NEW.resolved_at IS NULL
            AND (NEW.tag IS NULL OR EXISTS (SELECT FROM journal_entry e WHERE e.resource = 'statement'
                AND e.resource_id = NEW.statement AND e.version = NEW.statement_version))""",
        updated=f"""CASE entry.action
            WHEN 'note.updated' THEN NEW.tag IS NULL AND {only_changes("text")}
            WHEN 'note.resolved' THEN NEW.tag IS NULL AND OLD.resolved_at IS NULL AND NEW.resolved_at IS NOT NULL
                AND entry.actor = NEW.resolved_by AND {only_changes("resolved_by", "resolved_at")}
            WHEN 'note.reopened' THEN OLD.resolved_at IS NOT NULL AND NEW.resolved_at IS NULL AND CASE
                WHEN NEW.tag IS NULL THEN {only_changes("resolved_by", "resolved_at")}
                ELSE OLD.outcome = 'taken' AND EXISTS (SELECT FROM journal_entry e
                        WHERE e.resource = 'statement' AND e.resource_id = NEW.statement
                        AND e.version = NEW.statement_version AND e.action = 'statement.tagged'
                        AND e.actor = entry.actor AND e.data->>'tag' <> NEW.tag)
                    AND {only_changes("resolved_by", "resolved_at", "outcome", "statement_version")} END
            ELSE entry.action = 'note.' || NEW.outcome AND OLD.outcome IS NULL AND entry.actor = NEW.resolved_by
                AND {only_changes("resolved_by", "resolved_at", "outcome")} AND CASE NEW.outcome
                    WHEN 'withdrawn' THEN NEW.resolved_by = NEW.author
                    WHEN 'taken' THEN EXISTS (SELECT FROM journal_entry e
                        WHERE e.resource = 'statement' AND e.resource_id = NEW.statement
                        AND e.action = 'statement.tagged' AND e.actor = NEW.resolved_by
                        AND e.data->>'tag' = NEW.tag AND e.data->>'tag_reason' = NEW.text
                        AND e.data->'tagged_at' = to_jsonb(NEW.resolved_at))
                    ELSE true END
            END""",
    ),
    # A note belongs to the article that its statement or its dispute is in. Neither of them moves, nor does the note.
    guard("""
CREATE FUNCTION note_require_article() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM claims_statement s WHERE s.article = NEW.article AND s.id = coalesce(
            NEW.statement, (SELECT d.statement FROM claims_dispute d WHERE d.id = NEW.dispute))) THEN
        RAISE EXCEPTION 'note %: what it is on is not in article %', NEW.id, NEW.article
            USING ERRCODE = 'check_violation', CONSTRAINT = 'note_in_its_article';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER in_its_article AFTER INSERT ON claims_note FOR EACH ROW
    WHEN (NEW.statement IS NOT NULL OR NEW.dispute IS NOT NULL) EXECUTE FUNCTION note_require_article();
"""),
]

# The times of captions. A migration of its own runs these: claims/migrations/0010_captions.py.
CUE_GUARDS = [
    # As of the text, the digest is the database's, and the article's current revision has the cues that the article's
    # entries tell of. That it has a revision is for the guard of its text.
    guard("""
CREATE FUNCTION revision_stamp_cues() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    text_length constant integer := length(NEW.text);
BEGIN
    NEW.cue_times_sha256 := encode(sha256(convert_to(NEW.cue_times::text, 'UTF8')), 'hex');
    IF EXISTS (
        SELECT FROM (SELECT c, lag(c->1, 1, '0') OVER (ORDER BY n) AS former
            FROM jsonb_array_elements(NEW.cue_times) WITH ORDINALITY AS e(c, n)) cue
        WHERE (jsonb_array_length(c) = 4 AND (c->0)::integer BETWEEN former::integer AND (c->1)::integer - 1
            AND (c->1)::integer <= text_length AND (c->2)::integer BETWEEN 0 AND (c->3)::integer) IS NOT TRUE
    ) THEN
        RAISE EXCEPTION 'article %: the cues of revision % do not fit its text', NEW.article, NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'cue_times_fit_text';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stamp_cues BEFORE INSERT ON claims_articlerevision
    FOR EACH ROW EXECUTE FUNCTION revision_stamp_cues();

CREATE FUNCTION article_require_cues() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM claims_articlerevision v WHERE v.article = NEW.id AND v.number = NEW.revision
               AND v.cue_times_sha256 IS DISTINCT FROM NEW.cue_times_sha256) THEN
        RAISE EXCEPTION 'article %: revision % holds other cues', NEW.id, NEW.revision
            USING ERRCODE = 'check_violation', CONSTRAINT = 'article_cues_are_of_its_revision';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER cues_are_of_its_revision AFTER INSERT OR UPDATE OF cue_times_sha256, revision
    ON claims_article DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION article_require_cues();
"""),
    # A statement has the media times of the cues that its passage has a part of.
    guard(
        require_media_times("statements_require_media_times", changed="SELECT w.id FROM written w")
        + """
CREATE TRIGGER media_times_on_insert AFTER INSERT ON claims_statement REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION statements_require_media_times();
"""
        + require_media_times(
            "statements_require_changed_media_times",
            changed="""SELECT c.id FROM (
                SELECT w.id, w.article, w.revision, w.start, w."end", w.media_start, w.media_end FROM written w EXCEPT
                SELECT f.id, f.article, f.revision, f.start, f."end", f.media_start, f.media_end FROM former f) c""",
        )
        + """
CREATE TRIGGER media_times_on_update AFTER UPDATE ON claims_statement
    REFERENCING OLD TABLE AS former NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION statements_require_changed_media_times();
"""
    ),
]
