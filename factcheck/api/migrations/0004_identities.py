import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("api", "0003_sessions_of_users"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Identity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("issuer", models.CharField(max_length=500)),
                ("subject", models.CharField(max_length=255)),
                (
                    "name",
                    models.CharField(
                        help_text="As the provider last gave it: a new one renames the user.", max_length=500
                    ),
                ),
                ("tokens", models.JSONField(help_text="Of the provider, to ask it again.")),
                ("check_at", models.DateTimeField(help_text="When the provider is asked again.")),
                (
                    "confirmed_at",
                    models.DateTimeField(help_text="Empty once the provider has refused the person.", null=True),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("issuer", "subject"), name="identity_once_per_subject")
                ],
            },
        ),
    ]
