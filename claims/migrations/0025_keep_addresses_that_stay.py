from django.db import migrations

from claims.address_triggers import WRITE
from factcheck.journal.guards import undo


class Migration(migrations.Migration):
    """For databases that have the former text of the function."""

    dependencies = [("claims", "0024_digests_of_long_addresses")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        *undo([WRITE]),
        WRITE,
    ]
