from django.db import migrations

from factcheck.journal.guards import FUNCTIONS, REQUIRE_ENTRY_BY_VERSION

REQUIRE_ENTRY = FUNCTIONS[FUNCTIONS.index("CREATE FUNCTION journal_require_entry") :]


class Migration(migrations.Migration):
    """The entry is looked up by its version alone, and its transaction compared afterwards.

    With the transaction among the conditions, the planner could choose the feed's index and read every entry of
    the transaction for each of its rows: the commit of a large one took quadratic time.
    """

    dependencies = [("journal", "0003_entries_by_statement")]

    operations = [
        migrations.RunSQL(
            REQUIRE_ENTRY_BY_VERSION,
            REQUIRE_ENTRY.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1),
        )
    ]
