from django.db import migrations
from django.db.migrations.operations import RunSQL

from factcheck.journal.guards import DROP_FUNCTIONS, FUNCTIONS, append_only


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]

    operations = [
        RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        append_only("journal_entry"),
        RunSQL(
            "CREATE TRIGGER stamp BEFORE INSERT ON journal_entry FOR EACH ROW EXECUTE FUNCTION journal_stamp();",
            "DROP TRIGGER stamp ON journal_entry;",
        ),
    ]
