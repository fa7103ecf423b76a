from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL), ("journal", "0001_initial")]

    operations = [
        migrations.AddField("entry", "actor_name", models.CharField(db_default="", max_length=181)),
        # Taken back, the column still takes NULL: entries of users may have no actor.
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL("ALTER TABLE journal_entry ALTER actor DROP NOT NULL", migrations.RunSQL.noop)],
            [
                migrations.AlterField(
                    "entry",
                    "actor",
                    models.ForeignKey(
                        settings.AUTH_USER_MODEL,
                        models.PROTECT,
                        null=True,
                        related_name="+",
                        db_column="actor",
                        db_index=False,
                    ),
                )
            ],
        ),
        # No model: Django would empty the table after a transactional test, and without its row nothing can be written.
        migrations.RunSQL(
            """
            CREATE TABLE journal_epoch (
                one boolean PRIMARY KEY DEFAULT true CHECK (one),
                base bigint NOT NULL,
                system_identifier bigint NOT NULL,
                timeline integer NOT NULL,
                raised_at timestamptz NOT NULL DEFAULT clock_timestamp(),
                confirmed boolean NOT NULL
            );
            INSERT INTO journal_epoch (base, system_identifier, timeline, confirmed)
            SELECT 0, c.system_identifier,
                ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer, true
            FROM pg_control_system() c;
            """,
            "DROP TABLE journal_epoch",
        ),
    ]
