from django.db import migrations

from sources.search_functions import FUNCTIONS

INDEXES = ("source_names", "source_spellings")


class Migration(migrations.Migration):
    """For databases that have the former functions. Words of names differ under stress marks of Cyrillic; the words of
    statements and articles are written again by `claims`."""

    atomic = False
    dependencies = [("sources", "0004_cheaper_search_words")]

    operations = [
        migrations.RunSQL("".join(FUNCTIONS), migrations.RunSQL.noop),
        migrations.RunSQL("DROP FUNCTION IF EXISTS search_forms", migrations.RunSQL.noop),
        *(migrations.RunSQL(f"REINDEX INDEX CONCURRENTLY {index}", migrations.RunSQL.noop) for index in INDEXES),
    ]
