import re

from django.db import migrations

from sources.migrations._search_0002 import FUNCTIONS

NAMES = re.findall(r"CREATE FUNCTION (\w+)", "".join(FUNCTIONS))


class Migration(migrations.Migration):
    dependencies = [("sources", "0001_initial")]

    operations = [migrations.RunSQL("".join(FUNCTIONS), f"DROP FUNCTION {', '.join(NAMES)} CASCADE")]
