from django.db import migrations

from claims.search_triggers import OPERATIONS
from factcheck.journal.guard_operations import undo


class Migration(migrations.Migration):
    """For databases whose triggers passed over a statement without a source when its words changed.

    In one transaction: no write in between is without words. The next migration makes those words again.
    """

    dependencies = [("claims", "0018_index_proposed_tags")]

    operations = [
        *undo(OPERATIONS),
        *OPERATIONS,
    ]
