from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

# Where two articles have one address in two ways of writing it, the older one is found by it.
FILL = """
    INSERT INTO claims_articleaddress (address, article)
    SELECT canonical_address(url), id FROM claims_article WHERE url IS NOT NULL ORDER BY id
    ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("claims", "0022_addresses_of_articles")]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        ValidateConstraint("article", "article_addresses_null_if_none"),
    ]
