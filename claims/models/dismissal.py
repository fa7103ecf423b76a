from django.conf import settings
from django.db import models


class DismissedSuggestion(models.Model):
    """A passage that is no longer suggested, by the key that it has in every revision. No part of the record."""

    article = models.ForeignKey(
        "claims.Article", models.CASCADE, related_name="dismissed_suggestions", db_column="article", db_index=False
    )
    key = models.CharField(max_length=20)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_column="dismissed_by", db_index=False
    )
    dismissed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "key"], name="dismissed_suggestion_once")]

    def __str__(self) -> str:
        return f"{self.key} of article {self.article_id}"
