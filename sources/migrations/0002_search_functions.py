import re

from django.db import migrations

from sources.search_functions import FUNCTIONS

NAMES = re.findall(r"CREATE OR REPLACE FUNCTION (\w+)", "".join(FUNCTIONS))


class Migration(migrations.Migration):
    dependencies = [("sources", "0001_initial")]

    operations = [migrations.RunSQL("".join(FUNCTIONS), f"DROP FUNCTION {', '.join(NAMES)} CASCADE")]
