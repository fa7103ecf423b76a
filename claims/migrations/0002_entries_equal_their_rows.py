from django.db import migrations

from claims.guards import GUARDS as CLAIMS
from claims.migrations._guards_0001 import GUARDS as FORMER_CLAIMS
from factcheck.journal.guard_operations import undo
from factcheck.journal.guards import GUARDS as JOURNAL
from factcheck.journal.migrations._guards_0001 import GUARDS as FORMER_JOURNAL
from sources.guards import GUARDS as SOURCES
from sources.migrations._guards_0001 import GUARDS as FORMER_SOURCES

FILL_NAMES = """
    UPDATE journal_entry e SET actor_name = u.username FROM auth_user u WHERE u.id = e.actor AND e.actor_name = ''
"""


class Migration(migrations.Migration):
    """All guards of the three apps are replaced in one transaction, so that no write is unguarded in between."""

    dependencies = [
        ("claims", "0001_initial"),
        ("journal", "0004_index_entries_of_users"),
        ("sources", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("api", "0002_roles"),
    ]

    operations = [
        *undo([*FORMER_JOURNAL, *FORMER_SOURCES, *FORMER_CLAIMS]),
        migrations.RunSQL(FILL_NAMES, migrations.RunSQL.noop),
        *JOURNAL,
        *SOURCES,
        *CLAIMS,
        # Users who were there before begin their record now.
        migrations.RunSQL("SELECT journal_record_user(id) FROM auth_user ORDER BY id", migrations.RunSQL.noop),
    ]
