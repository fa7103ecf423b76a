from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.RunSQL(
            "ALTER TABLE sources_source ADD COLUMN waiting integer", "ALTER TABLE sources_source DROP COLUMN waiting"
        )
    ]
