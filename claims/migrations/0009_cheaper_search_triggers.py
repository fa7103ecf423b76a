from django.db import migrations

from claims.search_triggers import OPERATIONS
from factcheck.journal.guard_operations import undo


class Migration(migrations.Migration):
    """For databases that have the former triggers. In one transaction: no write in between is without words."""

    dependencies = [("claims", "0008_dismissed_suggestions"), ("sources", "0004_cheaper_search_words")]

    operations = [
        *undo(OPERATIONS),
        *OPERATIONS,
    ]
