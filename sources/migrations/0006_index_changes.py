from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("sources", "0005_accents_in_stems")]

    operations = [AddIndexConcurrently("source", models.Index(fields=["updated_at", "id"], name="source_updated"))]
