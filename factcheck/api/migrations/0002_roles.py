from django.db import migrations

NAMES = ("viewer", "reporter", "editor", "admin")


def add_groups(apps, schema_editor):
    group = apps.get_model("auth", "Group")
    for name in NAMES:
        group.objects.get_or_create(name=name)


def remove_empty_groups(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=NAMES, user__isnull=True).delete()


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(add_groups, remove_empty_groups)]
