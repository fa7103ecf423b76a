import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        # The foreign key locks the table of users.
        migrations.CreateModel(
            name="Look",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        db_column="user",
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("before", models.TextField(default="")),
                ("before_at", models.DateTimeField(null=True)),
                ("latest", models.TextField()),
                ("latest_at", models.DateTimeField()),
            ],
        ),
    ]
