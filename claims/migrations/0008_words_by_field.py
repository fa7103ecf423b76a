from django.db import migrations

# The classes of PostgreSQL's tsvector: A the passage, B the paraphrase, C the titles of the first pieces of evidence,
# D all else. Matching compares A to C. These come first, so that the last place of them is their length. With passage,
# paraphrase and reason all of it has at most 200,000 characters, as in search_words: a tsvector holds at most 1 MB.
FUNCTION = """
CREATE OR REPLACE FUNCTION statement_add_words(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO claims_statementwords (statement, words)
    SELECT s.id, setweight(search_words(a.language, s.text), 'A')
        || setweight(search_words(a.language, s.paraphrase), 'B')
        || setweight(search_words(a.language, VARIADIC e.titles[:20]), 'C')
        || search_words(a.language, VARIADIC s.tag_reason || e.titles[21:] || e.excerpts)
        || search_source_words(s.source || ARRAY(SELECT v.source FROM claims_statementvia v WHERE v.statement = s.id))
    FROM claims_statement s JOIN claims_article a ON a.id = s.article, LATERAL (
        SELECT coalesce(array_agg(title::text ORDER BY id), '{}') AS titles, array_agg(excerpt ORDER BY id) AS excerpts
        FROM (SELECT *, sum(length(title) + length(excerpt)) OVER (ORDER BY id) AS so_far
            FROM claims_evidence WHERE statement = s.id) own WHERE so_far <= 170000
    ) e WHERE s.id = ANY(ids)
    ON CONFLICT (statement) DO UPDATE SET words = excluded.words;
END $$;
"""
# Ten times as many words are kept with how common they are: of a million statements, those in 500 or more.
STATISTICS = "ALTER TABLE claims_statementwords ALTER COLUMN words SET STATISTICS {}"


class Migration(migrations.Migration):
    dependencies = [("claims", "0007_fill_search_words")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", "SET LOCAL lock_timeout = '5s'"),
        migrations.RunSQL(FUNCTION, migrations.RunSQL.noop),  # a search does not look at classes
        migrations.RunSQL(STATISTICS.format(1000), STATISTICS.format(-1)),
    ]
