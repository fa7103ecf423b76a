from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("journal", "0003_fill_actor_names")]

    operations = [
        AddIndexConcurrently(
            "entry", models.Index(fields=["transaction", "id"], condition=Q(resource="user"), name="entry_user")
        ),
    ]
