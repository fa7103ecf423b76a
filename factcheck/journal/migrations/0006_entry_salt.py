from django.db import migrations, models

from factcheck.journal.guards import SALT_GUARDS


class Migration(migrations.Migration):
    """The table is not rewritten. Entries that are there have no salt, so what they were sealed as stays true.

    A follower of the version before does not know the column, and would seal an entry as if it had none: stop it first.
    Taken back, the column stays: without their salts, the entries would not be what was sealed.
    """

    dependencies = [("journal", "0005_seal")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL("ALTER TABLE journal_entry ADD COLUMN IF NOT EXISTS salt uuid", migrations.RunSQL.noop)],
            [migrations.AddField("entry", "salt", models.UUIDField(null=True))],
        ),
        *SALT_GUARDS,
    ]
