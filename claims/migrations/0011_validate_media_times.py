from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("claims", "0010_captions")]

    operations = [
        ValidateConstraint("statement", "statement_media_range"),
    ]
