from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from claims.models.article import published_at_key


def of_changes(model: str) -> AddIndexConcurrently:
    return AddIndexConcurrently(model, models.Index(fields=["updated_at", "id"], name=f"{model}_updated"))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("claims", "0020_write_all_words_again")]

    operations = [
        of_changes("article"),
        of_changes("evidence"),
        of_changes("dispute"),
        of_changes("note"),
        AddIndexConcurrently("article", models.Index(fields=["published_at", "id"], name="article_published")),
        AddIndexConcurrently(
            "article", models.Index(published_at_key(descending=False), "id", name="article_published_up")
        ),
        AddIndexConcurrently(
            "article", models.Index(published_at_key(descending=True), "id", name="article_published_down")
        ),
    ]
