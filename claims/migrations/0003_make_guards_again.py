from django.db import migrations

from claims.guards import GUARDS as CLAIMS
from factcheck.journal.guard_operations import undo
from factcheck.journal.guards import GUARDS as JOURNAL
from factcheck.journal.guards import SEAL_GUARDS
from sources.guards import GUARDS as SOURCES

GUARDS = [*JOURNAL, *SOURCES, *CLAIMS, *SEAL_GUARDS]


class Migration(migrations.Migration):
    """For databases that have the former texts. In one transaction, so that no write is unguarded in between."""

    dependencies = [("claims", "0002_entries_equal_their_rows"), ("journal", "0005_seal")]

    operations = [
        *undo(GUARDS),
        *GUARDS,
    ]
