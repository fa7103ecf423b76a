from django.db import migrations

from claims.guards import CUE_GUARDS
from claims.search_triggers import OPERATIONS
from factcheck.journal.guard_operations import undo

MEDIA_TIMES = CUE_GUARDS[1:]


class Migration(migrations.Migration):
    """For databases whose triggers look for the cues of articles that have none, and write the words of a chain twice.

    In one transaction, so that no write is unguarded or without words.
    """

    dependencies = [("claims", "0024_reopen_taken_proposals")]

    operations = [
        *undo(MEDIA_TIMES),
        *MEDIA_TIMES,
        *undo(OPERATIONS),
        *OPERATIONS,
    ]
