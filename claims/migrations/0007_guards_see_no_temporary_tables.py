from django.db import migrations

FUNCTIONS = (
    "journal_stamp()",
    "journal_refuse()",
    "journal_require_entry()",
    "journal_require_write()",
    "journal_present_version(text, bigint)",
    "article_require_revision()",
    "statement_require_passage()",
    "statement_require_chain(bigint)",
    "statement_chain_recorded()",
    "via_require_entry()",
    "source_refuse_cycle()",
)


def alter(setting: str) -> str:
    names = ", ".join(f"'{name}'" for name in FUNCTIONS)
    return f"""
        DO $$ DECLARE name text; BEGIN
            FOREACH name IN ARRAY ARRAY[{names}] LOOP
                EXECUTE format('ALTER FUNCTION %s {setting}', name, current_schema());
            END LOOP;
        END $$;"""


class Migration(migrations.Migration):
    """A session's temporary table named journal_entry would else stand in for the real one, and pass every guard."""

    dependencies = [("claims", "0006_guard_chain_and_entries")]

    operations = [migrations.RunSQL(alter("SET search_path = %I, pg_temp"), alter("RESET search_path"))]
