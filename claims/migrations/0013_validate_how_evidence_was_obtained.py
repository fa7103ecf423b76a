from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("claims", "0012_how_evidence_was_obtained")]

    operations = [
        ValidateConstraint("evidence", "evidence_obtained_how_known"),
    ]
