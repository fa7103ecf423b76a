from django.db import migrations

from sources.search_functions import FUNCTIONS


class Migration(migrations.Migration):
    """For databases that have the former functions. They give the same, so no words are written again."""

    dependencies = [("sources", "0003_search_indexes")]

    operations = [migrations.RunSQL("".join(FUNCTIONS), migrations.RunSQL.noop)]
