from functools import cached_property
from typing import Any

from claims.models import ArticleRevision
from factcheck.desk.public.cards import Card, cards_of
from factcheck.desk.public.page import Head, RowPage, annotations_of, first, linked_data, tag_in_words
from factcheck.desk.templatetags.desk import quoted
from factcheck.public_addresses import article_path, statement_path

MAX_EVIDENCE = MAX_DISPUTES = 100
MAX_TITLE = 120  # code points


class StatementPage(RowPage):
    """A statement in its context, with its chain, tag, evidence and disputes."""

    template_name = "desk/public/statement.html"

    def read(self, pk: int) -> Any:
        found = cards_of(self.reader, [pk], {}, max_evidence=MAX_EVIDENCE, max_disputes=MAX_DISPUTES)
        self.card: Card = first(found)
        return self.card.statement

    def path_of(self, row: Any) -> str:
        return statement_path(row.pk, row.text)

    @cached_property
    def claim(self) -> str:
        return quoted(self.row.text, MAX_TITLE)

    def page_head(self) -> Head:
        row = self.row
        return Head(
            title=self.claim,
            description=f"{tag_in_words(row.tag)} {row.tag_reason}",
            alternates=(annotations_of(self.origin, "statements", row.pk, "webannotation"),),
            published_at=row.article.published_at,
            data=linked_data([row], self.base),
            is_article=True,
        )

    def content(self) -> dict[str, Any]:
        article = self.row.article
        return {
            "statement": self.row,
            "card": self.card,
            "claim": self.claim,
            "article": article,
            "article_path": article_path(article.pk, article.title),
            "around": ArticleRevision.objects.around(self.row),
            "meaning": tag_in_words(self.row.tag),
        }
