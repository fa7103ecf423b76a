from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("claims", "0004_partial_dates_and_evidence_without_address")]

    operations = [
        ValidateConstraint("statement", "statement_said_on_first_day"),
        ValidateConstraint("evidence", "evidence_has_address_or_title"),
    ]
