from django.conf import settings
from django.db import migrations

from factcheck.journal.guard_operations import undo
from factcheck.journal.guards import FACTOR_GUARDS, USER_DATA


class Migration(migrations.Migration):
    """Entries of users hold the factors of their second step. In one transaction, so that no write is unguarded."""

    dependencies = [
        ("journal", "0008_index_days_and_acts"),
        ("api", "0005_factors"),
        ("claims", "0003_make_guards_again"),  # taken back, it drops the triggers that this one makes
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        *undo([USER_DATA]),
        USER_DATA,
        *FACTOR_GUARDS,
    ]
