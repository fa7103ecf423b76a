from django.db import migrations

WORDS = """
    CREATE FUNCTION source_words(name text, aliases text[]) RETURNS tsvector
        LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN to_tsvector('simple'::regconfig, name || ' ' || array_to_string(aliases, ' '));
    CREATE INDEX source_words ON sources_source USING gin (source_words(name, aliases));
"""


def index(name: str) -> list[migrations.RunSQL]:
    """If it was interrupted, an index is left that nothing uses. So it is dropped first."""
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {name}"
    create = (
        f"CREATE INDEX CONCURRENTLY {name} ON sources_source USING gin ({name}(name, aliases)) WITH (fastupdate = off)"
    )
    return [migrations.RunSQL(drop, migrations.RunSQL.noop), migrations.RunSQL(create, drop)]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("sources", "0002_search_functions")]

    operations = [
        *index("source_names"),
        *index("source_called"),
        *index("source_spellings"),
        # No plan asks how often a spelling occurs, and to count them would be most of the work of ANALYZE.
        migrations.RunSQL("ALTER INDEX source_spellings ALTER COLUMN 1 SET STATISTICS 0", migrations.RunSQL.noop),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS source_words", migrations.RunSQL.noop),
        migrations.RunSQL("DROP FUNCTION IF EXISTS source_words", WORDS),
    ]
