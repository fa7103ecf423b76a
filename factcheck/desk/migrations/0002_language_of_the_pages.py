import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0001_looks_at_the_start_page"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # The foreign key locks the table of users.
        migrations.CreateModel(
            name="ChosenLanguage",
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
                ("code", models.TextField()),
            ],
        ),
    ]
