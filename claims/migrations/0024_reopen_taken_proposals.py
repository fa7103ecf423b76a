from django.db import migrations

from claims.guards import NOTE_GUARDS
from factcheck.journal.guard_operations import undo

RECORDED = NOTE_GUARDS[:1]
# It makes this trigger too, which calls a function of the journal.
DROP = "DROP TRIGGER IF EXISTS no_truncate ON claims_note"


class Migration(migrations.Migration):
    """For databases whose guard lets no proposal wait again. In one transaction, so that no write is unguarded."""

    dependencies = [("claims", "0023_fill_addresses_of_articles")]

    operations = [
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        *undo(RECORDED),
        *RECORDED,
        migrations.RunSQL(migrations.RunSQL.noop, DROP),
    ]
