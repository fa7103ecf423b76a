from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("waiting", "0001_column")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY waiting_index ON sources_source (waiting)",
            "DROP INDEX CONCURRENTLY waiting_index",
        )
    ]
