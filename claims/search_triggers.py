"""Keeps the words of statements and articles, in the transaction of what changes them.

The triggers have the rights of the tables' owner. So who writes needs none on the tables of the words, not even while
`migrate` has made them and the roles have not been granted anything yet, and nobody else writes words.
"""

from django.db.migrations.operations import RunSQL

from factcheck.journal.guard_operations import guard

# The classes of PostgreSQL's tsvector: A the passage, B the paraphrase, C the titles of the first pieces of evidence, D
# all else. Matching compares A to C. These come first, so that the last place of them is their length. With passage,
# paraphrase and reason the evidence has at most 200,000 characters, which is what search_words_in_classes takes.
#
# Two transactions may add evidence to one statement at once. The second waits for the first at the row of the words; a
# statement from before there were words gets that row here. What the words come from is then read by a statement of SQL
# of its own, which sees what the first has written.
#
# The ids come from a subquery, so that a plan for one id looks no cheaper than a plan for any. PostgreSQL would plan
# anew in each call otherwise, which takes twice as long as all the rest.
STATEMENTS = guard("""
CREATE FUNCTION statement_add_words(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO claims_statementwords (statement, words)
    SELECT s.id, search_words_in_classes(a.language, 'AB' || repeat('C', cardinality(e.titles[:20])),
            ARRAY[s.text, s.paraphrase] || e.titles[:20] || s.tag_reason || e.titles[21:] || e.excerpts)
        || search_source_words(s.source || ARRAY(SELECT v.source FROM claims_statementvia v WHERE v.statement = s.id))
    FROM claims_statement s JOIN claims_article a ON a.id = s.article, LATERAL (
        SELECT coalesce(array_agg(title::text ORDER BY id), '{}') AS titles, array_agg(excerpt ORDER BY id) AS excerpts
        FROM (SELECT *, sum(length(title) + length(excerpt)) OVER (ORDER BY id) AS so_far
            FROM claims_evidence WHERE statement = s.id) own WHERE so_far <= 170000
    ) e WHERE s.id = ANY((SELECT ids)::bigint[])
    ON CONFLICT (statement) DO UPDATE SET words = excluded.words;
END $$;

CREATE FUNCTION statement_renew_words(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF ids = '{}' THEN
        RETURN;
    END IF;
    INSERT INTO claims_statementwords AS w (statement, words)
    SELECT s.id, '' FROM claims_statement s WHERE s.id = ANY((SELECT ids)::bigint[]) ORDER BY s.id
    ON CONFLICT (statement) DO UPDATE SET words = w.words WHERE false;  -- only locks the row
    PERFORM statement_add_words(ids);
END $$;

CREATE FUNCTION statement_write_words() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM statement_add_words(ARRAY(SELECT id FROM written));
    ELSIF TG_OP = 'UPDATE' THEN
        -- Words of a first reason come to those that are there. Most tags are such, and it takes a third of the time.
        UPDATE claims_statementwords w SET words = w.words || search_words(a.language, n.tag_reason)
        FROM written n JOIN former o ON o.id = n.id JOIN claims_article a ON a.id = n.article
        WHERE w.statement = n.id AND o.tag_reason = '' AND n.tag_reason <> ''
            AND (n.text, n.paraphrase, n.source, n.article)
                IS NOT DISTINCT FROM (o.text, o.paraphrase, o.source, o.article);
        PERFORM statement_renew_words(ARRAY(
            SELECT n.id FROM written n JOIN former o ON o.id = n.id
            WHERE (n.text, n.paraphrase, n.source, n.article)
                IS DISTINCT FROM (o.text, o.paraphrase, o.source, o.article)
                OR n.tag_reason <> o.tag_reason AND o.tag_reason <> ''));
    ELSE
        DELETE FROM claims_statementwords WHERE statement IN (SELECT id FROM former);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION statement_write_words_around() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF TG_TABLE_NAME = 'claims_statementvia' AND TG_OP = 'INSERT' THEN  -- the texts of the statement stay
        -- A new statement that was inserted with its chain has these words.
        UPDATE claims_statementwords w SET words = w.words || v.sources
        FROM (SELECT statement, search_source_words(array_agg(source)) AS sources FROM written GROUP BY statement) v
        WHERE w.statement = v.statement AND w.words || v.sources <> w.words;
    ELSIF TG_OP = 'INSERT' THEN
        PERFORM statement_renew_words(ARRAY(SELECT DISTINCT statement FROM written));
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM statement_renew_words(ARRAY(SELECT statement FROM former UNION SELECT statement FROM written));
    ELSE
        PERFORM statement_renew_words(ARRAY(SELECT DISTINCT statement FROM former));
    END IF;
    RETURN NULL;
END $$;
""")


def triggers(table: str, function: str) -> list[RunSQL]:
    """They call the function once for each statement of SQL, however many rows it writes."""
    rows = {"INSERT": "NEW TABLE AS written", "UPDATE": "OLD TABLE AS former NEW TABLE AS written",
            "DELETE": "OLD TABLE AS former"}  # fmt: skip
    create = (
        f"CREATE TRIGGER words_on_{event.lower()} AFTER {event} ON {table} REFERENCING {tables} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        for event, tables in rows.items()
    )
    drop = (f"DROP TRIGGER IF EXISTS words_on_{event.lower()} ON {table}" for event in rows)
    return [RunSQL(";".join(create), ";".join(drop))]


ARTICLES = guard("""
CREATE FUNCTION article_renew_words(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF ids = '{}' THEN
        RETURN;
    END IF;
    INSERT INTO claims_searchlanguage (code)
    SELECT DISTINCT code FROM claims_article a, lower(split_part(a.language, '-', 1)) code
    WHERE a.id = ANY((SELECT ids)::bigint[]) AND search_stemmer(code) IS NOT NULL
    ON CONFLICT DO NOTHING;
    INSERT INTO claims_articlewords (article, words)
    SELECT a.id, search_words(a.language, a.title, a.byline, a.url, a.text) || search_source_words(ARRAY[a.publisher])
    FROM claims_article a WHERE a.id = ANY((SELECT ids)::bigint[])
    ON CONFLICT (article) DO UPDATE SET words = excluded.words;
END $$;

CREATE FUNCTION article_write_words() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM article_renew_words(ARRAY(SELECT id FROM written));
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM article_renew_words(ARRAY(
            SELECT n.id FROM written n JOIN former o ON o.id = n.id
            WHERE (n.title, n.byline, n.url, n.text, n.language, n.publisher)
                IS DISTINCT FROM (o.title, o.byline, o.url, o.text, o.language, o.publisher)));
        PERFORM statement_renew_words(ARRAY(
            SELECT s.id FROM written n JOIN former o ON o.id = n.id JOIN claims_statement s ON s.article = n.id
            WHERE n.language <> o.language));
    ELSE
        DELETE FROM claims_articlewords WHERE article IN (SELECT id FROM former);
    END IF;
    RETURN NULL;
END $$;
""")
OPERATIONS = [
    STATEMENTS,
    ARTICLES,
    # In the order in which services lock rows, so that no writer waits for a table while we wait for the writer.
    *triggers("claims_article", "article_write_words"),
    *triggers("claims_statement", "statement_write_words"),
    *triggers("claims_statementvia", "statement_write_words_around"),
    *triggers("claims_evidence", "statement_write_words_around"),
]
