from django.db import migrations

from claims.address_triggers import CANONICAL, DIGEST, MAX_BYTES
from factcheck.journal.guards import undo

SHORTEN = f"""
    UPDATE claims_articleaddress SET address = {DIGEST.format("address")} WHERE octet_length(address) > {MAX_BYTES}
"""  # noqa: S608  made of constants


class Migration(migrations.Migration):
    """For databases that have the former text of the function."""

    dependencies = [("claims", "0023_fill_addresses_of_articles")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        *undo([CANONICAL]),
        CANONICAL,
        migrations.RunSQL(SHORTEN, migrations.RunSQL.noop),
    ]
