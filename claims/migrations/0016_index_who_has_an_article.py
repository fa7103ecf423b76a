from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("claims", "0015_who_has_an_article")]

    operations = [AddIndexConcurrently("article", models.Index(fields=["desk", "id"], name="article_desk"))]
